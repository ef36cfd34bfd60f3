"""What is known of the documents: a fact is a sentence with its question and its place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from embeddings.documents import Box

Row = tuple[Sequence[str], str, str]
"""The cells of a row, a question that it answers, and the answer."""


@dataclass(frozen=True)
class Told:
    """A sentence, a question that it answers, and the answer, which stands in it."""

    sentence: str
    question: str
    answer: str

    def __post_init__(self) -> None:
        assert self.answer in self.sentence, (self.answer, self.sentence)


@dataclass(frozen=True)
class Fact:
    """What was told, and where the generator put it: `boxes` are empty where it cannot know."""

    told: Told
    document: str
    page: int | None = None
    boxes: tuple[Box, ...] = ()

    def as_json(self) -> dict[str, object]:
        """A line of `facts.jsonl`, which is a gold question too."""
        return {
            "id": _name(self.document, self.told.question),
            "question": self.told.question,
            "answers": [self.told.answer],
            "sentence": self.told.sentence,
            "document": self.document,
            "page": self.page,
            "boxes": [
                {k: round(v, 2) if k != "page" else v for k, v in asdict(box).items()}
                for box in self.boxes
            ],
        }


@dataclass(frozen=True)
class Made:
    """A file with the facts in it, or why it cannot be read.

    `absent` are words in the file that are no part of its text.
    """

    name: str
    data: bytes
    facts: Sequence[Fact] = ()
    absent: Sequence[str] = ()
    reason: str | None = None


def told(name: str, data: bytes, stories: Sequence[Told], *, page: int | None = None) -> Made:
    """A file whose format knows no places."""
    return Made(name, data, [Fact(story, name, page) for story in stories])


def rows_told(headings: Sequence[str], rows: Sequence[Row]) -> list[Told]:
    """Each row of a table as the sentence that it is read as."""
    return [
        Told(
            "; ".join(f"{h}: {cell}" for h, cell in zip(headings, cells, strict=True)) + ".",
            question,
            answer,
        )
        for cells, question, answer in rows
    ]


def _name(document: str, question: str) -> str:
    return f"{document}#{hashlib.sha256(question.encode()).hexdigest()[:6]}"

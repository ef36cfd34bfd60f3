"""The address of a cited sentence, as it stands in a link of the page and comes back in a click."""

from __future__ import annotations

import re
from dataclasses import dataclass

from embeddings.documents import Document
from qa.cite import Citation

_OFFSETS = r"([0-9]{1,12})-([0-9]{1,12})"
_REFERENCE = re.compile(rf"#c:([0-9a-f]{{64}}):{_OFFSETS}:{_OFFSETS}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A sentence of a document and the short answer in it, by offsets into `Document.text`.

    A whole document without a sentence is the empty sentence at 0.
    """

    document: str
    start: int = 0
    end: int = 0
    answer_start: int = 0
    answer_end: int = 0

    def __str__(self) -> str:
        return f"#c:{self.document}:{self.start}-{self.end}:{self.answer_start}-{self.answer_end}"

    def lies_in(self, document: Document) -> bool:
        """Whether the sentence is inside that document and the answer inside the sentence."""
        return self.document == document.id and (
            self.start <= self.answer_start <= self.answer_end <= self.end <= len(document.text)
        )


def refer(citation: Citation) -> Reference:
    """The reference to a citation's sentence."""
    return Reference(
        citation.document,
        citation.start,
        citation.end,
        citation.answer_start,
        citation.answer_end,
    )


def place_name(path: str, page: int | None) -> str:
    """Where a sentence stands: the file, and the page where there are pages."""
    return path if page is None else f"{path}, page {page}"


def parse_reference(text: object) -> Reference | None:
    """The reference that `text` spells, None for anything else: it comes from the browser."""
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return Reference(match[1], *map(int, match.groups()[1:])) if match else None

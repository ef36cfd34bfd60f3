"""Answer → the JSON object of `pincite ask --json`, which programs outside rely on."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from embeddings.documents import Box
from qa.bot import Answer
from qa.cite import Citation
from qa.place import link

Kind: TypeAlias = Literal["answer", "summary", "none", "remark"]


class BoxJson(TypedDict):
    """A rectangle on a page, in points from the top left of the page as it is shown."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class PlaceJson(TypedDict):
    """A sentence in its place; `document` is the path relative to the folder, `sha256` the file's.

    `boxes` bound the lines of the sentence; there are none where the format does not tell.
    `author`, `date`, in ISO 8601, and `source` are null where the document does not say. `link`
    opens the sentence: in the web page that `source` names, else in the file, relative to the
    folder.
    """

    number: int
    document: str
    title: str
    sha256: str
    page: int | None
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    answer: str
    boxes: list[BoxJson]
    author: str | None
    date: str | None
    source: str | None
    link: str


class CitationJson(PlaceJson):
    """A citation; `also` are the other places of the same sentence."""

    also: list[PlaceJson]


class AnswerJson(TypedDict):
    """An answer; `text` is null and `citations` empty where the bot abstained.

    `kind` is "answer"; "summary", whose `citations` are the most central sentences and whose
    `confidence` is 0, for nothing is claimed; "none" where the documents do not answer; or "remark"
    for small talk, which asks nothing of them: then `remark` is the line that it gets, else null.
    """

    question: str
    text: str | None
    confidence: float
    abstained: bool
    seconds: float
    citations: list[CitationJson]
    nearest: list[CitationJson]
    kind: Kind
    remark: str | None


def answer_json(answer: Answer) -> AnswerJson:
    """The answer as plain data, in the order of the fields above."""
    return {
        "question": answer.question,
        "text": answer.text,
        "confidence": round(answer.confidence, 4),
        "abstained": answer.abstained,
        "seconds": round(answer.seconds, 4),
        "citations": [citation_json(c) for c in answer.citations],
        "nearest": [citation_json(c) for c in answer.nearest],
        "kind": kind(answer),
        "remark": None,
    }


def remark_json(message: str, line: str) -> AnswerJson:
    """The fixed line that small talk gets, in the shape of an answer that says nothing."""
    silent = answer_json(Answer(message, None, 0.0, (), (), 0.0))
    return {**silent, "kind": "remark", "remark": line}


def kind(answer: Answer) -> Kind:
    """What kind of answer this is; a summary of nothing is "none"."""
    if answer.abstained:
        return "none"
    return "summary" if answer.summary else "answer"


def citation_json(citation: Citation) -> CitationJson:
    """The citation as plain data."""
    return {**_place_json(citation), "also": [_place_json(place) for place in citation.also]}


def _place_json(citation: Citation) -> PlaceJson:
    return {
        "number": citation.number,
        "document": citation.path,
        "title": citation.title,
        "sha256": citation.document,
        "page": citation.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "answer_start": citation.answer_start,
        "answer_end": citation.answer_end,
        "answer": citation.answer,
        "boxes": [box_json(box) for box in citation.boxes],
        "author": citation.author,
        "date": citation.date,
        "source": citation.source,
        "link": link(citation),
    }


def box_json(box: Box) -> BoxJson:
    """The box as plain data."""
    return {"page": box.page, "x0": box.x0, "y0": box.y0, "x1": box.x1, "y1": box.y1}

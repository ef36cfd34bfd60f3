"""A conversation ⇄ what a browser keeps of it, if its person wants that: questions and places.

No word of a document is kept. What comes back from a browser may be anything: every field is
checked, and what is quoted is sliced anew from the documents as they are now. A place counts only
where its document is still there, unchanged, and still has the same words there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import cast, get_args

from embeddings.documents import Document
from qa.answer_json import Kind, kind
from qa.bot import MAX_CITATIONS, Answer
from qa.chat import Turn
from qa.cite import Citation, citation_at
from qa.question import MAX_QUESTION_CHARS
from qa.remarks import remark
from qa.ui.conversation import TURNS_KEPT, Conversation
from qa.ui.reference import parse_reference, refer

MAX_CHARS = 1_000_000
MAX_UNDERSTOOD_CHARS = 2 * MAX_QUESTION_CHARS
LOST = (
    "The document that this was quoted from has changed since, or is no longer here. Ask again to "
    "see what the documents say now."
)
_DAMAGED = "This conversation cannot be reopened: what the browser has kept of it is damaged."
_NAME = re.compile("[0-9a-f]{32}")
_DIGEST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class KeptSentence:
    """Where a sentence stands, as `Reference` spells it, and the start of its words' SHA-256.

    The file's own SHA-256 does not tell that a newer version of Pincite reads it differently.
    """

    place: str
    digest: str


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A turn without any word of a document; `sentences` are its citations, or the nearest."""

    message: str
    question: str
    as_asked: bool
    kind: Kind
    confidence: float
    sentences: tuple[KeptSentence, ...]


def kept_json(conversation: Conversation) -> str:
    """What a browser may keep of the conversation; that of a lost turn is as it was."""
    lost = dict(conversation.lost)
    turns = [asdict(lost.get(turn) or kept_turn(turn)) for turn in conversation.turns]
    return json.dumps({"name": conversation.name, "turns": turns})


def kept_turn(turn: Turn) -> KeptTurn:
    """What there is to keep of a turn."""
    answer = turn.answer
    cited = () if answer is None else answer.citations or answer.nearest
    return KeptTurn(
        turn.message,
        turn.question,
        turn.as_asked,
        "remark" if answer is None else kind(answer),
        0.0 if answer is None else round(answer.confidence, 4),
        tuple(KeptSentence(str(refer(each)), _digest(each.quote)) for each in cited),
    )


def reopened(text: object, find: Callable[[str], Document]) -> Conversation:
    """The conversation that a browser has kept as `text`, over the documents as they are now.

    `find` gives the document with an id, or raises `KeyError`. Of a turn whose sentences are gone,
    its `remark` says so. Raises `ValueError` for anything but what `kept_json` writes.
    """
    name, kept = _parsed(text)
    find = cache(find)
    turns = [_turn(each, find) for each in kept]
    lost = [(turn, each) for turn, each in zip(turns, kept, strict=True) if kept_turn(turn) != each]
    return Conversation(tuple(turns), (None,) * len(turns), name, tuple(lost))


def _turn(kept: KeptTurn, find: Callable[[str], Document]) -> Turn:
    if kept.kind == "remark":
        return Turn(kept.message, kept.message, None, remark(kept.message) or LOST)
    found = [_cited(sentence, number, find) for number, sentence in enumerate(kept.sentences, 1)]
    cited = tuple(citation for citation in found if citation is not None)
    gone = len(found) - len(cited)
    note = None
    if gone:
        sentences = "a sentence that was quoted" if gone == 1 else f"{gone} sentences quoted"
        note = f"Here stood {sentences} from a document that has changed since or is gone."
    answers = kept.kind != "none"
    if answers and (not cited or (kept.kind == "answer" and found[0] is None)):
        return Turn(kept.message, kept.question, None, LOST, kept.as_asked)
    answer = Answer(
        question=kept.question,
        text=cited[0].answer if answers else None,
        confidence=kept.confidence,
        citations=cited if answers else (),
        nearest=() if answers else cited,
        seconds=0.0,
        summary=kept.kind == "summary",
    )
    return Turn(kept.message, kept.question, answer, note, kept.as_asked)


def _cited(sentence: KeptSentence, number: int, find: Callable[[str], Document]) -> Citation | None:
    """The citation of the sentence in its document; None where that is not the same any more."""
    at = parse_reference(sentence.place)
    if at is None or at.start == at.end:
        return None
    try:
        document = find(at.document)
    except KeyError:
        return None
    if not at.lies_in(document) or _digest(document.text[at.start : at.end]) != sentence.digest:
        return None
    return citation_at(document, at.start, at.end, at.answer_start, at.answer_end, number)


def _digest(quote: str) -> str:
    return hashlib.sha256(quote.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_DIGITS]


# What comes from the browser


def _parsed(text: object) -> tuple[str, list[KeptTurn]]:
    if not isinstance(text, str) or len(text) > MAX_CHARS:
        raise ValueError(_DAMAGED)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(_DAMAGED) from error
    name, turns = _fields(data, "name", "turns")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(_DAMAGED)
    return name, [_kept(turn) for turn in _list(turns, TURNS_KEPT)]


def _kept(data: object) -> KeptTurn:
    message, question, as_asked, kind, confidence, sentences = _fields(
        data, *("message", "question", "as_asked", "kind", "confidence", "sentences")
    )
    if not isinstance(as_asked, bool) or kind not in get_args(Kind):
        raise ValueError(_DAMAGED)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        raise ValueError(_DAMAGED)
    if not 0 <= confidence <= 1:  # nor is NaN
        raise ValueError(_DAMAGED)
    places = [_fields(each, "place", "digest") for each in _list(sentences, MAX_CITATIONS)]
    return KeptTurn(
        _text(message, MAX_QUESTION_CHARS),
        _text(question, MAX_UNDERSTOOD_CHARS),
        as_asked,
        cast(Kind, kind),
        float(confidence),
        tuple(KeptSentence(_text(place, 200), _text(digest, 200)) for place, digest in places),
    )


def _fields(data: object, *names: str) -> list[object]:
    if not isinstance(data, dict) or data.keys() != set(names):
        raise ValueError(_DAMAGED)
    return [data[name] for name in names]


def _list(value: object, most: int) -> Sequence[object]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(_DAMAGED)
    return value


def _text(value: object, most: int) -> str:
    """The text, which has something to read and can be written as UTF-8."""
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise ValueError(_DAMAGED)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(_DAMAGED) from error
    return value

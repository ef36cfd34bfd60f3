"""Gold questions: a file → the questions with known answers that `pincite eval` asks.

A file is JSON Lines, one question a line, or a SQuAD 1.1 or 2.0 JSON file; which one, and whether
it is compressed with gzip, is seen from its content.
"""

import gzip
import json
import logging
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import PinciteError
from qa.question import HALF_CHARACTER, MAX_QUESTION_CHARS

log = logging.getLogger(__name__)


class GoldError(PinciteError):
    """A file of gold questions cannot be used."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A question with what is known of its answer.

    `answers` are accepted short answers, `sentence` is text that the cited sentence must contain,
    `document` is the path of the file it must come from; `None` means not given. `history` holds
    the earlier turns as (question, answer), oldest first, "" for a turn without an answer.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    sentence: str | None
    document: str | None
    history: tuple[tuple[str, str], ...]

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it: an accepted answer or a sentence is given."""
        return bool(self.targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """What exact match and F1 compare with: the answers or, with none, the sentence.

        Empty for an unanswerable question alone, so that abstaining scores there and only there.
        """
        return self.answers or (() if self.sentence is None else (self.sentence,))


def read_gold(path: Path) -> list[Gold]:
    """The questions of a JSON Lines or SQuAD file, in its order; at least one.

    A line without an `id` gets "line-N". Fields that Pincite does not know are ignored; null and
    a blank `sentence` or `document` mean not given. A line with `rejected` and neither answers nor
    sentence is a thumb down (see `qa.feedback`) that nobody has corrected: it is left out, which
    is logged. A SQuAD question is bound to no document,
    and has no answers where `is_impossible` is true.

    Raises GoldError, which names the line or entry, for a file that cannot be read or is malformed.
    """
    text = _read(path)
    articles = _squad_articles(text)
    found = _lines(path, text) if articles is None else _squad_golds(path, articles)
    places: dict[str, str] = {}
    golds = []
    for where, gold in found:
        if gold.id in places:
            raise GoldError(
                f'{where}: expected an id of its own, found "{gold.id}", which {places[gold.id]} '
                "has; give each question another id."
            )
        places[gold.id] = where
        golds.append(gold)
    if not golds:
        raise GoldError(
            f"{path}: expected gold questions, found none; write one JSON object a line, such as "
            '{"question": "Who …?", "answers": ["…"]}.'
        )
    return golds


def sample(golds: list[Gold], count: int | None) -> list[Gold]:
    """`count` of the questions, evenly spread over the file; all without it or with fewer."""
    if count is None or count >= len(golds):
        return golds
    return [golds[i * len(golds) // count] for i in range(count)]


def read_squad_paragraphs(path: Path) -> list[tuple[str, str]]:
    """The paragraphs of a SQuAD file as documents: (path, text), each distinct text once.

    There are none where the file holds questions in JSON Lines. The path is the article's title,
    made safe as a folder's name, and the paragraph's number in the whole file:
    "Amazon_rainforest/0007.txt". No two paths are equal.

    Raises GoldError for a file that cannot be read.
    """
    documents: dict[str, str] = {}
    for where, title, paragraph in _squad_paragraphs(path, _squad_articles(_read(path)) or []):
        text = _text(paragraph, "context", where)
        documents.setdefault(text, f"{_folder_name(title)}/{len(documents) + 1:04}.txt")
    return [(name, text) for text, name in documents.items()]


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
    except FileNotFoundError as error:
        raise GoldError(
            f"{path}: expected a file of gold questions, found no such file; check the path."
        ) from error
    except IsADirectoryError as error:
        raise GoldError(
            f"{path}: expected a file of gold questions, found a folder; name a file in it, and "
            "give the documents with --docs."
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise GoldError(
            f"{path}: expected a whole gzip file, found a damaged one ({error}); fetch or "
            "compress it again."
        ) from error
    except OSError as error:
        raise GoldError(
            f"{path}: expected a readable file, found: {error.strerror}; mend that and try again."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GoldError(
            f"{path}, line {line}: expected UTF-8 text, found byte 0x{data[error.start]:02x}; "
            "save the file as UTF-8."
        ) from error


# JSON Lines


def _lines(path: Path, text: str) -> Iterator[tuple[str, Gold]]:
    uncorrected = 0
    # Not splitlines: U+2028 and its like may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            if isinstance(error, json.JSONDecodeError):  # whose own words would say "line 1"
                detail = f"{error.msg} at column {error.colno}"
            else:
                detail = str(error)
            raise GoldError(
                f"{where}: expected one JSON object a line (or a SQuAD JSON file), found what is "
                f"not JSON ({detail}); mend the line or take it out."
            ) from error
        fields = _object(value, "the line", where)
        gold = _gold(fields, number, where)
        if fields.get("rejected") is not None and not gold.answerable:
            uncorrected += 1
            continue
        yield where, gold
    if uncorrected:
        log.warning(
            "%s: %d left out, whose answer was rejected and not corrected; write `answers` or a "
            "`sentence` into the line, or take `rejected` out where there is no answer",
            path,
            uncorrected,
        )


def _gold(fields: dict[str, object], number: int, where: str) -> Gold:
    turns = _optional_list(fields, "history", where)
    return Gold(
        id=_id(fields, where) or f"line-{number}",
        question=_question(fields, where),
        answers=tuple(
            _text({"answers": answer}, "answers", where)
            for answer in _optional_list(fields, "answers", where)
        ),
        sentence=_optional_text(fields, "sentence", where),
        document=_optional_text(fields, "document", where),
        history=tuple(
            (_text(turn, "question", where), _optional_text(turn, "answer", where) or "")
            for turn in (_object(turn, "a turn of history", where) for turn in turns)
        ),
    )


# SQuAD


def _squad_articles(text: str) -> list[object] | None:
    """The articles, or `None` where the text is not one JSON object of SQuAD's form."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or "question" in value:
        return None
    articles = value.get("data")
    return articles if isinstance(articles, list) else None


def _squad_paragraphs(
    path: Path, articles: list[object]
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Where each paragraph stands, its article's title, and the paragraph."""
    for a, entry in enumerate(articles):
        where = f"{path}, data[{a}]"
        article = _object(entry, "an article", where)
        title = _optional_text(article, "title", where) or "untitled"
        for p, paragraph in enumerate(_list(article, "paragraphs", where)):
            place = f"{where}.paragraphs[{p}]"
            yield place, title, _object(paragraph, "a paragraph", place)


def _squad_golds(path: Path, articles: list[object]) -> Iterator[tuple[str, Gold]]:
    for place, _, paragraph in _squad_paragraphs(path, articles):
        for q, entry in enumerate(_list(paragraph, "qas", place)):
            where = f"{place}.qas[{q}]"
            fields = _object(entry, "a question", where)
            gold = Gold(
                id=_id(fields, where) or where.removeprefix(f"{path}, "),
                question=_question(fields, where),
                answers=_squad_answers(fields, where),
                sentence=None,
                document=None,
                history=(),
            )
            yield where, gold


def _squad_answers(fields: dict[str, object], where: str) -> tuple[str, ...]:
    """The answers, each once, for the annotators of the development files often agree."""
    impossible = fields.get("is_impossible", False)
    if not isinstance(impossible, bool):
        raise _unexpected(where, '"is_impossible" to be true or false', impossible)
    if impossible:
        return ()
    answers = (_object(answer, "an answer", where) for answer in _list(fields, "answers", where))
    return tuple(dict.fromkeys(_text(answer, "text", where) for answer in answers))


def _folder_name(title: str) -> str:
    # 60 characters stay within the 255 bytes of a file name in any script.
    return re.sub(r"[^\w-]+", "_", title)[:60].strip("_") or "untitled"


# One field of a JSON object; `where` names its place in the file


def _object(value: object, what: str, where: str) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise _unexpected(where, f"{what} to be a JSON object", value)


def _list(fields: dict[str, object], name: str, where: str) -> list[object]:
    value = fields.get(name)
    if isinstance(value, list):
        return value
    raise _unexpected(where, f'"{name}" to be a list', value)


def _optional_list(fields: dict[str, object], name: str, where: str) -> list[object]:
    """The list; empty where it is missing or null."""
    return [] if fields.get(name) is None else _list(fields, name, where)


def _text(fields: dict[str, object], name: str, where: str) -> str:
    text = _optional_text(fields, name, where)
    if text is not None:
        return text
    raise _unexpected(where, f'"{name}" to hold text that is not blank', fields.get(name))


def _optional_text(fields: dict[str, object], name: str, where: str) -> str | None:
    """The text as it stands; `None` where it is missing, null or blank."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _unexpected(where, f'"{name}" to hold text', value)
    if HALF_CHARACTER.search(value):
        raise _unexpected(where, f'"{name}" to hold whole characters', value)
    return value if value.strip() else None


def _question(fields: dict[str, object], where: str) -> str:
    """The question; `Bot.ask` refuses a longer one."""
    question = _text(fields, "question", where)
    if len(question.strip()) > MAX_QUESTION_CHARS:
        expected = f'"question" to hold at most {MAX_QUESTION_CHARS:,} characters'
        raise _unexpected(where, expected, question)
    return question


def _id(fields: dict[str, object], where: str) -> str | None:
    value = fields.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _optional_text(fields, "id", where)


def _unexpected(where: str, expected: str, found: object) -> GoldError:
    shown = "nothing" if found is None else f"{json.dumps(found, ensure_ascii=True):.60}"
    return GoldError(f"{where}: expected {expected}, found {shown}; mend it or take it out.")

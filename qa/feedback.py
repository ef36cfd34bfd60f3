"""What a person thinks of a turn → a gold candidate, in a file that `pincite eval` reads.

A thumb up makes the turn a gold question: its answer, or that there is none, is right. A thumb
down makes it a line with `rejected`, what was answered, and no answers; `read_gold` leaves that
out until a person has written what is right into it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from embeddings.errors import PinciteError
from qa.chat import Turn

MAX_BYTES = 4_000_000
"""A file that has grown to this takes no more: anyone who reaches the page can write in it."""


class FeedbackError(PinciteError):
    """The feedback cannot be kept."""


def gold_candidate(turn: Turn, before: Sequence[Turn], *, good: bool) -> dict[str, object]:
    """The turn as a line of a gold file; `before` are the turns that it may lean on.

    The id is the same for both judgements of one turn, and another one for any other turn. Raises
    `ValueError` for a turn without an answer to a question.
    """
    answer = turn.answer
    if answer is None or answer.summary:
        raise ValueError(f"{turn.message!r} is no question that can be judged")
    first = answer.citations[0] if answer.citations else None
    leans = turn.question != turn.message
    shown = {
        "answers": [] if answer.text is None else [answer.text],
        "sentence": first.quote if first else None,
        "document": first.path if first else None,
    }
    asked = {
        "question": turn.message,
        "history": [
            {"question": earlier.message, "answer": earlier.answer.text or ""}
            for earlier in (before if leans else ())
            if earlier.answer is not None
        ],
    }
    said = json.dumps([asked, shown], sort_keys=True).encode("ascii")
    name = {"id": f"feedback-{hashlib.sha256(said).hexdigest()[:16]}"}
    if good:
        return {**name, **asked, **shown}
    return {**name, **asked, "answers": [], "rejected": shown}


class Feedback:
    """A file that keeps judged turns, one line for each. Safe to use from several threads.

    Other lines of the file stay as they are, byte for byte. Raises `FeedbackError` where the file
    cannot be read and written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()  # a link is followed, not replaced
        if self._path.is_dir():
            raise FeedbackError(f"{path} is a folder; give --feedback a file, such as gold.jsonl.")
        with self._alone():
            data = self._read()
            if not all(_is_gold(line) for line in data.split(b"\n") if line.strip()):
                raise FeedbackError(
                    f"{path}: expected gold questions, one JSON object a line, found something "
                    "else; give --feedback another file."
                )
            self._write(data)

    def judge(self, turn: Turn, before: Sequence[Turn], good: bool | None) -> None:
        """Keeps what a person thinks of the turn, in place of what they thought before.

        None takes it back. A line that somebody has edited since is left as it is.
        """
        up, down = (gold_candidate(turn, before, good=good) for good in (True, False))
        name = str(up["id"]).encode("ascii")
        own = [json.dumps(line, ensure_ascii=False).encode("utf-8") for line in (up, down)]
        with self._alone():
            lines = self._read().split(b"\n")
            if any(name in line and line not in own for line in lines):
                return
            kept = [line for line in lines if line and line not in own]
            if good is not None:
                kept.append(own[0] if good else own[1])
            self._write(b"".join(line + b"\n" for line in kept))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(f"{self._path}.lock", is_singleton=False)
        try:
            with lock:
                yield
        except OSError as error:
            raise FeedbackError(
                f"{self._path} cannot be written ({error.strerror}); the feedback is not kept."
            ) from error

    def _read(self) -> bytes:
        return self._path.read_bytes() if self._path.exists() else b""

    def _write(self, data: bytes) -> None:
        """Puts a new file in place of the old one, so that neither is ever seen in part."""
        if len(data) > MAX_BYTES:
            raise FeedbackError(
                f"{self._path} has reached {MAX_BYTES:,} bytes; move it away to keep more feedback."
            )
        partial = self._path.with_name(f"{self._path.name}.partial")
        partial.write_bytes(data)
        partial.replace(self._path)


def _is_gold(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and "question" in value

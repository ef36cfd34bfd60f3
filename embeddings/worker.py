"""The process at the other end of `workers`: parses the files that it is sent, one by one.

    python -m embeddings.worker MEMORY

Requests come on standard input, answers go to standard output, both as frames: eight bytes that
say how long the pickle is that follows. It ends when its input does, so with its parent.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import IO, Any

from embeddings.documents import parse_untold
from embeddings.errors import DocumentError

HEADER_BYTES = 8
DOCUMENT, REFUSED, MEMORY, FAILED = "document", "refused", "memory", "failed"
"""What an answer is: the document, why it is none, no memory left, or an unforeseen traceback."""
_GRACE_SECONDS = 5


def main(memory_bytes: int) -> None:
    """Serves until the input ends; never needs more memory than that, where the system can tell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says what Ctrl-C means
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nowhere:  # what a parser prints must not stand among them
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    _limit(memory_bytes)
    requests: queue.SimpleQueue[tuple[bytes, str, float]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        data, path, seconds = requests.get()
        _alarm(seconds + _GRACE_SECONDS)
        answer = _answer(data, path)
        del data
        _alarm(0)
        write_frame(answers, answer)
        if answer[0] == MEMORY:
            return


def write_frame(file: IO[bytes], message: object) -> None:
    """Writes one message."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    file.write(len(body).to_bytes(HEADER_BYTES))
    file.write(body)
    file.flush()


def _answer(data: bytes, path: str) -> tuple[str, Any]:
    try:
        return DOCUMENT, parse_untold(data, path)
    except DocumentError as error:
        return REFUSED, str(error)
    except MemoryError:
        return MEMORY, ""
    except Exception:
        return FAILED, traceback.format_exc()


def _listen(file: IO[bytes], requests: queue.SimpleQueue[tuple[bytes, str, float]]) -> None:
    """Queues what comes, even while a file is parsed, so that the parent's end is noticed."""
    while len(header := file.read(HEADER_BYTES)) == HEADER_BYTES:
        requests.put(pickle.loads(file.read(int.from_bytes(header))))
    os._exit(0)


def _limit(memory_bytes: int) -> None:
    """Address space up to `memory_bytes`, no core files; Linux obeys, macOS only in part."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            continue


def _alarm(seconds: float) -> None:
    """Has the system end this process then, whatever it is at, should the parent not do it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]))

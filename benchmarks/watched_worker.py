"""A worker for `fuzzing` that ends where a parser opens what is none of its business."""

from __future__ import annotations

import os
import sys

from embeddings import worker
from embeddings.languages import detect_language

OUTSIDE = 77
"""The exit code with which it ends."""
_FORBIDDEN = (
    *("socket.connect", "socket.send", "socket.getaddrinfo", "socket.gethost", "urllib."),
    *("subprocess.", "os.system", "os.exec", "os.posix_spawn"),
)
"""Only what reaches out: urllib3 binds a socket to this machine when it is imported."""


def main(memory_bytes: int) -> None:
    """Serves as `embeddings.worker` does, watched by an audit hook."""
    python = {os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, *sys.path) if path}
    system = ("/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone", "/etc/mime.types", "/proc")
    harmless = (*python, *system, os.devnull)

    def look(event: str, details: tuple[object, ...]) -> None:
        if event == "open" and isinstance(details[0], str | bytes):
            if not os.path.realpath(os.fsdecode(details[0])).startswith(harmless):
                os._exit(OUTSIDE)
        elif event.startswith(_FORBIDDEN):
            os._exit(OUTSIDE)

    # The model that tells languages comes through a temporary file: no document's doing.
    detect_language("Der Leuchtturm wurde im Jahre 1871 gebaut und steht heute noch am Hafen.")
    sys.addaudithook(look)
    worker.main(memory_bytes)


if __name__ == "__main__":
    main(int(sys.argv[1]))

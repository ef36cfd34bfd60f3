"""Nothing leaves the machine: a process that asks opens no connection and looks up no name."""

import subprocess
import sys
from pathlib import Path

WATCHED = """
import sys
from pathlib import Path

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"}:
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(watch)
from qa import Bot
with Bot.open(sys.argv[1], index=sys.argv[2]) as bot:
    print(bot.ask("Who co-hosted the NATO Youth Summit?", min_confidence=0.0).citations[0].quote)
"""


def test_indexing_and_asking_open_no_connection(seeds: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WATCHED, seeds, tmp_path / "index"], capture_output=True, text=True
    )
    assert "co-hosted by the Aspen Institute" in result.stdout, result.stderr


def test_the_watch_notices_a_connection() -> None:
    code = WATCHED.split("from qa")[0] + "import socket\nsocket.create_connection(('127.0.0.1', 9))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("socket.")

"""What the benchmarks share: times, memory, a served page, an index's vectors. No benchmark."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from embeddings.runtime import Floats
from embeddings.store import Store
from qa.metrics import percentile

T = TypeVar("T")
PINCITE = [sys.executable, "-c", "from qa.cli import main; main()"]
"""The command line, from this source."""


def milliseconds(call: Callable[[T], object], items: Iterable[T]) -> list[float]:
    """How long the call took for each item, after one that warms up."""
    items = list(items)
    call(items[0])
    times = []
    for item in items:
        began = time.perf_counter()
        call(item)
        times.append(1000 * (time.perf_counter() - began))
    return times


def p50_p95(times: list[float]) -> str:
    """The two percentiles, in a table's cell."""
    return f"{percentile(times, 50):.1f} / {percentile(times, 95):.1f}"


def memory_mb(process: int | str = "self") -> float:
    """What the process, this one or that with an id, has in memory now, in MB; Linux only."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(docs: Path, port: int, index: Path | None = None) -> Iterator[tuple[str, int, float]]:
    """The address of the page, its process, and the seconds until it answered."""
    began = time.perf_counter()
    command = [*PINCITE, "serve", str(docs), "--port", str(port)]
    if index is not None:
        command += ["--index", str(index)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                urllib.request.urlopen(address).close()
                break
            except urllib.error.URLError:
                if process.poll() is not None:
                    raise
                time.sleep(0.01)
        yield address, process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def folder_mb(folder: Path) -> float:
    """The size of the files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def vectors_of(store: Store) -> Floats:
    """The vectors of all passages, in their order."""
    with store.database.reading() as db:
        data = b"".join(row[0] for row in db.execute("SELECT vector FROM passages ORDER BY id"))
    return np.frombuffer(data, "<f2").reshape(-1, store.settings.dimension).astype(np.float32)


def exact(vectors: Floats, question: Floats, k: int) -> list[int]:
    """The numbers of the `k` nearest by brute force in numpy, best first."""
    scores = vectors @ question
    best = np.argpartition(-scores, min(k, len(scores) - 1))[:k]
    return [int(i) for i in best[np.argsort(-scores[best], kind="stable")]]

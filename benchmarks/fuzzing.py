"""Does any damaged or hostile file hang or crash the indexer, or make a reader open other files?

    python -m benchmarks.fuzzing --minutes 3 [--seed 0] [--keep FOLDER]

Sound files of every format are damaged at random, some inside their archives, and indexed in
batches as a folder is, with a toy encoder. A worker that opens a file outside Python's own, or
reaches for the network, ends with code 77, and so is found; the XML and HTML name a pipe that
nobody writes to as entity, so that a parser in C that opens it never comes back, and a file whose
words must not turn up. Exits with 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from benchmarks.watched_worker import OUTSIDE
from embeddings.indexer import Report, index_folder, open_store
from embeddings.store import Store
from embeddings.workers import Limits, Workers
from tests.formats import samples, zip_of
from tests.toy import WordEncoder

BATCH = 60
LIMITS = Limits(seconds=10, memory_bytes=1 << 30, document_bytes=64 << 20)
WORKER = (sys.executable, "-m", "benchmarks.watched_worker")
SECRET = "zanzibarquux"
TOKENS = (
    *(b"<div>", b"</p>", b"<!--", b"]]>", b"<![CDATA[", b"&e;", b"&#0;", b"&#xFFFFFF;", b"{", b"}"),
    *(b"\\u-1?", b"\\bin99999 ", b"\\'e9", b"[", b"](", b"> ", b"* ", b"`", b"|", b'"', b"\n\n"),
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b", b"\xed\xa0\x80", b"\xe2\x80\xa9", b" " * 99),
    *(
        b"=?utf-8?q?=",
        b"boundary=",
        b"Content-Type: multipart/mixed\n",
        b"From a 1:00\n",
        b"99999999",
    ),
    *(
        b"-1",
        b"1e999",
        b"NaN",
        b"obj",
        b"stream\n",
        b"/Kids [1 0 R]",
        b"D:9999",
        b". ",
        b"e\xcc\x81",
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where files that are faults are put")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    outcomes: Counter[tuple[str, str]] = Counter()
    faults: list[str] = []
    slowest = (0.0, "")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Workers(LIMITS, WORKER) as workers:
        root = Path(folder)
        originals = prepared(root)
        batch = 0
        while time.perf_counter() - began < 60 * arguments.minutes:
            batch += 1
            docs = root / f"docs-{batch}"
            written = write_batch(chance, originals, docs, root)
            started = time.perf_counter()
            with open_store(root / f"index-{batch}", WordEncoder()) as store:
                report = index_folder(docs, store, WordEncoder(), workers=workers)
                found = judged(report, written, store)
            slowest = max(slowest, (time.perf_counter() - started, f"batch {batch}"))
            for path, outcome, fault in found:
                outcomes[Path(path).suffix, outcome] += 1
                if fault:
                    faults.append(f"batch {batch}, {path}: {fault}")
                    print(faults[-1], flush=True)
                    if arguments.keep and (docs / path).is_file():
                        arguments.keep.mkdir(parents=True, exist_ok=True)
                        (arguments.keep / f"{batch}-{path}").write_bytes((docs / path).read_bytes())
    kinds = sorted({outcome for _, outcome in outcomes})
    print(f"{'':8}" + "".join(f"{kind:>12}" for kind in kinds))
    for suffix in sorted({suffix for suffix, _ in outcomes}):
        print(f"{suffix:8}" + "".join(f"{outcomes[suffix, kind]:>12,}" for kind in kinds))
    print(
        f"{outcomes.total():,} files in {time.perf_counter() - began:.0f} s, {len(faults)} faults"
    )
    print(f"the slowest batch of {BATCH} files took {slowest[0]:.1f} s ({slowest[1]})")
    return 1 if faults else 0


def prepared(root: Path) -> dict[str, bytes]:
    """The sound files, and beside them what no reader may open."""
    (root / "secret").write_text(f"{SECRET} {SECRET}.")
    os.mkfifo(root / "pipe")
    return samples()


def write_batch(
    chance: random.Random, originals: dict[str, bytes], docs: Path, root: Path
) -> set[str]:
    """Writes a folder of damaged files, with links out and a pipe among them; the files' names."""
    docs.mkdir()
    (docs / "link.txt").symlink_to(root / "secret")
    (docs / "way").symlink_to(root)
    os.mkfifo(docs / "pipe.txt")
    (docs / "sound.txt").write_text("A sound file is always there.")
    written = {"sound.txt"}
    for number in range(BATCH):
        original = chance.choice(sorted(originals))
        name = (
            f"{number}-{chance.choice(sorted(originals)) if chance.random() < 0.05 else original}"
        )
        (docs / name).write_bytes(hostile(chance, originals, original, root))
        written.add(name)
    return written


def hostile(chance: random.Random, originals: dict[str, bytes], name: str, root: Path) -> bytes:
    """The file of that name, damaged; an archive more often in a member than as a whole."""
    data = originals[name]
    if zipfile.is_zipfile(io.BytesIO(data)) and chance.random() < 0.8:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {n: archive.read(n) for n in archive.namelist()}
        for member in chance.sample(sorted(members), k=min(len(members), chance.randint(1, 3))):
            members[member] = damaged(chance, members[member], originals, root)
        return zip_of(members)
    return damaged(chance, data, originals, root)


def damaged(chance: random.Random, data: bytes, originals: dict[str, bytes], root: Path) -> bytes:
    """The bytes after a few changes."""
    if data.lstrip().startswith(b"<") and chance.random() < 0.3:
        data = with_entity(chance, data, root)
    for _ in range(chance.choice((1, 1, 1, 1, 2, 4, 16))):
        at = chance.randint(0, len(data))
        to = min(len(data), at + chance.choice((1, 4, 30, 300)))
        match chance.randrange(7):
            case 0:
                data = data[:at] + chance.randbytes(to - at) + data[to:]
            case 1:
                data = data[:at] + data[to:]
            case 2:
                data = data[:to] + data[at:]
            case 3:
                data = data[:at] + chance.choice(TOKENS) + data[at:]
            case 4:
                other = originals[chance.choice(sorted(originals))]
                data = data[:at] + other[chance.randint(0, len(other)) :][:2000] + data[to:]
            case 5:
                times = chance.choice((10, 1000, 30_000))
                data = (
                    data[:at]
                    + chance.choice((chance.choice(TOKENS), data[at:to])) * times
                    + data[to:]
                )
                data = data[:4_000_000]
            case 6:
                data = data[:at] if chance.random() < 0.2 else data
    return data


def with_entity(chance: random.Random, data: bytes, root: Path) -> bytes:
    """The mark-up with an entity that leads out, or one that grows, used where text stands."""
    target = chance.choice(("secret", "pipe"))
    grows = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))
    entity = chance.choice(
        (
            f'<!ENTITY e SYSTEM "file://{root / target}">',
            f'<!ENTITY % p SYSTEM "file://{root / target}">%p;<!ENTITY e "x">',
            f'<!ENTITY e0 "word "><!ENTITY e "&e11;">{grows}',
        )
    )
    head = re.match(rb"\s*(<\?xml[^>]*\?>)?\s*(<!DOCTYPE[^>]*>)?", data)
    end = head.end() if head else 0
    root_name = re.match(rb"<([\w:]+)", data[end:])
    name = root_name[1].decode() if root_name else "x"
    body = re.sub(rb">([^<>]{2,})<", rb">\1&e;<", data[end:])
    return f'<?xml version="1.0"?><!DOCTYPE {name} [{entity}]>'.encode() + body


def judged(report: Report, written: set[str], store: Store) -> list[tuple[str, str, str | None]]:
    """For each file: its path, what became of it, and what is wrong with that."""
    skipped = {skip.path: skip.reason for skip in report.skipped}
    found: list[tuple[str, str, str | None]] = []
    for path in sorted(written ^ {*report.added, *skipped}):
        found.append((path, "lost", "not in the report" if path in written else "not to be read"))
    for path, reason in skipped.items():
        _, _, why = reason.partition(f"{path}: ")
        outcome, fault = "refused", None if why and "; " in why else f"an odd reason: {reason}"
        if why.startswith("not read within"):
            outcome = "too slow"
        elif why.startswith("takes more than"):
            outcome = "memory"
        elif why.startswith("holds more than"):
            outcome = "too long"
        elif why.startswith("its parser crashed"):
            outcome = "crash"
            fault = "it led outside" if f"exit code {OUTSIDE}" in why else None
        elif why.startswith("its parser failed"):
            outcome, fault = "failed", reason
        found.append((path, outcome, fault))
    files = store.files()
    for path in report.added:
        document = store.document(files[path])
        fault = "the secret is in its text" if SECRET in document.text else None
        for passage in store.passages_of(document.id):
            if document.text[passage.start : passage.end] != passage.text:
                fault = "a passage that is not its text"
        found.append((path, "document", fault))
    return found


if __name__ == "__main__":
    sys.exit(main())

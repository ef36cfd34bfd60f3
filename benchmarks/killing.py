"""Is anything lost or doubled where indexing is killed at any moment?

    python benchmarks/killing.py DOCS [--moments 100] [--files 40]

Copies of files of DOCS are changed, added, removed and renamed; a process that indexes them gets
SIGKILL at a random moment. After each, every document must be as it was before or as its file is
now, whole, with its passages, terms and vectors, and every answer must be verbatim. At the end the
index must equal one made from nothing. Exits 1 on any fault, or where nothing was put to the test.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from embeddings.documents import find_documents, read_document
from embeddings.encoder import Encoder, SentenceTransformerEncoder
from embeddings.indexer import index_folder, open_store
from embeddings.passages import split_passages
from embeddings.sentences import split_sentences
from embeddings.store import Store
from embeddings.tokens import load_encoding
from qa.confidence import load_calibration

SAME = 0.998
"""The least cosine of two vectors of one text, made in different company in half precision."""
ROOT = Path(__file__).parent.parent
INDEX = """
import sys
from pathlib import Path
from {module} import {name}
from embeddings.indexer import index_folder, open_store

encoder = {name}()
encoder.encode_passages(["warm up"])
print("ready", flush=True)
with open_store(Path(sys.argv[2]), encoder) as store:
    index_folder(Path(sys.argv[1]), store, encoder)
print("done", flush=True)
"""


@dataclass
class Tally:
    """What happened: kills, how many of them left changes undone, and the faults.

    `partly` counts those that had done some of the changes and left others.
    """

    kills: int = 0
    cut_short: int = 0
    partly: int = 0
    answers: int = 0
    faults: list[str] = field(default_factory=list)


class Killing:
    """A folder that changes, its index, and processes that are killed while they write it.

    `pool` are the files that the folder's are copied from.
    """

    def __init__(self, work: Path, pool: list[Path], files: int, encoder: Encoder) -> None:
        self.docs, self.index = work / "docs", work / "index"
        self.tally = Tally()
        self._encoder = encoder
        self._random = random.Random(0)
        self._pool = pool
        self._texts: dict[str, str] = {}
        self._number = 0
        self._longest = 0.0
        self.docs.mkdir()
        for _ in range(files):
            self._write(self._new_name())

    def kill(self, moments: int) -> None:
        """Changes the folder and kills its indexing, so many times.

        A moment is drawn from as long as the last run took that was not killed.
        """
        self._run(None)
        self._change()
        while self.tally.kills < moments:
            with open_store(self.index, self._encoder) as store:
                before = store.files()
            if self._run(self._random.uniform(0, self._longest)):
                self.tally.kills += 1
            with open_store(self.index, self._encoder) as store:
                self._compare(store, before)
            self._change()

    def finish(self) -> None:
        """Lets indexing end, and compares with an index made from nothing."""
        self._run(None)
        with (
            open_store(self.index, self._encoder) as store,
            open_store(self.index.with_name("fresh"), self._encoder) as fresh,
        ):
            index_folder(self.docs, fresh, self._encoder)
            self._compare(store, self._present())
            if store.files() != fresh.files() or len(store) != len(fresh):
                self.tally.faults.append("in the end it is not as one made from nothing")
            for document in set(store.files().values()):
                cosines = (store.vectors_of(document) * fresh.vectors_of(document)).sum(axis=1)
                if cosines.min() < SAME:
                    self.tally.faults.append(f"{document}: other vectors than one made anew")

    def _run(self, seconds: float | None) -> bool:
        """Indexes in a process that is killed after so long; whether it was still at it."""
        kind = type(self._encoder)
        code = INDEX.format(module=kind.__module__, name=kind.__name__)
        command = [sys.executable, "-c", code, str(self.docs), str(self.index)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            process.stdout.readline()
            began = time.perf_counter()
            try:
                process.wait(seconds)
                self._longest = time.perf_counter() - began
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        return process.returncode == -signal.SIGKILL

    def _compare(self, store: Store, before: dict[str, str]) -> None:
        after, found = self._present(), store.files()
        if found != after:
            self.tally.cut_short += 1
            self.tally.partly += found != before
        for path in before.keys() | after.keys() | found.keys():
            if found.get(path) not in (before.get(path), after.get(path)):
                self.tally.faults.append(f"{path}: neither as before nor as after")
        documents = set(found.values())
        ids: list[int] = []
        for document in documents:
            text = self._texts[document]
            expected = split_passages(
                text,
                split_sentences(text),
                load_encoding(store.settings.encoding),
                max_tokens=store.settings.max_tokens,
                overlap_tokens=store.settings.overlap_tokens,
                fits=self._encoder.fits,
            )
            passages = store.passages_of(document)
            ids += [passage.id for passage in passages]
            if store.document(document).text != text:
                self.tally.faults.append(f"{document}: another text")
            if [(p.start, p.end, p.sentences) for p in passages] != [
                (w.start, w.end, w.sentences) for w in expected
            ]:
                self.tally.faults.append(f"{document}: passages lost or doubled")
        with store.database.reading() as db:
            rows = [row[0] for row in db.execute("SELECT id FROM terms_docsize ORDER BY id")]
        with store.vectors.level() as index:
            vectors = index.ids.tolist()
        if not sorted(ids) == rows == vectors:
            self.tally.faults.append("terms or vectors lost or doubled")
        for document in self._random.sample(sorted(documents), min(3, len(documents))):
            self._ask(store, self._random.choice(store.passages_of(document)).text)

    def _ask(self, store: Store, question: str) -> None:
        from qa.bot import Bot
        from qa.read import SentenceReader

        reader = SentenceReader(self._encoder)
        bot = Bot(
            store,
            self._encoder,
            reader,
            load_calibration(reader.name, self._encoder.name, store.folder),
        )
        answer = bot.ask(question[:200], min_confidence=0.0)
        if not answer.citations:
            self.tally.faults.append("a passage's own words find nothing")
        for cited in answer.citations:
            self.tally.answers += 1
            if self._texts[cited.document][cited.start : cited.end] != cited.quote:
                self.tally.faults.append(f"{cited.path}: an answer that is not verbatim")

    def _change(self) -> None:
        """Changes, removes, renames and adds a quarter of the files."""
        names = sorted(path.name for path in self.docs.iterdir())
        for name in self._random.sample(names, max(4, len(names) // 4)):
            match self._random.choice(("change", "change", "replace", "rename")):
                case "change":
                    self._write(name)
                case "replace":
                    (self.docs / name).unlink()
                    self._write(self._new_name())
                case "rename":
                    (self.docs / name).rename(self.docs / self._new_name())

    def _write(self, name: str) -> None:
        text = self._random.choice(self._pool).read_text("utf-8", "replace")
        path = self.docs / name
        path.write_text(f"{text}\n\nThis is number {self._number} of what was written.", "utf-8")
        self._number += 1
        document = read_document(path, self.docs)
        self._texts[document.id] = document.text

    def _new_name(self) -> str:
        self._number += 1
        return f"{self._number}.txt"

    def _present(self) -> dict[str, str]:
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.docs.iterdir()
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--files", type=int, default=40)
    arguments = parser.parse_args()
    pool = [path for path in find_documents(arguments.docs) if path.suffix == ".txt"][:500]
    began = time.perf_counter()
    work = Path(tempfile.mkdtemp())
    try:
        killing = Killing(work, pool, arguments.files, SentenceTransformerEncoder())
        killing.kill(arguments.moments)
        killing.finish()
    finally:
        shutil.rmtree(work)
    tally = killing.tally
    print(f"killed while indexing               {tally.kills} times")
    print(f"a part of the changes was undone    {tally.cut_short} times")
    print(f"another part was done by then       {tally.partly} times")
    print(f"answers compared                    {tally.answers}")
    print(f"faults                              {len(tally.faults)}")
    for fault in tally.faults[:20]:
        print(f"  {fault}")
    print(f"in all                              {time.perf_counter() - began:.0f} s")
    sys.exit(bool(tally.faults) or tally.cut_short == 0 or tally.answers == 0)


if __name__ == "__main__":
    main()

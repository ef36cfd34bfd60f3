"""Several processes at one index."""

import subprocess
import sys
from pathlib import Path

from embeddings.indexer import index_folder, open_store
from tests.toy import WordEncoder

ROOT = Path(__file__).parent.parent

READER = """
import sys
from pathlib import Path
from embeddings.indexer import open_store
from tests.toy import WordEncoder

docs, index = map(Path, sys.argv[1:])
encoder = WordEncoder()
versions = {f"Version {version} of file {file}." for version in range(99) for file in range(8)}
seen = set()
with open_store(index, encoder) as store:
    print("ready", flush=True)
    while not (docs.parent / "stop").exists():
        with store.snapshot():
            files = store.files()
            assert len(files) == 8, files
            nearest = store.nearest(encoder.encode_question("Version of file 3"), 20)
            passages = store.passages([i for i, _ in nearest])
            assert len(passages) == len(nearest) == 8, (nearest, passages)
            assert {p.document for p in passages} == set(files.values())
            assert len(store.matching("version", 20)) == 8
            for passage in passages:
                text = store.document(passage.document).text
                assert text in versions
                assert text[passage.start : passage.end] == passage.text
                seen.add(text)
print(len(seen))
"""


def write_version(docs: Path, version: int) -> None:
    for file in range(8):
        (docs / f"{file}.txt").write_text(f"Version {version} of file {file}.")


def test_two_read_while_one_writes(tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    encoder = WordEncoder()
    with open_store(index, encoder) as store:
        write_version(docs, 0)
        index_folder(docs, store, encoder)
        readers = [
            subprocess.Popen(
                [sys.executable, "-c", READER, docs, index],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for _ in range(2)
        ]
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for version in range(1, 30):
            write_version(docs, version)
            assert len(index_folder(docs, store, encoder).changed) == 8
        (tmp_path / "stop").touch()
    for reader in readers:
        output, errors = reader.communicate(timeout=30)
        assert (reader.returncode, errors) == (0, "")
        assert int(output) > 8  # it saw more than one version


def test_a_reader_opens_while_another_writes(tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    encoder = WordEncoder()
    write_version(docs, 0)
    with open_store(index, encoder) as store:
        index_folder(docs, store, encoder)
        with store.database.writing() as db, store.alone(0):
            db.execute("DELETE FROM files")
            code = READER.split("    print(")[0] + "    print(sorted(store.files()))"
            found = subprocess.run(
                [sys.executable, "-c", code, docs, index],
                capture_output=True,
                text=True,
                cwd=ROOT,
                timeout=20,
            )
            assert found.stdout == f"{[f'{file}.txt' for file in range(8)]}\n", found.stderr

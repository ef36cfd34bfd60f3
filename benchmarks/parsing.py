"""What does it cost to parse files in processes of their own?

    python -m benchmarks.parsing [--files 240]

Makes files of twelve formats, a few pages each, and parses them in this process, through the
workers one by one, and two at once as indexing does; then indexes them with a toy encoder that
costs next to nothing, parsing here and in the workers.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embeddings.documents import Document, parse_document
from embeddings.indexer import index_folder, open_store
from embeddings.workers import COUNT, Workers
from tests.formats import BOOK, chapter, docx_of, odf_of, pdf_of, xlsx_of, zip_of
from tests.toy import WordEncoder

SENTENCES = 120


class Here(Workers):
    """No workers: parses in this process, as before there were any."""

    def parse(self, data: bytes, path: str) -> Document:
        """As `parse_document`."""
        return parse_document(data, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=240)
    files = [made(number) for number in range(parser.parse_args().files)]
    size = sum(len(data) for _, data in files) / 1e6
    formats = {name.partition(".")[2] for name, _ in files}
    print(f"{len(files)} files of {len(formats)} formats, {size:.1f} MB")
    parse_all(parse_document, files[:24])  # the parsers are imported
    here = seconds(lambda: parse_all(parse_document, files))
    print(f"parsed in this process               {here:6.2f} s")
    with Workers() as workers:
        first = seconds(lambda: workers.parse(b"# Head\n\nText.", "a.md"))
        again = [seconds(lambda: workers.parse(b"# Head\n\nText.", "a.md")) for _ in range(200)]
        print(f"the first file, process started      {1000 * first:6.0f} ms")
        print(f"a tiny file, there and back          {1000 * sorted(again)[100]:6.2f} ms (p50)")
        at_home = [seconds(lambda: parse_document(b"# Head\n\nText.", "a.md")) for _ in range(200)]
        print(f"the same file in this process        {1000 * sorted(at_home)[100]:6.2f} ms (p50)")
        parse_all(workers.parse, files[:24])
        one_by_one = seconds(lambda: parse_all(workers.parse, files))
        print(f"through a worker, one by one         {one_by_one:6.2f} s")
    with Workers() as workers, ThreadPoolExecutor(COUNT) as threads:

        def at_once() -> None:
            list(threads.map(lambda file: workers.parse(file[1], file[0]), files))

        cold = seconds(at_once)
        print(f"two at once, processes started       {cold:6.2f} s")
        print(f"two at once                          {seconds(at_once):6.2f} s")
    for name, kind in (("this process", Here), ("the workers", Workers)):
        print(f"indexed, parsed in {name:<18}{indexing(files, kind):6.2f} s")


def indexing(files: list[tuple[str, bytes]], kind: type[Workers]) -> float:
    """How long indexing the files takes."""
    with tempfile.TemporaryDirectory() as folder:
        docs = Path(folder, "docs")
        docs.mkdir()
        for name, data in files:
            (docs / name).write_bytes(data)
        encoder = WordEncoder()
        with kind() as workers, open_store(Path(folder, "index"), encoder) as store:
            return index_folder(docs, store, encoder, workers=workers).seconds


def made(number: int) -> tuple[str, bytes]:
    """A file of a few pages and its name; each says something else."""
    lines = [
        f"Line {n} of report {number} says that quay {n * number % 97} is {n} metres long."
        for n in range(SENTENCES)
    ]
    paragraphs = [" ".join(lines[at : at + 6]) for at in range(0, SENTENCES, 6)]
    marked = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    kinds: list[tuple[str, Callable[[], bytes]]] = [
        ("txt", lambda: "\n\n".join(paragraphs).encode()),
        ("md", lambda: "\n\n".join(["# Report", *paragraphs]).encode()),
        ("html", lambda: f"<html><body><h1>Report</h1>{marked}</body></html>".encode()),
        ("docx", lambda: docx_of(*paragraphs)),
        ("odt", lambda: odf_of("text", marked.replace("p>", "text:p>"))),
        ("pdf", lambda: pdf_of(*lines[:20])),
        (
            "xlsx",
            lambda: xlsx_of({"S": [["Line", "Text"], *([n, t] for n, t in enumerate(lines))]}),
        ),
        (
            "csv",
            lambda: "\n".join(["Line;Text", *(f"{n};{t}" for n, t in enumerate(lines))]).encode(),
        ),
        ("epub", lambda: zip_of({**BOOK, "OEBPS/text/one.xhtml": chapter(marked)})),
        ("eml", lambda: "\n\n".join(["From: a@b.org\nSubject: R", *paragraphs]).encode()),
        ("rtf", lambda: ("{\\rtf1\\ansi " + "\\par ".join(paragraphs) + "}").encode()),
        ("jsonl", lambda: "\n".join(f'{{"text": "{p}"}}' for p in paragraphs).encode()),
    ]
    suffix, make = kinds[number % len(kinds)]
    return f"{number}.{suffix}", make()


def parse_all(parse: Callable[[bytes, str], Document], files: list[tuple[str, bytes]]) -> None:
    for name, data in files:
        parse(data, name)


def seconds(call: Callable[[], object]) -> float:
    """How long the call took."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

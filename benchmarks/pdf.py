"""How fast are PDFs read, against PDFium's plain text in the same run, and in how much memory?

    python benchmarks/pdf.py [PDF …] [--pages 1600]

Reads the files, each also with a loop of pypdfium2's `get_text_range`, and says what their layouts
take. Then makes a PDF of two columns with as many pages, indexes it with `pincite index` in a
process of its own, and says how much memory that had at most.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pypdfium2
from reportlab.pdfgen.canvas import Canvas

from embeddings.readers.pdf import read_pdf

WORDS = """
    harbour quay lamp tower keeper storm boat stone north winter year report town council ship
    price fish rope letter island ferry road market bread school teacher child river bridge mill
    is was has had built sold kept found lost paid wrote saw the a of in on by for with from and
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pdfs", type=Path, nargs="*")
    parser.add_argument("--pages", type=int, default=1600)
    arguments = parser.parse_args()
    print("| | pages | plain text, pages a second | with places, pages a second | ratio | layout |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "docs", "made.pdf")
        made.parent.mkdir()
        made.write_bytes(two_columns(arguments.pages))
        for path in [*arguments.pdfs, made]:
            compare(path)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from qa.cli import main; main()", "index", str(made.parent)],
            check=True,
            capture_output=True,
        )
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
        index = sum(path.stat().st_size for path in Path(folder, "docs/.pincite").iterdir()) / 1e6
    print(
        f"\n`pincite index` of the {arguments.pages:,} pages made: {seconds:.0f} s, "
        f"at most {peak:.0f} MB of memory, an index of {index:.0f} MB"
    )


def compare(path: Path) -> None:
    """Prints one row of the table; each way is taken twice, and the quicker counts."""
    data = path.read_bytes()
    pages = len(read_pdf(data[:]).pages)
    plain = min(seconds(plain_text, data) for _ in range(2))
    placed = min(seconds(read_pdf, data) for _ in range(2))
    packed = sum(len(page.packed) for page in read_pdf(data).layout.all_pages)
    print(
        f"| {path.name} | {pages:,} | {pages / plain:,.0f} | {pages / placed:,.0f} "
        f"| {placed / plain:.1f} | {packed / pages / 1000:.1f} kB a page |"
    )


def seconds(call: Callable[[bytes], object], data: bytes) -> float:
    """Processor time, which other work on the machine changes least."""
    began = time.process_time()
    call(data)
    return time.process_time() - began


def plain_text(data: bytes) -> int:
    """What a loop of pypdfium2 reads, in characters."""
    with closing(pypdfium2.PdfDocument(data)) as pdf:
        length = 0
        for number in range(len(pdf)):
            with closing(pdf[number]) as page, closing(page.get_textpage()) as textpage:
                length += len(textpage.get_text_range())
        return length


def two_columns(pages: int) -> bytes:
    """A PDF of running text in two columns, with heads and page numbers; every page its own."""
    chance, vocabulary = random.Random(1780), WORDS.split()
    canvas = Canvas("", pagesize=(595, 842))
    for number in range(1, pages + 1):
        canvas.setFont("Times-Roman", 10)
        canvas.drawString(60, 800, "Annual report")
        canvas.drawString(520, 800, str(number))
        for left in (60, 310):
            for line in range(56):
                words: list[str] = []
                while len(words) < 3 or canvas.stringWidth(" ".join(words)) < 195:
                    word = chance.choice(vocabulary)
                    new = words[-1].endswith(".") if words else line == 0
                    words.append(word.capitalize() if new else word)
                    words[-1] += "." if chance.random() < 0.06 else ""
                canvas.drawString(left, 770 - 13 * line, " ".join(words))
        canvas.showPage()
    return bytes(canvas.getpdfdata())


if __name__ == "__main__":
    main()

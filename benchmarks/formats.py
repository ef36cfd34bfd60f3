"""How fast is each format read, against what its own library gives of the text in the same run?

    python -m benchmarks.formats [--seconds 1.0]

A document of each format, with the same 1,200 sentences, is read again and again for some seconds:
by `parse_document`, which also normalises, titles, finds who wrote it and when, and in a PDF where
every character stands; and by a plain call of the library that it is built on, or the usual one.
The time is the processor's, which other work on the machine changes least. In tables a sentence is
a row; pages and slides have thirty.
"""

from __future__ import annotations

import argparse
import csv
import email
import email.policy
import gzip
import io
import json
import mailbox
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import docx
import openpyxl
import pptx
import pypdfium2
import trafilatura
from lxml import etree, html  # type: ignore[import-untyped, unused-ignore]
from markdown_it import MarkdownIt
from pptx.util import Inches
from reportlab.pdfgen.canvas import Canvas
from striprtf.striprtf import rtf_to_text

from embeddings.documents import parse_document
from tests.formats import BOOK, chapter, docx_of, odf_of, pptx_of, xlsx_of, zip_of

SENTENCES, ON_A_PAGE = 1_200, 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0)
    least = parser.parse_args().seconds
    print("| | library | MB of text a second | documents a second | library | ratio |")
    print("|---|---|---|---|---|---|")
    for suffix, data, name, plain in samples():
        path = f"a.{suffix}"
        document = parse_document(data, path)
        size = len(document.text.encode()) / 1e6
        ours = seconds(partial(parse_document, data, path), least)
        theirs = seconds(partial(plain, data), least)
        pages = f", {len(document.pages) / ours:,.0f} pages" if document.pages else ""
        print(
            f"| .{suffix} | {name} | {size / ours:,.1f} | {1 / ours:,.1f}{pages} "
            f"| {1 / theirs:,.1f} | {ours / theirs:,.{1 if ours < 10 * theirs else 0}f} |"
        )


def seconds(call: Callable[[], object], least: float) -> float:
    """The processor time of one call, the least of those that fit into so many seconds."""
    call()
    best, began = float("inf"), time.process_time()
    while time.process_time() - began < least:
        before = time.process_time()
        call()
        best = min(best, time.process_time() - before)
    return best


def samples() -> list[tuple[str, bytes, str, Callable[[bytes], object]]]:
    """Suffix, file, what the library's way is called, and that way."""
    lines = [
        f"Line {n} of the report says that quay {n * 7 % 97} is {n} metres long."
        for n in range(SENTENCES)
    ]
    paragraphs = [" ".join(lines[at : at + 6]) for at in range(0, SENTENCES, 6)]
    pages = [lines[at : at + ON_A_PAGE] for at in range(0, SENTENCES, ON_A_PAGE)]
    text = "\n\n".join(paragraphs)
    marked = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    in_odf = marked.replace("p>", "text:p>")
    cell = "<table:table-cell><text:p>%s</text:p></table:table-cell>"
    rows = "".join(
        f"<table:table-row>{cell % n}{cell % line}</table:table-row>"
        for n, line in enumerate(lines)
    )
    drawn = "".join(
        "<draw:page>" + "".join(f"<text:p>{line}</text:p>" for line in page) + "</draw:page>"
        for page in pages
    )
    sheet: list[list[object]] = [["Line", "Text"], *([n, line] for n, line in enumerate(lines))]
    table = "\n".join(["Line;Text", *(f"{n};{line}" for n, line in enumerate(lines))])
    mail = f"From: a@example.org\nSubject: Report\n\n{text}\n".encode()
    third = f"From: a@example.org\nSubject: Report\n\n{text[: len(text) // 3]}\n"
    box = "".join(f"From a@example.org Mon Jun  5 10:00:00 1893\n{third}\n" for _ in range(3))
    odf = "zip and lxml's itertext"
    return [
        ("txt", text.encode(), "bytes.decode", bytes.decode),
        ("txt.gz", gzip.compress(text.encode()), "gzip and decode", gunzipped),
        ("md", f"# Report\n\n{text}".encode(), "markdown-it's render", markdown),
        (
            "html",
            f"<html><body><article><h1>Report</h1>{marked}</article></body></html>".encode(),
            "trafilatura.extract",
            lambda data: trafilatura.extract(data.decode()),
        ),
        ("pdf", pdf(pages), "pypdfium2's get_text_range", pdf_text),
        ("docx", docx_of(*paragraphs), "python-docx's paragraphs", docx_text),
        ("odt", odf_of("text", in_odf), odf, odf_text),
        ("pptx", slides(pages), "python-pptx's text frames", pptx_text),
        ("odp", odf_of("presentation", drawn), odf, odf_text),
        ("xlsx", xlsx_of({"S": sheet}), "openpyxl's iter_rows", xlsx_rows),
        (
            "ods",
            odf_of("spreadsheet", f'<table:table table:name="S">{rows}</table:table>'),
            odf,
            odf_text,
        ),
        ("csv", table.encode(), "csv.reader", lambda data: delimited(data, ";")),
        ("tsv", table.replace(";", "\t").encode(), "csv.reader", lambda d: delimited(d, "\t")),
        (
            "epub",
            zip_of({**BOOK, "OEBPS/text/one.xhtml": chapter(marked)}),
            "zip and lxml's text_content",
            epub_text,
        ),
        ("eml", mail, "email's parser", mail_text),
        ("mbox", box.encode(), "mailbox.mbox", mbox_text),
        ("rtf", ("{\\rtf1\\ansi " + "\\par ".join(paragraphs) + "}").encode(), "striprtf", rtf),
        (
            "jsonl",
            "\n".join(json.dumps({"text": paragraph}) for paragraph in paragraphs).encode(),
            "json.loads",
            lambda data: [json.loads(line)["text"] for line in data.splitlines()],
        ),
    ]


def pdf(pages: list[list[str]]) -> bytes:
    canvas = Canvas("", invariant=True)
    for page in pages:
        for number, line in enumerate(page):
            canvas.drawString(72, 770 - 20 * number, line)
        canvas.showPage()
    return bytes(canvas.getpdfdata())


def slides(pages: list[list[str]]) -> bytes:
    deck = pptx.Presentation()
    for page in pages:
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        box = slide.shapes.add_textbox(0, 0, Inches(8), Inches(6))
        box.text_frame.text = "\n".join(page)
    return pptx_of(deck)


def gunzipped(data: bytes) -> str:
    return gzip.decompress(data).decode()


def markdown(data: bytes) -> str:
    return str(MarkdownIt("commonmark").render(data.decode()))


def pdf_text(data: bytes) -> list[str]:
    texts = []
    with closing(pypdfium2.PdfDocument(data)) as opened:
        for number in range(len(opened)):
            with closing(opened[number]) as page, closing(page.get_textpage()) as textpage:
                texts.append(textpage.get_text_range())
    return texts


def docx_text(data: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]


def odf_text(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(etree.fromstring(archive.read("content.xml")).itertext())


def pptx_text(data: bytes) -> list[str]:
    deck = pptx.Presentation(io.BytesIO(data))
    shapes: list[Any] = [shape for slide in deck.slides for shape in slide.shapes]
    return [shape.text_frame.text for shape in shapes if shape.has_text_frame]


def xlsx_rows(data: bytes) -> list[object]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


def delimited(data: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode()), delimiter=delimiter))


def epub_text(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.endswith("xhtml")]
        return [html.fromstring(archive.read(name)).text_content() for name in names]


def mail_text(data: bytes) -> object:
    body = email.message_from_bytes(data, policy=email.policy.default).get_body()
    return body and body.get_content()


def mbox_text(data: bytes) -> list[object]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return [message.get_payload() for message in mailbox.mbox(file.name)]


def rtf(data: bytes) -> str:
    to_text: Any = rtf_to_text
    return str(to_text(data.decode("cp1252")))


if __name__ == "__main__":
    main()

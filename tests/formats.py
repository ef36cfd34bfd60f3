"""Small files of many formats, made by each format's own library or by hand."""

import gzip
import io
import zipfile
from collections.abc import Mapping

import docx
import openpyxl
import pptx
from pptx.util import Inches
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import parse_document
from embeddings.sentences import split_sentences

ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def text_of(data: bytes, path: str) -> str:
    return parse_document(data, path).text


def sentences_of(data: bytes, path: str) -> list[str]:
    document = parse_document(data, path)
    spans = split_sentences(document.text, document.language)
    return [document.text[span.start : span.end] for span in spans]


def zip_of(members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def odf_of(kind: str, body: str, title: str = "") -> bytes:
    content = (
        f"<office:document-content {ODF}><office:body><office:{kind}>{body}"
        f"</office:{kind}></office:body></office:document-content>"
    )
    meta = f"<office:document-meta {ODF}><dc:title>{title}</dc:title></office:document-meta>"
    return zip_of({"content.xml": content, "meta.xml": meta})


def xlsx_of(sheets: Mapping[str, list[list[object]]], title: str = "") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.properties.title = title or None
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def pptx_of(deck: pptx.presentation.Presentation) -> bytes:
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def harbour_deck() -> pptx.presentation.Presentation:
    """Three slides: text before its title, nothing, a table with notes."""
    deck = pptx.Presentation()
    deck.core_properties.title = "Harbour Talk"
    first = deck.slides.add_slide(deck.slide_layouts[5])
    box = first.shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = "It was built in 1780. It is in use.\nThe quay is long."
    title = first.shapes.title
    title.text_frame.text = "The\vHarbour"
    first.shapes._spTree.append(title._element)  # the last shape, and yet the title
    deck.slides.add_slide(deck.slide_layouts[6])
    last = deck.slides.add_slide(deck.slide_layouts[5])
    last.shapes.title.text_frame.text = "Figures"
    table = last.shapes.add_table(2, 2, 0, 0, Inches(3), Inches(1)).table
    for n, text in enumerate(["Quay", "400 m", "Depth", "9\nm"]):
        table.cell(n // 2, n % 2).text = text
    last.notes_slide.notes_text_frame.text = "Say that the lighthouse was added in 1812."
    return deck


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
PACKAGE = """\
<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The Keeper</dc:title></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="text/chapter%202.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/../text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="pic" href="pic.svg" media-type="image/svg+xml"/>
</manifest><spine><itemref idref="nav"/><itemref idref="a"/><itemref idref="pic"/>
<itemref idref="b"/><itemref idref="a"/></spine></package>"""


def chapter(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body></html>'
    )


BOOK = {
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/nav.xhtml": chapter("<ol><li>Contents</li></ol>"),
    "OEBPS/text/chapter 2.xhtml": chapter("<h1>Two</h1><p>She left in 1813.</p>"),
    "OEBPS/text/one.xhtml": chapter("<h1>One</h1><p>Grace kept&nbsp;it. It was <i>dark</i>.</p>"),
    "OEBPS/pic.svg": "<svg/>",
}

MAIL = """\
From: =?utf-8?q?Ada_L=C3=B6velace?= <ada@example.org>
To: Charles Babbage <charles@example.org>
Date: Mon, 5 Jun 1843 10:00:00 +0000
Subject: Notes on the
 engine. A question
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

Dear Charles,

I finished note G in the caf\u00e9. It took nine days.
On Sunday, Charles wrote:
> Have you finished? I must print
> it by Friday.
>> I have not begun.
> - bring the cards
Yes.
""".encode("latin-1")

RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset204 Arial;}}"
    rb"{\info{\title The Harbour Report}{\author Nobody}}{\*\generator Riched20;}"
    rb"\f0 The caf\'e9 opened in {\b 1998}. It is run by Maria\u8217?s sister.\par "
    rb'See {\field{\*\fldinst{HYPERLINK "http://example.org/x"}}{\fldrslt{the page}}} for more.'
    rb"\par "
    rb"\trowd Quay\cell 400 m\cell\row {\f1 \'cc\'ee\'f1\'ea\'e2\'e0}\par}"
)

PAGE = """<!DOCTYPE html><html><head><title>The Harbour</title><meta name="author" content="Ada">
<meta property="article:published_time" content="2024-05-03"><script>x()</script></head><body>
<nav>Home</nav><article><h1>The Harbour</h1><p>It was built in 1780. It is <b>old</b>.</p><table>
<tr><th>Quay</th><td>400 m</td></tr></table></article></body></html>"""

MARKDOWN = """---
author: Ada
date: 2024-05-03
---
# The Harbour

It was *built* in [1780](https://example.org).

| Quay | Depth |
|---|---|
| 400 m | 9 m |
"""

SHEET = (
    '<table:table table:name="S"><table:table-row><table:table-cell table:number-columns-repeated='
    '"2"><text:p>Ada</text:p></table:table-cell></table:table-row></table:table>'
)


def docx_of(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf_of(*pages: str) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    for page in pages:
        canvas.drawString(72, 700, page)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def samples() -> dict[str, bytes]:
    """A sound file of every format, by name."""
    return {
        "a.csv": b'Name,Born\nAda,1815\n"x, y",2\n',
        "a.docx": docx_of("The Harbour", "It was built in 1780. It is old."),
        "a.eml": MAIL,
        "a.epub": zip_of(BOOK),
        "a.html": PAGE.encode(),
        "a.jsonl": b'{"title": "A", "text": "One.", "date": "2024"}\n{"text": "Two."}\n',
        "a.mbox": b"From ada@x Mon Jun  5 10:00:00 1843\n" + MAIL,
        "a.md": MARKDOWN.encode(),
        "a.odp": odf_of("presentation", "<draw:page><text:p>Slide.</text:p></draw:page>"),
        "a.ods": odf_of("spreadsheet", SHEET),
        "a.odt": odf_of("text", "<text:h>The Harbour</text:h><text:p>It is <text:s/>old.</text:p>"),
        "a.pdf": pdf_of("It was built in 1780.", "It is old."),
        "a.pptx": pptx_of(harbour_deck()),
        "a.rtf": RTF,
        "a.tsv": b"Name\tBorn\nAda\t1815\n",
        "a.txt": "The caf\u00e9 opened in 1998. It is old.\n\nIt is new.".encode(),
        "a.txt.gz": gzip.compress(b"Some words of text."),
        "a.xlsx": xlsx_of({"Staff": [["Name", "Born"], ["Ada", 1815]]}),
    }

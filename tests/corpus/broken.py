"""Files that cannot be read: cut short, of another kind, locked, empty, or made to harm."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from itertools import pairwise

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.corpus.facts import Made
from tests.corpus.office import LAMP_HEADINGS
from tests.corpus.packing import gzipped, packed, settled, unpacked
from tests.corpus.pdf_prose import ONE, plain
from tests.corpus.setting import A4, Press
from tests.corpus.stories import stories
from tests.formats import BOOK, MAIL, ODF, PACKAGE, docx_of, odf_of, xlsx_of

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def broken() -> Iterator[Made]:
    """The files, each with a piece of the reason that is given for it."""
    for name, data, reason in (*cut_short(), *of_another_kind(), *locked(), *bombs(), *endless()):
        yield Made(f"broken/{name}", data, reason=reason)


Unreadable = Iterator[tuple[str, bytes, str]]


def _pdf(**options: object) -> bytes:
    press = Press(ONE, options=options)
    press.paragraph(plain(stories("town", "Nowhere", 4)))
    return press.pdf()


def cut_short() -> Unreadable:
    word = settled(docx_of("The harbour was built in 1780."))
    yield "cut-short.docx", word[: len(word) // 2], "File is not a zip file"
    yield "cut-short.pdf", b"%PDF-1.4\n" + _pdf()[700:900], "broken PDF"
    yield "cut-short.zip", packed({"a.txt": "Words."})[:-30], "broken zip archive"
    yield "cut-short.txt.gz", gzipped(b"Some words. " * 90)[:-12], "broken gzip"
    book = settled(xlsx_of({"Lamps": [list(LAMP_HEADINGS)]}))
    yield "cut-short.xlsx", book[:-200], "broken .xlsx"
    yield "cut-short.jsonl", b'{"text": "One."}\n{"text": "Tw', "broken JSON in line 2"
    package = {**BOOK, "OEBPS/book.opf": PACKAGE.replace("text/../text/one.xhtml", "gone.xhtml")}
    yield "chapter-missing.epub", packed(package), "no item named"


def of_another_kind() -> Unreadable:
    chance = random.Random("rubbish")
    rubbish = chance.randbytes(3000)
    yield "empty.txt", b"", "no text in it; fill it or remove it"
    yield "empty.pdf", b"", "broken PDF"
    yield "only-white-space.md", b" \n\n\t\n", "no text in it"
    yield "picture.docx", PICTURE, "not a .docx"
    yield "picture.txt", PICTURE, "binary content under a text file's name"
    yield "rubbish.pdf", rubbish, "broken PDF"
    yield "old-excel.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old .xls"
    yield "words.rtf", b"Plain words under a wrong name.", "not an .rtf"
    yield "prose.eml", b"There is no header in this mail.\n", "no mail (no header"
    yield "one-mail.mbox", MAIL, "no mailbox (no line 'From"


def locked() -> Unreadable:
    lock = StandardEncryption("secret", ownerPassword="owner")
    yield "password.pdf", _pdf(encrypt=lock), "encrypted PDF; save a copy without the password"

    def scan(canvas: Canvas, page: int) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (60, 84), 225)), 0, 0, *A4)

    press = Press(ONE)
    press.put(" ", [(72, " ")], 700)
    yield "scan.pdf", press.pdf(scan), "no text in it; if it is a scan, run OCR first"
    archive = bytearray(packed({"a.txt": "Words that are locked away."}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.find(mark) + at] |= 1
    yield "password.zip", bytes(archive), "encrypted; unpack it"


def bombs() -> Unreadable:
    yield "bomb.zip", packed({"a.txt": bytes(4 << 20)}), "times its size"
    yield "bomb.txt.gz", gzipped(bytes((64 << 20) + 1)), "unpacks to more than 64 MiB"
    escaping = packed({"../../outside.txt": "This must not leave the archive."})
    yield "escaping.zip", escaping, "the path '../../outside.txt' inside does not stay in it"
    chain = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    content = (
        f'<!DOCTYPE x [<!ENTITY a "{"ha" * 10}">{chain}]>'
        f"<office:document-content {ODF}><office:body><office:text>"
        "<text:p>Word &j;</text:p></office:text></office:body></office:document-content>"
    )
    yield "entities.odt", packed({"content.xml": content}), "Maximum entity amplification"
    declared = bytearray(packed({"word/document.xml": "x"}))
    at = declared.find(b"PK\x01\x02")
    declared[at + 24 : at + 28] = struct.pack("<I", 2 << 30)
    yield "claims-two-gigabytes.docx", bytes(declared), "unpacks to"
    fonts = rb"{\rtf1{\fonttbl" + rb"\f1" * 20_000 + rb"}Text.}"
    yield "many-fonts.rtf", fonts, "table of fonts is beyond"


def endless() -> Unreadable:
    deep = "<text:span>" * 5000 + "x" + "</text:span>" * 5000
    odt = packed(dict(unpacked(odf_of("text", f"<text:p>{deep}</text:p>"))))
    yield "deep.odt", odt, "Excessive depth"
    yield "deep.jsonl", b"[" * 100_000, "maximum recursion depth"
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1200)
    )
    yield "deep.eml", b"Subject: x\n" + parts + b"\nDeep.\n", "maximum recursion depth"
    yield "pages-that-hold-themselves.pdf", _looping(), "broken PDF (Failed to load page"


def _looping() -> bytes:
    """A PDF whose tree of pages holds itself, and whose lengths refer to each other."""
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 999999 /Parent 2 0 R >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /XObject << /X 5 0 R >> >> >>",
        "<< /Length 6 0 R >>\nstream\n/X Do\nendstream",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Length 5 "
        "/Resources << /XObject << /X 5 0 R >> >> >>\nstream\n/X Do\nendstream",
        "7 0 R",
        "6 0 R",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        data
        + (
            f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}"
            f"trailer << /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF"
        ).encode()
    )

import io
from datetime import datetime

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import Document, parse_document
from embeddings.particulars import clean_address, clean_author, clean_date
from tests.formats import BOOK, MAIL, ODF, PACKAGE, RTF, harbour_deck, pptx_of, xlsx_of, zip_of


def said(data: bytes | str, path: str) -> tuple[str | None, str | None, str | None]:
    document: Document = parse_document(data.encode() if isinstance(data, str) else data, path)
    return document.author, document.date, document.source


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("2024-05-03", "2024-05-03"),
        ("2024-05-03T23:30:00-08:00", "2024-05-03"),
        ("2024-05-03 10:00", "2024-05-03"),
        ("20240503", "2024-05-03"),
        ("2024/5/3", "2024-05-03"),
        ("D:20240503120000+01'00'", "2024-05-03"),
        ("D:2024", "2024"),
        ("Mon, 5 Jun 1843 10:00:00 +0000", "1843-06-05"),
        ("3 May 2024", "2024-05-03"),
        ("May 3rd, 2024", "2024-05-03"),
        ("Sept 2024", None),
        ("May 2024", "2024-05"),
        ("03/05/2024", None),
        ("12.05.2024", None),
        ("2024-13-01", None),
        ("2024-02-30", None),
        ("1714720000", None),
        ("0000-01-01", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_as_exact_as_it_is_said_or_none(text: str | None, date: str | None) -> None:
    assert clean_date(text) == date


def test_an_author_is_a_name_on_one_line_and_no_program() -> None:
    assert clean_author(" Ada\n  Lovelace ") == "Ada Lovelace"
    for nobody in ("python-docx", "Microsoft Office User", "user", "", None, "x" * 301, "\x00"):
        assert clean_author(nobody) is None


def test_a_source_is_the_address_of_a_web_page() -> None:
    address = "https://example.org/a?b=c#d"
    assert clean_address(f" {address} ") == address
    for none in (
        *("javascript:alert(1)", "file:///etc/passwd", "/relative", "https:///x", "https://[x"),
        *(
            "https://a b",
            'https://a/"onclick',
            "https://a/\x01",
            "https://a/" + "x" * 2000,
            "",
            None,
        ),
    ):
        assert clean_address(none) is None


PAGE = """<html><head><title>T</title>%s</head><body><p>Cats sleep all day.</p>%s</body></html>"""


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<meta name="Author" content="Ada"><meta property="article:published_time" '
            'content="2024-05-03T10:00Z"><link rel="canonical" href="https://example.org/a">',
            ("Ada", "2024-05-03", "https://example.org/a"),
        ),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"datePublished":'
            ' "2024-05-03", "author": [{"name": "Ada"}, {"name": "Grace"}]}]}</script>',
            ("Ada, Grace", "2024-05-03", None),
        ),
        (
            '<meta property="article:author" content="https://example.org/ada">'
            '<meta property="og:url" content="https://example.org/b">',
            (None, None, "https://example.org/b"),
        ),
        ('<script type="application/ld+json">{"datePublished": </script>', (None, None, None)),
        ('<link rel="canonical" href="javascript:alert(1)">', (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_a_page_says_it_in_its_head(head: str, expected: tuple[str | None, ...]) -> None:
    assert said(PAGE % (head, ""), "a.html") == expected


def test_a_page_says_it_in_its_text_or_in_what_the_browser_left() -> None:
    time = '<time itemprop="datePublished" datetime="2024-05-03">May</time>'
    assert said(PAGE % ("", time), "a.html") == (None, "2024-05-03", None)
    assert said(PAGE % ("", '<time datetime="2024-05-03">May</time>'), "a.html")[1] is None
    saved = "<!DOCTYPE html>\n<!-- saved from url=(0021)https://example.org/s -->\n"
    assert said(saved + PAGE % ("", ""), "a.html") == (None, None, "https://example.org/s")


def test_office_files_say_it_in_their_properties() -> None:
    document = docx.Document()
    document.add_paragraph("Cats sleep.")
    buffer = io.BytesIO()
    document.save(buffer)
    assert said(buffer.getvalue(), "a.docx") == (None, None, None)  # the template's are nobody's
    document.core_properties.author = "Ada"
    document.core_properties.created = datetime(2024, 5, 3)
    buffer = io.BytesIO()
    document.save(buffer)
    assert said(buffer.getvalue(), "a.docx") == ("Ada", "2024-05-03", None)
    deck = harbour_deck()
    assert said(pptx_of(deck), "a.pptx") == (None, None, None)
    deck.core_properties.author = "Grace"
    assert said(pptx_of(deck), "a.pptx")[0] == "Grace"
    author, date, _ = said(xlsx_of({"S": [["a", "b"], ["c", 1]]}), "a.xlsx")
    assert author is None  # openpyxl
    assert date is not None
    assert len(date) == 10


def test_open_documents_say_who_began_them() -> None:
    meta = (
        f'<office:document-meta {ODF} xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0">'
        "<dc:creator>Grace</dc:creator><dc:date>2024-06-01T00:00:00</dc:date>"
        "<meta:initial-creator>Ada</meta:initial-creator>"
        "<meta:creation-date>2024-05-03T00:00:00</meta:creation-date></office:document-meta>"
    )
    content = (
        f"<office:document-content {ODF}><office:body><office:text><text:p>Cats.</text:p>"
        "</office:text></office:body></office:document-content>"
    )
    data = zip_of({"content.xml": content, "meta.xml": meta})
    assert said(data, "a.odt") == ("Ada", "2024-05-03", None)


def test_books_mail_and_the_rest_say_it() -> None:
    package = PACKAGE.replace(
        "</dc:title>",
        "</dc:title><dc:creator>Ada</dc:creator><dc:creator>Grace</dc:creator><dc:date>1843</dc:date>"
        "<dc:identifier>urn:x</dc:identifier><dc:identifier>https://example.org/k</dc:identifier>",
    )
    book = zip_of({**BOOK, "OEBPS/book.opf": package})
    assert said(book, "a.epub") == ("Ada, Grace", "1843", "https://example.org/k")
    assert said(MAIL, "a.eml") == ("Ada Lövelace <ada@example.org>", "1843-06-05", None)
    assert said(RTF, "a.rtf") == ("Nobody", None, None)
    made = RTF.replace(rb"{\author Nobody}", rb"{\author Ada}{\creatim\yr2024\mo5\dy3\hr9}")
    assert said(made, "a.rtf") == ("Ada", "2024-05-03", None)


def test_pdf_says_it_in_its_dictionary() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setAuthor("Ada")
    canvas.drawString(72, 700, "Cats sleep.")
    canvas.save()
    author, date, source = said(buffer.getvalue(), "a.pdf")
    assert (author, source) == ("Ada", None)
    assert date is not None
    assert len(date) == 10


def test_front_matter_says_it() -> None:
    front = "---\ntitle: Cats\nauthor: 'Ada'\ndate: 2024-05-03\nsource: https://example.org\n---\n"
    assert said(front + "Cats sleep.", "a.md") == ("Ada", "2024-05-03", "https://example.org")


def test_records_say_what_all_of_them_share() -> None:
    one = (
        '{"text": "Cats sleep.", "author": ["Ada", "Grace"], "date": 2024, "url": "https://a.org"}'
    )
    other = '{"text": "Dogs bark.", "author": "Ada", "date": "2024"}'
    assert said(one, "a.jsonl") == ("Ada, Grace", "2024", "https://a.org")
    assert said(f"{one}\n{other}", "a.jsonl") == (None, "2024", None)

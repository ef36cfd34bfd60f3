"""Files → documents: every expected text here can be checked by reading the file beside it."""

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import (
    SUFFIXES,
    Document,
    find_documents,
    find_files,
    normalise,
    parse_document,
    read_bytes,
    read_document,
)
from embeddings.errors import DocumentError
from embeddings.readers.pdf_furniture import without_furniture
from embeddings.readers.reflow import Line, flow
from embeddings.sentences import ROW_END

SEEDS = Path(__file__).parent.parent / "seeds"


def text_of(data: bytes | str, path: str) -> str:
    return parse_document(data.encode() if isinstance(data, str) else data, path).text


def title_of(data: bytes | str, path: str) -> str:
    return parse_document(data.encode() if isinstance(data, str) else data, path).title


# --- identity, offsets, normalisation


def test_plain_utf8_text_is_kept_as_it_stands() -> None:
    raw = "  Café  🦉\n\ttab, e\u0301 and a no-break\u00a0space  \n\n\nend \n"
    document = parse_document(raw.encode(), "notes/a.txt")
    assert document.text == raw
    assert document.path == "notes/a.txt"
    assert document.id == hashlib.sha256(raw.encode()).hexdigest()
    assert document.pages == ()
    assert document.page(3) is None


def test_the_same_bytes_give_the_same_document() -> None:
    page = b"<html><body><p>One.</p><p>Two.</p></body></html>"
    assert parse_document(page, "a.html") == parse_document(page, "a.html")


def test_page_is_the_last_that_starts_at_or_before_the_offset() -> None:
    document = Document("", "a.pdf", "", "x" * 30, (0, 10, 10, 20))
    assert [document.page(at) for at in (0, 9, 10, 19, 20, 29)] == [1, 1, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("\ufeffa", "a"),
        ("a\ufeffb", "a\ufeffb"),
        ("a\r\nb\rc\r\r\nd\n", "a\nb\nc\n\nd\n"),
        ("a\0b\x07c\x7fd\x85e", "a b c d e"),
        ("a\tb\fc", "a\tb\nc"),
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        ("  e\u0301  \u00a0\u2028", "  e\u0301  \u00a0\u2028"),
    ],
)
def test_normalise(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


ANY_TEXT = st.text(st.characters() | st.sampled_from("\r\n\f\0\ufeff\ud800"))


@given(ANY_TEXT)
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(ANY_TEXT)
def test_normalise_changes_the_length_only_at_crlf_and_the_opening_mark(text: str) -> None:
    unmarked = text.lstrip("\ufeff")
    assert len(normalise(text)) == len(unmarked) - unmarked.count("\r\n")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t")))
def test_normalise_leaves_printable_text_alone(text: str) -> None:
    assert normalise(text) == text.lstrip("\ufeff")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_offsets_into_a_text_file_are_those_of_its_normalised_text(text: str) -> None:
    try:
        document = parse_document(b"\xef\xbb\xbf" + text.encode(), "a.txt")
    except DocumentError:
        assert not normalise(text).strip()
    else:
        assert document.text == normalise(text)


# --- encodings

FRENCH = (
    "L'été dernier, nous avons visité la cathédrale de Chartres. Elle est très belle, et ses "
    "vitraux sont célèbres dans le monde entier. Où êtes-vous allés ? À la plage."
)
RUSSIAN = (
    "Москва является столицей России. Население города составляет более двенадцати миллионов "
    "человек. Город расположен на реке Москве."
)
JAPANESE = (
    "東京は日本の首都であり、世界最大の都市圏の一つです。人口は約千四百万人です。"
    "カタカナとひらがなも使われています。"
)
ENGLISH = "The café opened in 1998 – “very popular”, said the owner. It’s closed on Mondays."


@pytest.mark.parametrize("suffix", ["txt", "md", "html"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "cp1252"),
        (FRENCH, "cp1252"),
        (FRENCH, "latin-1"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp1251"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        (ENGLISH, "utf-8-sig"),
        (ENGLISH, "utf-16"),
        (RUSSIAN, "utf-32"),
        (ENGLISH, "utf-16-le"),
        (RUSSIAN, "utf-16-be"),
        (JAPANESE, "utf-16-le"),
    ],
)
def test_encodings_are_recognised(text: str, encoding: str, suffix: str) -> None:
    assert text_of(text.encode(encoding), f"a.{suffix}") == text


def test_the_seed_article_is_recognised_in_windows_1252() -> None:
    (path,) = SEEDS.glob("*.txt")
    article = path.read_text("utf-8")
    assert not article.isascii()
    assert text_of(article.encode("cp1252"), "a.txt") == article


def test_a_damaged_byte_does_not_cost_a_utf8_file_its_encoding() -> None:
    assert text_of(RUSSIAN.encode() + b"\xd0", "a.txt") == RUSSIAN + "\ufffd"


def test_a_stray_byte_does_not_make_text_unreadable() -> None:
    assert text_of(b"word " * 50 + b"\x81 end", "a.txt") == "word " * 50 + "  end"


def test_html_says_its_encoding_in_a_meta_element() -> None:
    page = "<meta http-equiv='Content-Type' content='text/html; charset=ISO-8859-2'><p>Łódź leży"
    assert text_of(page.encode("iso8859-2"), "a.html") == "Łódź leży"


def test_a_stray_nul_or_two_is_still_text() -> None:
    assert text_of(b"one\0two\0three", "a.txt") == "one two three"


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10"
RANDOM = bytes(hashlib.sha256(bytes([n])).digest()[0] for n in range(256)) * 8


@pytest.mark.parametrize("suffix", ["txt", "md", "html"])
@pytest.mark.parametrize("data", [PNG, b"PK\x03\x04" + RANDOM, RANDOM, b"%PDF-1.7\nabc"])
def test_binary_content_under_a_text_name_is_refused(data: bytes, suffix: str) -> None:
    with pytest.raises(DocumentError, match=rf"^photo\.{suffix}: (binary content|neither UTF-8)"):
        parse_document(data, f"photo.{suffix}")


# --- titles


def test_the_seed_article_gets_its_headline() -> None:
    (path,) = SEEDS.glob("*.txt")
    assert read_document(path, SEEDS).title == (
        "US assesses Israel has amassed enough troops to launch full-scale incursion into Rafah, "
        "officials say"
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("A Headline\n\nAnd the text.", "A Headline"),
        ("\n\n  A Headline  \nAnd the text.", "A Headline"),
        ("A first sentence.\n\nAnd the text.", "my old file"),
        ("Dear reader,\n\nHere is the text.", "my old file"),
        ("Only one line", "my old file"),
        ("x" * 121 + "\n\nAnd the text.", "my old file"),
        ("The first line of a paragraph that has been wrapped by\nhand at a width.", "my old file"),
    ],
)
def test_title_of_a_text_without_one_of_its_own(text: str, title: str) -> None:
    assert title_of(text, "sub/my_old-file.txt") == title


# --- Markdown

MARKDOWN = """\
---
title: "The Front"
tags: [a, b]
---
# Heading *one*

A paragraph with **bold**, `code`, a [link](http://example.org "t") and
a soft break &amp; an <b>inline</b> tag.

- first item
- second item

  with a second paragraph
  1. nested

| Name | Age |
|------|-----|
| Bob  | 12  |
| Ann  |     |

```python
def f():

    return 1
```

> A quotation.

<div align="center"><p>Inside <i>HTML</i></p></div>

<!-- a comment -->

![a picture](x.png)
***
"""


def test_markdown_becomes_plain_blocks() -> None:
    assert text_of(MARKDOWN, "a.md").split("\n\n") == [
        "Heading one",
        "A paragraph with bold, code, a link and a soft break & an inline tag.",
        "first item",
        "second item",
        "with a second paragraph",
        "nested",
        f"Name: Bob; Age: 12.{ROW_END}",
        f"Name: Ann.{ROW_END}",
        "def f():",
        "    return 1",
        "A quotation.",
        "Inside HTML",
        "a picture",
    ]


def test_markdown_titles() -> None:
    assert title_of(MARKDOWN, "a.md") == "The Front"
    assert title_of("Some words.\n\n# A *main* heading\n\nText.", "a.md") == "A main heading"
    assert title_of("Only words.\n\nAnd more.", "read-me.markdown") == "read me"


def test_a_rule_at_the_start_is_not_front_matter() -> None:
    assert text_of("---\nText one.\n\n---\nText two.", "a.md") == "Text one.\n\nText two."


# --- HTML

PAGE = """\
<!DOCTYPE html><html><head><title>Harbour Café | Opening</title>
<style>p { color: red }</style><script>var secret = 1;</script></head><body>
<nav><a href="/">Home</a> <a href="/x">About</a></nav>
<article><h1>Harbour Café</h1>
<p>The café   opened in <b>19</b>98,
in the old <a href="/h">harbour</a>. It is run by Maria Lopez &amp; her sister.</p>
<ul><li>Forty seats</li><li>Breakfast until noon</li></ul>
<table><tr><th>Dish</th><th>Price</th></tr><tr><td>Soup</td><td>4 EUR</td></tr></table>
<p hidden>Hidden words.</p><div style="display: none">More hidden words.</div>
<p>On Sundays a jazz band plays from eight, and the kitchen serves mussels until eleven.</p>
</article><footer>All rights reserved.</footer></body></html>"""


def test_html_main_text_without_what_surrounds_it() -> None:
    assert text_of(PAGE, "a.html").split("\n\n") == [
        "Harbour Café",
        "The café opened in 1998, in the old harbour. It is run by Maria Lopez & her sister.",
        "Forty seats",
        "Breakfast until noon",
        f"Dish: Soup; Price: 4 EUR.{ROW_END}",
        "On Sundays a jazz band plays from eight, and the kitchen serves mussels until eleven.",
    ]


def test_html_titles() -> None:
    assert title_of(PAGE, "a.html") == "Harbour Café | Opening"
    social = PAGE.replace("<title>", '<meta property="og:title" content="The Café"><title>')
    assert title_of(social, "a.html") == "The Café"
    assert title_of("<h1>A\n <i>heading</i></h1><p>Text.</p>", "a.html") == "A heading"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<h1>Hours</h1><p>We open at 9.</p><ul><li>Not on Sunday.</li></ul>",
            "Hours\n\nWe open at 9.\n\nNot on Sunday.",
        ),
        (
            "<p>One<br>two<br><br>three <i>it</i>alic</p>four<p>five",
            "One\ntwo\n\nthree italic\n\nfour\n\nfive",
        ),
        ("<dl><dt>Mass</dt><dd>How much.</dd></dl>", "Mass\n\nHow much."),
        ("<p>a</p><script>b</script><template><p>c</p></template><p>d</p>", "a\n\nd"),
        ("just words", "just words"),
        ("<pre>a\n  b</pre><p>c\n  d</p>", "a\n  b\n\nc d"),
        ("<?xml version='1.0' encoding='utf-8'?><html><body><p>é</p></body></html>", "é"),
    ],
)
def test_short_pages_give_all_their_visible_text(page: str, text: str) -> None:
    assert text_of(page, "a.htm") == text


DISHES = [f"Dish number {n} is cooked every morning from what the market has." for n in range(16)]
RESTAURANT = f"""\
<html><body><nav><p>Choose one of our restaurants from the list.</p></nav>
<h1>Menu<a href="#menu">¶</a></h1>
<div class="menu-items">{"".join(f"<p>{dish}</p>" for dish in DISHES[:8])}</div>
{"".join(f"<p>{dish}</p>" for dish in DISHES[8:])}
<footer><p>Created by a program on a Tuesday.</p></footer></body></html>"""


def test_what_trafilatura_takes_for_navigation_is_not_lost() -> None:
    assert text_of(RESTAURANT, "a.html").split("\n\n") == ["Menu", *DISHES]


# --- PDF


def pdf_of(
    pages: Sequence[Sequence[tuple[float, str]]], title: str = "", **options: object
) -> bytes:
    """A PDF in 12 point Helvetica: each page a sequence of (height above its foot, line)."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792), **options)
    if title:
        canvas.setTitle(title)
    for page in pages:
        canvas.setFont("Helvetica", 12)
        for y, line in page:
            canvas.drawString(72, y, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


THREE_PAGES = [
    [
        (720, "The harbour of the town was built in 1780 and is still in use to-"),
        (706, "day. Its quay is four hundred metres long, and the light-"),
        (692, "house stands at its end."),
        (664, "A second paragraph starts here, after a gap, and its last sentence"),
        (650, "goes on over the end of the first page and only then, with no stop"),
    ],
    [
        (720, "before it, comes to its end on the second. Then one that is short."),
        (706, "This one has no stop at the end of the page because the Lord"),
    ],
    [(720, "Mayor of the town finishes it here."), (692, "Last paragraph.")],
]


def test_pdf_lines_flow_and_pages_are_exact() -> None:
    document = parse_document(pdf_of(THREE_PAGES), "harbour.pdf")
    first = (
        "The harbour of the town was built in 1780 and is still in use today. Its quay is four "
        "hundred metres long, and the lighthouse stands at its end.\n\n"
        "A second paragraph starts here, after a gap, and its last sentence goes on over the end "
        "of the first page and only then, with no stop "
    )
    second = (
        "before it, comes to its end on the second. Then one that is short. "
        "This one has no stop at the end of the page because the Lord "
    )
    third = "Mayor of the town finishes it here.\n\nLast paragraph."
    assert document.text == first + second + third
    assert document.pages == (0, len(first), len(first) + len(second))
    assert document.page(document.text.index("no stop before")) == 1
    assert document.page(document.text.index("before it")) == 2
    assert document.page(document.text.index("Mayor")) == 3


def test_a_page_without_text_starts_where_the_next_does() -> None:
    document = parse_document(pdf_of([[], [(720, "One.")], [], [(720, "Two.")], []]), "a.pdf")
    assert document.text == "One.\n\nTwo."
    assert document.pages == (0, 0, 6, 6, 10)
    assert [document.page(at) for at in (0, 3, 6, 9)] == [2, 2, 4, 4]


def test_running_heads_and_page_numbers_do_not_tear_a_sentence() -> None:
    pages = [
        [(760, "Annual Report"), (700, "Every page here says that the"), (30, f"- {n} -")]
        for n in (7, 8, 9)
    ]
    assert text_of(pdf_of(pages), "a.pdf") == "Every page here says that the " * 2 + (
        "Every page here says that the"
    )


def test_pdf_titles() -> None:
    body = [[(720, "A Heading"), (690, "A sentence of the text.")]]
    assert title_of(pdf_of(body, title="The Harbour"), "a.pdf") == "The Harbour"
    assert title_of(pdf_of(body, title="Microsoft Word - x1.doc"), "a.pdf") == "A Heading"
    assert title_of(pdf_of(body), "a.pdf") == "A Heading"
    assert title_of(pdf_of([[(720, "One sentence.")]]), "the_file.pdf") == "the file"


def lines_of(*texts: str, page: int = 0) -> list[Line]:
    """Full-width lines of 10 point, 12 points apart."""
    return [Line(text, page, 72, 540, 700 - 12 * n, 10) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["an infor-", "mation"], "an information"),
        (["a well-", "known fact, well-known"], "a well-known fact, well-known"),
        (["the Anglo-", "Saxon"], "the Anglo-Saxon"),
        (["from 1998-", "2001"], "from 1998-2001"),
        (["he said -", "and left"], "he said - and left"),
        (
            ["Contents . . . . . 1", "Index . . . . . 9"],
            "Contents . . . . . 1\n\nIndex . . . . . 9",
        ),
        (
            ["We need:", "• bread", "• milk and", "butter"],
            "We need:\n\n• bread\n\n• milk and butter",
        ),
    ],
)
def test_joints_of_lines(lines: list[str], text: str) -> None:
    assert flow(lines_of(*lines), 1)[:2] == (text, (0,))


def test_a_word_hyphenated_over_the_page_break_is_joined() -> None:
    lines = [*lines_of("an infor-"), *lines_of("mation.", page=1)]
    assert flow(lines, 2)[:2] == ("an information.", (0, 8))


def test_a_line_that_had_room_for_the_next_word_ends_a_paragraph() -> None:
    full, short = Line("All of the width.", 0, 72, 540, 700, 10), Line("Room.", 0, 72, 120, 688, 10)
    after = Line("Next one, as wide as the first.", 0, 72, 540, 676, 10)
    assert flow([full, short, after], 1)[0] == (
        "All of the width. Room.\n\nNext one, as wide as the first."
    )


def test_a_sentence_runs_on_into_the_next_column() -> None:
    left = [Line("The left column ends", 0, 72, 290, 700 - 12 * n, 10) for n in range(3)]
    right = Line("in the right one.", 0, 320, 540, 700, 10)
    assert flow([*left, right], 1)[0] == "The left column ends " * 3 + "in the right one."


def test_larger_type_is_a_heading() -> None:
    heading, body = Line("A Heading", 0, 72, 540, 700, 16), Line("Text.", 0, 72, 540, 682, 10)
    assert flow([heading, body], 1)[0] == "A Heading\n\nText."


def test_margin_lines_stay_unless_three_pages_share_them() -> None:
    lines = [Line("Draft", page, 72, 100, 770, 10) for page in range(2)]
    assert without_furniture(lines, [792, 792]) == lines
    assert without_furniture([*lines, Line("Draft", 2, 72, 100, 770, 10)], [792] * 3) == []


# --- Word


def docx_of(document: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def harbour_docx() -> docx.document.Document:
    document = docx.Document()
    document.add_heading("The Harbour", 0)
    document.add_paragraph("It was built in ").add_run("1780").bold = True
    document.add_paragraph("")
    table = document.add_table(2, 2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells],
        ["Quay", "400 m", "Depth", "9\nm"],
        strict=True,
    ):
        cell.text = text
    document.add_paragraph("After the table.")
    return document


def test_docx_paragraphs_and_tables_in_order() -> None:
    document = harbour_docx()
    assert text_of(docx_of(document), "a.docx") == (
        f"The Harbour\n\nIt was built in 1780\n\nQuay; 400 m.{ROW_END}\n\nDepth; 9 m.{ROW_END}"
        "\n\nAfter the table."
    )
    assert title_of(docx_of(document), "a.docx") == "The Harbour"
    document.core_properties.title = "Core Title"
    assert title_of(docx_of(document), "a.docx") == "Core Title"


def test_docx_table_inside_a_table_is_read_once() -> None:
    document = docx.Document()
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].text = "outer"
    inner = cells[1].add_table(1, 2).rows[0].cells
    inner[0].text, inner[1].text = "in", "ner"
    assert text_of(docx_of(document), "a.docx") == f"outer; in; ner.{ROW_END}"


def test_docx_reads_as_if_all_changes_were_accepted() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The toll is ")
    for xml in (
        "<w:del %s><w:r><w:delText>two</w:delText></w:r></w:del>",
        "<w:ins %s><w:r><w:t>three</w:t></w:r></w:ins>",
        "<w:moveFrom %s><w:r><w:t> gone</w:t></w:r></w:moveFrom>",
        "<w:hyperlink %s><w:r><w:t xml:space='preserve'> euros</w:t></w:r></w:hyperlink>",
        "<w:r %s><w:tab/><w:t>each</w:t><w:br/><w:t>way.</w:t></w:r>",
    ):
        paragraph._p.append(parse_xml(xml % nsdecls("w")))
    inner = "<w:p><w:r><w:t>In a control.</w:t></w:r></w:p>"
    control = f"<w:sdt %s><w:sdtContent>{inner}</w:sdtContent></w:sdt>"
    document.element.body.insert(1, parse_xml(control % nsdecls("w")))
    assert text_of(docx_of(document), "a.docx") == (
        "The toll is three euros\teach\nway.\n\nIn a control."
    )


# --- what cannot be read


def zip_of(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (b"", "a.txt", "a.txt: no text in it; fill it or remove it"),
        (b" \n\0\t\n", "a.txt", "a.txt: no text in it; fill it or remove it"),
        (b"<p> </p>", "a.html", "a.html: no text in it; fill it or remove it"),
        (b"", "a.html", "a.html: no text in it; fill it or remove it"),
        (b"---\ntitle: x\n---\n", "a.md", "a.md: no text in it; fill it or remove it"),
        (pdf_of([[]]), "b/a.pdf", "b/a.pdf: no text in it; if it is a scan, run OCR first"),
        (
            pdf_of([[(720, "Secret.")]], encrypt=StandardEncryption("word")),
            "a.pdf",
            "a.pdf: encrypted PDF; save a copy without the password",
        ),
        (
            b"%PDF-1.7\nrubbish",
            "a.pdf",
            "a.pdf: broken PDF (Failed to load document (PDFium: Data format error).); "
            "open it in a PDF viewer and save it again, or remove it",
        ),
        (
            b"no zip",
            "a.docx",
            "a.docx: not a .docx (not a zip archive); open it in Word and save it again",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
            "a.docx",
            "a.docx: not a .docx but an old .doc or a password-protected file; "
            "save it as .docx without a password",
        ),
        (
            b"x",
            "a.xls",
            "a.xls: cannot read .xls; "
            "convert it to one of .csv, .docx, .eml, .epub, .htm, .html, .jsonl, .markdown, .mbox, "
            ".md, .ndjson, .odp, .ods, .odt, .pdf, .pptx, .rtf, .text, .tsv, .txt, .xlsx",
        ),
        (
            b"x",
            "Makefile",
            "Makefile: cannot read a file without suffix; "
            "convert it to one of .csv, .docx, .eml, .epub, .htm, .html, .jsonl, .markdown, .mbox, "
            ".md, .ndjson, .odp, .ods, .odt, .pdf, .pptx, .rtf, .text, .tsv, .txt, .xlsx",
        ),
        (b"x", "caf\udce9.txt", "caf?.txt: the name is not valid Unicode; rename the file"),
    ],
)
def test_what_is_wrong_and_what_to_do(data: bytes, path: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(data, path)
    assert str(caught.value) == message


@pytest.mark.parametrize("data", [zip_of("a.txt", b"x"), b"PK\x03\x04rest is missing"])
def test_a_zip_that_is_no_word_document_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^a\.docx: broken \.docx \(.+\); open it in Word"):
        parse_document(data, "a.docx")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(tmp_path / "sub" / "a.txt", tmp_path)
    assert str(caught.value) == (
        "sub/a.txt: cannot be read (No such file or directory); check its permissions"
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    file, folder = tmp_path / "a.txt", tmp_path / "sub"
    file.write_text("Text.")
    folder.mkdir()
    file.chmod(0)
    with pytest.raises(DocumentError, match=r"^a\.txt: cannot be read \(Permission denied\)"):
        read_document(file, tmp_path)
    folder.chmod(0)
    try:
        assert list(find_files(tmp_path).unlisted) == ["sub"]
        with pytest.raises(DocumentError, match=r"sub: cannot be listed \(Permission denied\)"):
            find_files(folder)
        folder.chmod(0o700)
        (folder / "b.txt").write_text("Text.")
        folder.chmod(0o400)  # its files have names, but no more
        assert find_documents(tmp_path) == [file, folder / "b.txt"]
        with pytest.raises(DocumentError, match=r"^sub/b\.txt: cannot be read \(Permission denied"):
            read_document(folder / "b.txt", tmp_path)
    finally:
        folder.chmod(0o700)


RUBBISH = st.binary(max_size=300) | st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(
        [b"PK\x03\x04", b"%PDF-1.4\n", b"<html><table><tr>", b"---\na: b\n---\n", b"\xff\xfe"]
    ),
    st.binary(max_size=200),
)
REAL = [
    ("a.pdf", pdf_of(THREE_PAGES)),
    ("a.docx", docx_of(harbour_docx())),
    ("a.html", PAGE.encode()),
    ("a.md", MARKDOWN.encode()),
]


def is_document_or_refused(data: bytes, path: str) -> None:
    document, message = None, f"{path}: "
    try:
        document = parse_document(data, path)
    except DocumentError as error:
        message = str(error)
    assert message.startswith(f"{path}: ")
    if document is not None:
        assert document.text == normalise(document.text)
        assert document.text.strip()
        assert list(document.pages) == sorted(document.pages)
        assert all(0 <= start <= len(document.text) for start in document.pages)


@settings(deadline=None, max_examples=150)
@given(RUBBISH, st.sampled_from(sorted(SUFFIXES)))
def test_rubbish_is_a_document_or_refused(data: bytes, suffix: str) -> None:
    is_document_or_refused(data, "a" + suffix)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(REAL), st.data())
def test_damaged_files_are_a_document_or_refused(
    real: tuple[str, bytes], choice: st.DataObject
) -> None:
    path, data = real
    start = choice.draw(st.integers(0, len(data)))
    end = choice.draw(st.integers(start, min(len(data), start + 200)))
    is_document_or_refused(data[:start] + choice.draw(st.binary(max_size=20)) + data[end:], path)


# --- folders


def test_documents_are_found_sorted_and_without_what_is_hidden(tmp_path: Path) -> None:
    for name in (
        *("b.txt", "A.MD", "sub/c.Html", "sub.txt", "z/y/x.docx"),
        *("no.xls", "none", ".hidden.txt", ".pincite/d.txt", "sub/.git/e.md", ".txt"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.txt").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in find_documents(tmp_path)]
    assert found == ["A.MD", "b.txt", "sub.txt", "sub/c.Html", "z/y/x.docx"]


def test_files_of_kinds_that_are_not_read_are_counted(tmp_path: Path) -> None:
    for name in (
        *("a.txt", "b.json", "sub/c.JSON", "d.jpg", "e.tar.gz", "LICENCE", "Mr. A. N. Other"),
        *(".hidden.json", ".pincite/index.sqlite"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = find_files(tmp_path)
    assert found.documents == [tmp_path / "a.txt"]
    assert list(found.unread.items()) == [
        *(("", 2), (".json", 2)),
        *((".jpg", 1), (".tar.gz", 1)),
    ]


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "secret.txt").write_text("x")
    (folder / "NOTES").write_text("x")
    (folder / "out.txt").symlink_to(outside / "secret.txt")
    (folder / "out").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "broken.txt").symlink_to(folder / "nothing")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "notes.txt").symlink_to(folder / "NOTES")
    assert find_documents(folder) == [folder / "notes.txt"]
    (tmp_path / "link").symlink_to(folder)
    assert find_documents(tmp_path / "link") == [tmp_path / "link" / "notes.txt"]


def test_a_file_that_becomes_a_link_out_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "sub" / "a.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.txt").write_text("secret")
    (folder / "way").symlink_to(tmp_path / "outside")
    for relative in ("sub/a.txt", "way/a.txt"):
        with pytest.raises(DocumentError, match=rf"^{relative}: a link out of the folder, not fo"):
            read_bytes(folder / relative, relative)
    (folder / "inside.txt").write_text("x")
    (folder / "sub" / "in.txt").symlink_to(folder / "inside.txt")
    assert read_bytes(folder / "sub" / "in.txt", "sub/in.txt") == b"x"
    (tmp_path / "link").symlink_to(folder)
    assert read_bytes(tmp_path / "link" / "inside.txt", "inside.txt") == b"x"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_neither_found_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert find_documents(tmp_path) == []
    with pytest.raises(DocumentError, match=r"^pipe\.txt: a pipe or device, expected a plain"):
        read_bytes(tmp_path / "pipe.txt", "pipe.txt")


def test_an_empty_folder_holds_no_documents(tmp_path: Path) -> None:
    assert find_documents(tmp_path) == []


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("x")
    with pytest.raises(DocumentError, match=rf"^{re.escape(str(file))}: a file, not a folder"):
        find_documents(file)
    missing = tmp_path / "missing"
    with pytest.raises(DocumentError, match=rf"^{re.escape(str(missing))}: no such folder"):
        find_documents(missing)


def test_the_import_loads_no_parser() -> None:
    code = "import sys, embeddings.documents; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"lxml", "docx", "trafilatura", "pypdfium2", "charset_normalizer", "markdown_it"}
    heavy |= {"openpyxl", "pptx", "striprtf", "defusedxml"}
    assert not heavy & set(done.stdout.split())

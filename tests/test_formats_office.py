"""Slides, OpenDocument text and books, and the limits of the archives that they are."""

import struct
from itertools import pairwise

import pytest

from embeddings.documents import parse_document
from embeddings.errors import DocumentError
from embeddings.readers.archive import MAX_MEMBERS, MAX_UNPACKED_BYTES, MAX_XML_BYTES
from embeddings.sentences import ROW_END
from tests.formats import (
    BOOK,
    ODF,
    PACKAGE,
    chapter,
    harbour_deck,
    odf_of,
    pptx_of,
    sentences_of,
    text_of,
    zip_of,
)

# --- PowerPoint


def test_slides_are_pages_with_the_title_first_and_the_notes_last() -> None:
    document = parse_document(pptx_of(harbour_deck()), "talk.pptx")
    first = "The Harbour\n\nIt was built in 1780. It is in use.\n\nThe quay is long."
    rows = f"Quay; 400 m.{ROW_END}\n\nDepth; 9 m.{ROW_END}"
    last = f"Figures\n\n{rows}\n\nSay that the lighthouse was added in 1812."
    assert document.text == f"{first}\n\n{last}"
    assert document.title == "Harbour Talk"
    start = len(first) + 2
    assert document.pages == (0, start, start)
    assert document.page(document.text.index("It is in use")) == 1
    assert document.page(document.text.index("lighthouse")) == 3


def test_a_deck_without_a_title_of_its_own_has_that_of_its_first_slide() -> None:
    deck = harbour_deck()
    deck.core_properties.title = "PowerPoint Presentation"
    assert parse_document(pptx_of(deck), "a.pptx").title == "The Harbour"


# --- OpenDocument

ODT_BODY = """\
<text:sequence-decls/><text:tracked-changes><text:p>Deleted words.</text:p></text:tracked-changes>
<text:h>The Harbour</text:h>
<text:table-of-content><text:p>Contents 1</text:p></text:table-of-content>
<text:p>It was built in <text:span>17<text:span>80</text:span></text:span><text:s
text:c="999999999"/>by
hand.<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note> It
is<!-- c -->
in use.<text:line-break/>Still.</text:p>
<text:list><text:list-item><text:p>First item</text:p></text:list-item></text:list>
<text:p/>
<table:table><table:table-row><table:table-cell><text:p>Quay</text:p></table:table-cell>
<table:table-cell><text:p>400</text:p><text:p>m</text:p></table:table-cell>
</table:table-row></table:table>
<text:p>Before the box.<draw:frame><draw:text-box><text:p>In the box.</text:p></draw:text-box>
</draw:frame></text:p>
"""


def test_opendocument_text_in_its_order() -> None:
    document = parse_document(odf_of("text", ODT_BODY, "Core Title"), "a.odt")
    assert document.text.split("\n\n") == [
        "The Harbour",
        "It was built in 1780 by hand. It is in use.\nStill.",
        "First item",
        f"Quay; 400 m.{ROW_END}",
        "Before the box.",
        "In the box.",
    ]
    assert document.title == "Core Title"
    assert parse_document(odf_of("text", ODT_BODY), "a.odt").title == "The Harbour"


def test_opendocument_slides_are_pages() -> None:
    frame = "<draw:frame %s><draw:text-box><text:p>%s</text:p></draw:text-box></draw:frame>"
    title = frame % ('presentation:class="title"', "The Quay")
    notes = f"<presentation:notes>{frame % ('', 'Speak up.')}</presentation:notes>"
    pages = (
        f"<draw:page>{notes}{frame % ('', 'It is long.')}{title}</draw:page>"
        f"<draw:page/><draw:page>{frame % ('', 'The end.')}</draw:page>"
    )
    document = parse_document(odf_of("presentation", pages), "a.odp")
    assert document.text == "The Quay\n\nIt is long.\n\nSpeak up.\n\nThe end."
    assert document.pages == (0, 34, 34)
    assert document.text[34:] == "The end."


# --- EPUB


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    document = parse_document(zip_of(BOOK), "book.epub")
    assert document.text == "One\n\nGrace kept\u00a0it. It was dark.\n\nTwo\n\nShe left in 1813."
    assert document.title == "The Keeper"
    assert document.pages == ()
    assert sentences_of(zip_of(BOOK), "book.epub") == [
        *("One", "Grace kept\u00a0it.", "It was dark.", "Two", "She left in 1813."),
    ]


@pytest.mark.parametrize("href", ["../../../etc/passwd", "/etc/passwd", "http://x.org/a.xhtml"])
def test_a_book_that_refers_outside_itself_is_refused(href: str) -> None:
    package = PACKAGE.replace("text/../text/one.xhtml", href)
    with pytest.raises(DocumentError, match=r"^b\.epub: broken \.epub \(.*no item named"):
        parse_document(zip_of({**BOOK, "OEBPS/book.opf": package}), "b.epub")


# --- hostile archives

ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "expanded">]>'


def test_entities_are_not_resolved() -> None:
    content = (
        f"{ENTITY}<office:document-content {ODF}><office:body><office:text>"
        "<text:p>Left &a;&b; right.</text:p></office:text></office:body></office:document-content>"
    )
    assert text_of(zip_of({"content.xml": content}), "a.odt") == "Left right."
    book = {**BOOK, "OEBPS/text/one.xhtml": ENTITY + chapter("<p>Left &a;&b; right.</p>")}
    text = text_of(zip_of(book), "a.epub")
    assert "root:" not in text
    assert "expanded" not in text


def test_many_entities_of_entities_are_refused() -> None:
    chain = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
    content = (
        f'<!DOCTYPE x [<!ENTITY a "{"ha" * 10}">{chain}]>'
        f"<office:document-content {ODF}><office:body><office:text>"
        "<text:p>Word &j;</text:p></office:text></office:body></office:document-content>"
    )
    with pytest.raises(DocumentError, match=r"^a\.odt: broken .* \(Maximum entity amplification"):
        parse_document(zip_of({"content.xml": content}), "a.odt")


def test_deep_nesting_is_refused() -> None:
    deep = "<text:span>" * 5000 + "x" + "</text:span>" * 5000
    with pytest.raises(DocumentError, match=r"^a\.odt: broken OpenDocument file \(Excessive depth"):
        text_of(odf_of("text", f"<text:p>{deep}</text:p>"), "a.odt")


@pytest.mark.parametrize("suffix", ["docx", "odt", "ods", "pptx", "xlsx", "epub"])
def test_archives_that_unpack_to_too_much_are_refused_before_unpacking(suffix: str) -> None:
    with pytest.raises(DocumentError, match=r"'a\.xml' in it unpacks to 64 MiB, expected at most"):
        parse_document(declaring(MAX_XML_BYTES + 1, "a.xml"), f"a.{suffix}")
    quarter = MAX_UNPACKED_BYTES // 4
    pictures = declaring(quarter, *(f"{n}.png" for n in range(5)))
    with pytest.raises(DocumentError, match=r": unpacks to 320 MiB, expected at most 256; split i"):
        parse_document(pictures, f"a.{suffix}")


def declaring(size: int, *names: str) -> bytes:
    """An archive whose directory says that each member unpacks to `size` bytes."""
    data = bytearray(zip_of(dict.fromkeys(names, b"x")))
    at = 0
    while (at := data.find(b"PK\x01\x02", at + 1)) > 0:
        data[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(data)


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    data = zip_of({"content.xml": b"<a>" + b" " * 100_000 + b"</a>"})
    true, lie = struct.pack("<I", 100_007), struct.pack("<I", 10)
    assert data.count(true) == 2
    with pytest.raises(DocumentError, match=r"^a\.odt: broken OpenDocument file \(.*CRC"):
        parse_document(data.replace(true, lie), "a.odt")


def test_an_archive_of_very_many_files_is_refused() -> None:
    many = zip_of({str(n): b"" for n in range(MAX_MEMBERS + 1)})
    with pytest.raises(DocumentError, match=r"^a\.epub: 10,001 files inside, expected at most 10,"):
        parse_document(many, "a.epub")


def test_an_encrypted_archive_is_named() -> None:
    data = bytearray(zip_of({"content.xml": b"<a/>"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DocumentError, match=r"^a\.odt: password-protected OpenDocument file; save"):
        parse_document(bytes(data), "a.odt")
    manifest = "<manifest><encryption-data/></manifest>"
    data = bytearray(zip_of({"META-INF/manifest.xml": manifest, "content.xml": b"\0\1"}))
    with pytest.raises(DocumentError, match=r"^a\.odt: password-protected; save a copy without"):
        parse_document(bytes(data), "a.odt")


@pytest.mark.parametrize("suffix", ["odt", "ods", "odp", "pptx", "epub"])
@pytest.mark.parametrize("data", [b"", b"no zip", b"\xd0\xcf\x11\xe0", zip_of({"a.txt": "x"})])
def test_what_is_none_of_these_formats_is_refused(suffix: str, data: bytes) -> None:
    with pytest.raises(
        DocumentError, match=rf"^a\.{suffix}: (not a \.?\w+|broken) .*; .*(save it)"
    ):
        parse_document(data, f"a.{suffix}")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (pptx_of(harbour_deck()), "a.pptx"),
        (odf_of("text", ODT_BODY), "a.odt"),
        (zip_of(BOOK), "a.epub"),
    ],
)
def test_truncated_archives_are_refused(data: bytes, path: str) -> None:
    with pytest.raises(DocumentError, match=r"broken .* \(File is not a zip file\)"):
        parse_document(data[: len(data) // 2], path)

"""Rich text, JSON Lines and compressed files."""

import gzip
import json
from pathlib import Path

import pytest

from embeddings.documents import SUFFIXES, find_documents, parse_document
from embeddings.errors import DocumentError
from embeddings.readers.gzip import MAX_UNPACKED_BYTES
from tests.formats import RTF, sentences_of, text_of, xlsx_of

# --- RTF


def test_rich_text() -> None:
    document = parse_document(RTF, "a.rtf")
    assert document.text.split("\n\n") == [
        "The café opened in 1998. It is run by Maria’s sister.",
        "See the page for more.",
        "Quay | 400 m",
        "Москва",
    ]
    assert document.title == "The Harbour Report"


def test_a_picture_in_rich_text_is_left_out() -> None:
    data = rb"{\rtf1 Before.{\pict\wmetafile8\bin5 }}{}}After.\par}"
    assert text_of(data, "a.rtf") == "Before.After."


def test_a_huge_table_of_fonts_is_refused() -> None:
    data = rb"{\rtf1{\fonttbl" + rb"\f1" * 20_000 + rb"}Text.}"
    with pytest.raises(DocumentError, match=r"^a\.rtf: its table of fonts is beyond 32,768 charac"):
        parse_document(data, "a.rtf")


def test_links_without_end_cost_no_time() -> None:
    data = rb"{\rtf1 Text." + rb"{\field{\*\fldinst{HYPERLINK " * 20_000
    assert text_of(data, "a.rtf") == "Text."


@pytest.mark.parametrize("data", [b"", b"Words.", b"PK\x03\x04"])
def test_what_is_no_rich_text_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^a\.rtf: not an \.rtf \(it does not begin with"):
        parse_document(data, "a.rtf")


# --- JSON Lines


def lines(*records: object) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def test_records_with_their_titles() -> None:
    data = lines(
        {"id": 1, "title": "The\nCafé", "text": "It opened in 1998. It is small."},
        {"body": "A body.", "content": "Not this."},
        {"title": None, "text": None, "content": "Line one\nline two"},
        {"text": " "},
    )
    document = parse_document(data + b"\n\n", "news_items.jsonl")
    assert document.text == (
        "The Café\n\nIt opened in 1998. It is small.\n\nA body.\n\nLine one\nline two"
    )
    assert sentences_of(data, "a.ndjson")[:3] == [
        *("The Café", "It opened in 1998.", "It is small."),
    ]
    assert parse_document(lines({"title": "Alone", "text": "X."}), "a.jsonl").title == "Alone"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"text": "a"}\n{"text": ', "broken JSON in line 2 (Expecting value: line 1 column 10"),
        (
            b"[1]",
            "line 1: expected an object with a string in text, body, content, found no object",
        ),
        (b'\n{"a": 1, "text": 2}', "line 2: expected an object with a string in text, body, conte"),
        (b"[" * 100_000, "broken JSON in line 1 (maximum recursion depth exceeded"),
        (b"", "no text in it; fill it or remove it"),
    ],
)
def test_what_is_not_json_lines_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(data, "a.jsonl")
    assert str(caught.value).startswith(f"a.jsonl: {message}")


# --- gzip


def test_a_compressed_file_is_read_as_what_is_in_it() -> None:
    packed = gzip.compress("Name,Born\nÅda,1815".encode())
    document = parse_document(packed, "lists/my_people.csv.gz")
    assert document.text == parse_document("Name,Born\nÅda,1815".encode(), "a.csv").text
    assert (document.path, document.title) == ("lists/my_people.csv.gz", "my people")
    assert text_of(gzip.compress(b"One. ") + gzip.compress(b"Two."), "a.TXT.GZ") == "One. Two."
    book = xlsx_of({"Sheet": [["Name", "Born"], ["Ada", 1815]]})
    assert sentences_of(gzip.compress(book), "a.xlsx.gz") == ["Name: Ada; Born: 1815."]


def test_a_compressed_bomb_is_refused() -> None:
    bomb = gzip.compress(bytes(MAX_UNPACKED_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(DocumentError, match=r"^a\.txt\.gz: unpacks to more than 64 MiB; unpack a"):
        parse_document(bomb, "a.txt.gz")


@pytest.mark.parametrize(
    "data",
    [b"plain", gzip.compress(b"text" * 99)[:-9], b"\x1f\x8b\x08\0"],
    ids=["not gzip", "cut short", "its first bytes alone"],  # compressed bytes hold the time
)
def test_a_broken_compressed_file_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^a\.txt\.gz: broken gzip \(.+\); compress the file"):
        parse_document(data, "a.txt.gz")


def test_a_compressed_file_of_no_known_kind_is_refused() -> None:
    for path, kind in (("a.exe.gz", ".exe"), ("a.gz", "a file without suffix")):
        with pytest.raises(DocumentError, match=rf"^{path}: cannot read {kind}; convert it to one"):
            parse_document(gzip.compress(b"x"), path)


def test_compressed_files_are_found(tmp_path: Path) -> None:
    for name in ("a.txt.gz", "b.PDF.Gz", "c.gz", "d.rar", "e.tar.gz", ".txt.gz"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in find_documents(tmp_path)] == ["a.txt.gz", "b.PDF.Gz"]
    assert ".gz" not in SUFFIXES

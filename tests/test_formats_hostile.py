"""Every reader answers whatever it is given with a document or a `DocumentError`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.documents import normalise, parse_document
from embeddings.errors import DocumentError
from tests.formats import odf_of, samples

REAL = samples()
STARTS = [b"", b"PK\x03\x04", b"\x1f\x8b\x08\0", b"{\\rtf1", b"From a 1:00\n", b"Subject: ", b'{"']


def document_or_refused(data: bytes, path: str) -> None:
    document, message = None, f"{path}: ; "
    try:
        document = parse_document(data, path)
    except DocumentError as error:
        message = str(error)
    assert message.startswith(f"{path}: ")
    assert "; " in message
    if document is not None:
        assert document.text == normalise(document.text)
        assert document.text.strip()
        assert list(document.pages) == sorted(document.pages)
        assert all(0 <= start <= len(document.text) for start in document.pages)


@pytest.mark.parametrize("path", REAL)
def test_the_real_files_are_documents(path: str) -> None:
    assert len(parse_document(REAL[path], path).text) >= 6


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(STARTS), st.binary(max_size=300), st.sampled_from(sorted(REAL)))
def test_rubbish(start: bytes, rest: bytes, path: str) -> None:
    document_or_refused(start + rest, path)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(REAL)), st.data())
def test_damaged_files(path: str, choice: st.DataObject) -> None:
    data = REAL[path]
    start = choice.draw(st.integers(0, len(data)))
    end = choice.draw(st.integers(start, min(len(data), start + 100)))
    document_or_refused(data[:start] + choice.draw(st.binary(max_size=20)) + data[end:], path)


MARKUP = st.lists(
    st.sampled_from(["<text:p>", "</text:p>", "<text:s/>", "<table:table>", "</table:table>"])
    | st.sampled_from(["<table:table-row>", "</table:table-row>", "<table:table-cell>", "&x;"])
    | st.text(max_size=5),
    max_size=8,
).map("".join)


@settings(deadline=None, max_examples=40)
@given(MARKUP, st.sampled_from([("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp")]))
def test_odd_markup_in_a_sound_archive(markup: str, kind: tuple[str, str]) -> None:
    document_or_refused(odf_of(kind[0], markup), f"a.{kind[1]}")


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["\\f1", "{", "}", "\\'e9", "\\u-1?", "\\u99999 ", "\\bin9", "x"])))
def test_odd_rich_text(tokens: list[str]) -> None:
    document_or_refused(b"{\\rtf1" + "".join(tokens).encode(), "a.rtf")

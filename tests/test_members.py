import io
import os
import zipfile
from pathlib import Path

import pytest

from embeddings import members
from embeddings.documents import find_documents, find_files, read_document
from embeddings.errors import DocumentError
from embeddings.indexer import index_folder, open_store
from tests.formats import zip_of
from tests.test_indexer import age
from tests.toy import WordEncoder


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def found(docs: Path) -> list[str]:
    return [path.relative_to(docs).as_posix() for path in find_documents(docs)]


def refused(docs: Path) -> str:
    """Why the archive in the folder is read as a whole, which cannot be."""
    (path,) = find_documents(docs)
    assert path.suffix == ".zip"
    with pytest.raises(DocumentError) as error:
        read_document(path, docs)
    return str(error.value)


def test_each_member_that_can_be_read_is_a_document(docs: Path) -> None:
    inside: dict[str, str | bytes] = {
        "b/cats.txt": "Cats sleep.",
        "dogs.md": "# Dogs\n\nDogs bark.",
        "picture.png": b"\x89PNG",
        "inner.zip": zip_of({"deep.txt": "x"}),
        ".hidden.txt": "x",
        "__MACOSX/dogs.md": "x",
    }
    (docs / "sub").mkdir()
    (docs / "sub" / "A.ZIP").write_bytes(zip_of(inside))
    (docs / "folder.zip").mkdir()
    (docs / "folder.zip" / "plain.txt").write_text("Plain.")
    assert found(docs) == ["folder.zip/plain.txt", "sub/A.ZIP/b/cats.txt", "sub/A.ZIP/dogs.md"]
    assert find_files(docs).unread == {".png": 1, ".zip": 1}
    dogs = read_document(docs / "sub" / "A.ZIP" / "dogs.md", docs)
    assert (dogs.path, dogs.title, dogs.text) == ("sub/A.ZIP/dogs.md", "Dogs", "Dogs\n\nDogs bark.")
    assert read_document(docs / "folder.zip" / "plain.txt", docs).text == "Plain."


def test_an_archive_with_nothing_to_read_is_as_good_as_none(docs: Path) -> None:
    (docs / "a.zip").write_bytes(zip_of({"picture.png": b"\x89PNG"}))
    assert found(docs) == []


@pytest.mark.parametrize(
    "name",
    [
        "../a.txt",
        "b/../../a.txt",
        "/etc/a.txt",
        "..\\a.txt",
        "C:\\a.txt",
        "C:a.txt",
        "a//b.txt",
        "\x1b.txt",
    ],
)
def test_no_path_leads_out_of_an_archive(docs: Path, name: str) -> None:
    (docs / "a.zip").write_bytes(zip_of({"good.txt": "x", name: "x"}))
    assert refused(docs).startswith("a.zip: the path ")


def test_limits_are_kept_and_said(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (docs / "a.zip").write_bytes(zip_of({"bomb.txt": "x" * 2_000_000}))
    assert "'bomb.txt' inside unpacks to " in refused(docs)
    monkeypatch.setattr(members, "MAX_MEMBERS", 1)
    (docs / "a.zip").write_bytes(zip_of({"a.txt": "x", "b.txt": "y"}))
    assert refused(docs).startswith("a.zip: 2 files inside, at most 1 are read; unpack it")
    monkeypatch.undo()
    monkeypatch.setattr(members, "MAX_UNPACKED_BYTES", 1 << 20)
    (docs / "a.zip").write_bytes(zip_of({str(n): os.urandom(1 << 19) for n in range(5)}))
    assert refused(docs).startswith("a.zip: it unpacks to 2 MiB, at most 1 are read; ")
    monkeypatch.setattr(members, "MAX_MEMBER_BYTES", 1 << 18)
    (docs / "a.zip").write_bytes(zip_of({"a.txt": os.urandom(1 << 19)}))
    assert refused(docs).startswith("a.zip: 'a.txt' unpacks to 0 MiB, at most 0 are read; ")


def test_encrypted_odd_and_broken_archives_say_so(docs: Path) -> None:
    data = bytearray(zip_of({"a.txt": "secret"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (docs / "a.zip").write_bytes(data)
    assert refused(docs) == "a.zip: encrypted; unpack it into the folder, or remove it"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", "text " * 100)
    (docs / "a.zip").write_bytes(buffer.getvalue())
    assert refused(docs).startswith("a.zip: 'a.txt' inside is packed in an unusual way; ")
    (docs / "a.zip").write_bytes(b"PK\x03\x04 rubbish")
    assert refused(docs).startswith("a.zip: broken zip archive (File is not a zip file); ")


def test_members_are_indexed_as_files_are(docs: Path, tmp_path: Path) -> None:
    archive, encoder = docs / "a.zip", WordEncoder()
    archive.write_bytes(zip_of({"cats.txt": "Cats sleep.", "dogs.txt": "Dogs bark."}))
    (docs / "bad.zip").write_bytes(b"rubbish")
    age(archive, docs / "bad.zip")
    with open_store(tmp_path / "index", encoder) as store:
        report = index_folder(docs, store, encoder)
        assert report.added == ["a.zip/cats.txt", "a.zip/dogs.txt"]
        assert [skip.path for skip in report.skipped] == ["bad.zip"]
        again = index_folder(docs, store, encoder)
        assert (again.unchanged, again.skipped) == (report.added, report.skipped)
        archive.write_bytes(zip_of({"cats.txt": "Cats sleep.", "fish.txt": "Fish swim."}))
        report = index_folder(docs, store, encoder)
        assert (report.added, report.removed) == (["a.zip/fish.txt"], ["a.zip/dogs.txt"])
        assert (report.unchanged, report.changed) == (["a.zip/cats.txt"], [])

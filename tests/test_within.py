from pathlib import Path

import pytest

from embeddings.errors import DocumentError
from embeddings.indexer import index_folder, open_store
from embeddings.store import Store
from qa.within import Filter, documents_within, literally
from tests.toy import WordEncoder

FILES = {
    "2023/a.txt": "A",
    "2024/b.txt": "B",
    "2024/minutes/c.md": "C",
    "2024 draft.txt": "D",
    "copy/of-b.txt": "B",
    "[x]/e.txt": "E",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Documents of three dates and of none, by the names of their files."""
    docs = tmp_path_factory.mktemp("dated")
    for date in ("2023-12-31", "2024", "2024-05-03"):
        (docs / f"{date}.md").write_text(f"---\ndate: {date}\n---\nWritten then, in {date}.")
    (docs / "undated.md").write_text("Written at some time.")
    encoder = WordEncoder()
    opened = open_store(tmp_path_factory.mktemp("index"), encoder)
    index_folder(docs, opened, encoder)
    return opened


@pytest.mark.parametrize(
    ("patterns", "documents"),
    [
        (["2024/*"], "BC"),
        (["2024"], "BC"),
        (["./2024/"], "BC"),
        (["2024/b.txt"], "B"),
        (["*.md"], "C"),
        (["202?"], "ABC"),
        (["*/minutes"], "C"),
        (["[x]"], "E"),
        (["copy", "2023"], "AB"),
        ([], ""),
    ],
)
def test_a_pattern_takes_in_documents_folders_and_what_is_in_them(
    patterns: list[str], documents: str
) -> None:
    assert documents_within(FILES, patterns) == set(documents)


def test_a_path_taken_literally_takes_in_that_document_alone() -> None:
    files = {"a[1].txt": "A", "a1.txt": "B", "*": "C", "?.txt": "D", "x.txt": "E", "!": "F"}
    for path, document in files.items():
        assert documents_within(files, [literally(path)]) == {document}
    assert documents_within(files, ["a[1].txt"]) == {"A", "B"}
    assert documents_within(files, ["*"]) == {*"ABCDEF"}


def test_a_pattern_that_takes_in_nothing_is_an_error_that_says_what_there_is() -> None:
    expected = (
        r"No document is in '2025/\*'\. There are: 2023/ \(1\), 2024 draft\.txt, 2024/ \(2\), "
    )
    with pytest.raises(DocumentError, match=expected):
        documents_within(FILES, ["2024/*", "2025/*"])
    many = {f"{i:02}.txt": str(i) for i in range(20)}
    with pytest.raises(DocumentError, match=r"06\.txt, 07\.txt and 12 more\.$"):
        documents_within(many, ["none"])


def test_one_string_is_not_taken_for_its_characters() -> None:
    with pytest.raises(ValueError, match=r"expected several, as in \('2024/\*',\)"):
        documents_within(FILES, "2024/*")


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Filter(after="2024-01-01"), {"2024", "2024-05-03"}),
        (Filter(after="2024"), {"2024", "2024-05-03"}),
        (Filter(after="2023-12-31"), {"2023-12-31", "2024", "2024-05-03"}),
        (Filter(after="2024-05-04"), {"2024"}),  # some day of that year is
        (Filter(before="2023"), {"2023-12-31"}),
        (Filter(before="2024-05-02"), {"2023-12-31", "2024"}),
        (Filter(after="2024-05", before="2024-05"), {"2024", "2024-05-03"}),
        (Filter(("2024-*",), after="2000"), {"2024-05-03"}),
        (Filter(("undated.md",)), {"undated"}),
    ],
)
def test_dates_bound_documents_and_leave_out_those_without(
    store: Store, chosen: Filter, names: set[str]
) -> None:
    found = chosen.documents([store])
    assert found is not None
    assert {Path(store.document(document).path).stem for document in found} == names


def test_no_filter_is_all_documents(store: Store) -> None:
    assert Filter().documents([store]) is None


def test_dates_that_leave_nothing_are_an_error_that_says_what_there_is(store: Store) -> None:
    expected = r"No document is dated after 2025\. Of 3 it is known .* 2023-12-31 to 2024-05-03"
    with pytest.raises(DocumentError, match=expected):
        Filter(after="2025").documents([store])
    with pytest.raises(DocumentError, match="None of the documents says when it is from"):
        Filter(("undated.md",), before="2025").documents([store])


@pytest.mark.parametrize("date", ["", "May", "2024-13", "2024-5-3", "24", "2024-05-03T10:00"])
def test_a_bound_that_is_no_date_is_a_mistake(date: str) -> None:
    with pytest.raises(ValueError, match=r"after is .*, expected a date as in 2024-05-03"):
        Filter(after=date)


def test_bounds_in_the_wrong_order_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="exchange"):
        Filter(after="2024", before="2023-12")

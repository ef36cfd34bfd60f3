import pytest

from embeddings.errors import DocumentError
from qa.within import documents_within, literally

FILES = {
    "2023/a.txt": "A",
    "2024/b.txt": "B",
    "2024/minutes/c.md": "C",
    "2024 draft.txt": "D",
    "copy/of-b.txt": "B",
    "[x]/e.txt": "E",
}


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

import dataclasses
import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from embeddings.documents import Box, Document, parse_document
from embeddings.errors import DocumentError
from embeddings.readers.pdf_image import MAX_PIXELS, page_size, render_page
from qa.cite import Citation
from qa.place import link, page_image, text_link, web_link
from tests.pdfs import HEIGHT, WIDTH, by_hand, drawn, text

PAGE = drawn(text(72, 700, ["Only this is marked. This is not."]), text(72, 700, ["Two."]))


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)), np.int32)


def in_folder(folder: Path, data: bytes = PAGE, name: str = "a.pdf") -> Document:
    (folder / name).write_bytes(data)
    return parse_document(data, name)


def test_the_words_and_no_others_are_highlighted() -> None:
    document = parse_document(PAGE, "a.pdf")
    boxes = document.boxes(0, len("Only this is marked."))
    plain, marked = (
        picture(render_page(PAGE, 1, dpi=72)),
        picture(render_page(PAGE, 1, boxes, dpi=72)),
    )
    assert plain.shape == (HEIGHT, WIDTH, 3)
    rows, columns = np.nonzero((plain != marked).any(axis=2))
    (box,) = boxes
    assert box.x0 - 3 <= columns.min() <= box.x0
    assert box.x1 <= columns.max() + 1 <= box.x1 + 3
    assert box.y0 - 1 <= rows.min() <= box.y0
    assert box.y1 <= rows.max() + 1 <= box.y1 + 1
    darkest = plain.min(axis=2) < 60
    assert (marked[darkest].max(axis=1) < 60).all()  # the ink stays dark


def test_boxes_of_another_page_mark_nothing() -> None:
    boxes = parse_document(PAGE, "a.pdf").boxes(0, 20)
    assert render_page(PAGE, 2, boxes) == render_page(PAGE, 2)


def test_a_picture_is_bounded_however_large_the_page_is() -> None:
    huge = by_hand("BT /F1 12 Tf 72 700 Td (A.) Tj ET", {"~": "~"}, "/MediaBox [0 0 14400 14400]")
    assert page_size(huge, 1) == (14400, 14400)
    height, width, _ = picture(render_page(huge, 1)).shape
    assert height * width <= 1.01 * MAX_PIXELS
    assert abs(height - width) <= 1


def test_a_page_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no page 3; the document has the pages 1 to 2"):
        render_page(PAGE, 3)
    with pytest.raises(ValueError, match="no page 0"):
        page_size(PAGE, 0)


def test_the_picture_comes_from_the_file_that_was_indexed(tmp_path: Path) -> None:
    document = in_folder(tmp_path)
    boxes = [Box(1, 72, 80, 200, 95)]
    assert page_image([tmp_path], document, 1, boxes) == render_page(PAGE, 1, boxes)
    (tmp_path / "a.pdf").write_bytes(PAGE + b"\n")
    with pytest.raises(DocumentError, match=r"a\.pdf: changed since it was indexed"):
        page_image([tmp_path], document, 1)
    (tmp_path / "a.pdf").unlink()
    with pytest.raises(DocumentError, match=r"a\.pdf: cannot be read"):
        page_image([tmp_path], document, 1)


def test_the_picture_comes_from_the_folder_that_has_the_file(tmp_path: Path) -> None:
    for name in ("other", "mine"):
        (tmp_path / name).mkdir()
    document = in_folder(tmp_path / "mine")
    (tmp_path / "other" / "a.pdf").write_bytes(PAGE + b"\n")
    folders = [tmp_path / "gone", tmp_path / "other", tmp_path / "mine"]
    assert page_image(folders, document, 1) == render_page(PAGE, 1)


def test_a_packed_file_is_unpacked_for_the_picture(tmp_path: Path) -> None:
    document = in_folder(tmp_path, gzip.compress(PAGE), "a.pdf.gz")
    assert page_image([tmp_path], document, 2) == render_page(PAGE, 2)


def test_nothing_outside_of_the_folder_and_nothing_else_is_shown(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    secret = in_folder(tmp_path)
    outside = Document(secret.id, "../a.pdf", "", "", (0,))
    with pytest.raises(DocumentError, match="outside of"):
        page_image([tmp_path / "docs"], outside, 1)
    with pytest.raises(DocumentError, match=r"a\.txt: not a PDF"):
        page_image([tmp_path], in_folder(tmp_path, b"Text.", "a.txt"), 1)


def cited(path: str, page: int | None) -> Citation:
    return Citation(1, "id", path, "", page, 0, 1, "", 0, 1, "")


def test_a_link_opens_a_pdf_at_its_page() -> None:
    assert link(cited("a b/c#1.pdf", 7)) == "a%20b/c%231.pdf#page=7"
    assert link(cited("talk.pptx", 3)) == "talk.pptx"


def test_a_link_opens_the_web_page_that_the_document_is_from_at_the_words() -> None:
    words = "It was built."
    url = "https://example.org/a"
    saved = dataclasses.replace(cited("a.html", None), source=url, quote=words)
    assert link(saved) == f"{url}#:~:text=It%20was%20built."
    assert link(dataclasses.replace(saved, path="a.pdf", page=7)) == f"{url}#page=7"
    assert web_link(url, "a.html", None) == url
    assert web_link(f"{url}#page=3", "a.pdf", 7, words) == f"{url}#page=3"


@pytest.mark.parametrize(
    "source",
    [
        *(
            None,
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.org/a",
            "/etc/passwd",
        ),
        *("https://", "https://a.example/><script>", "https://a.example/ b", " https://a.example"),
    ],
)
def test_no_other_address_becomes_a_link(source: str | None) -> None:
    assert web_link(source, "a.html", None, "words") is None
    assert link(dataclasses.replace(cited("a.html", None), source=source)) == "a.html"


def test_a_text_fragment_names_the_ends_of_a_long_quotation() -> None:
    url = "https://example.org/a"
    assert text_link(url, "It was built, well-kept & old.") == (
        f"{url}#:~:text=It%20was%20built%2C%20well%2Dkept%20%26%20old."
    )
    words = " ".join(map(str, range(12)))
    assert text_link(f"{url}#b", words) == f"{url}#b:~:text=0%201%202%203%204,7%208%209%2010%2011"

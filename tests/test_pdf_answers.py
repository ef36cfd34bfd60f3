"""From a PDF to the answer and its place, through the real chain."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings.errors import DocumentError
from embeddings.readers.pdf_image import render_page
from qa import Bot
from qa.answer_json import answer_json
from qa.cite import Citation
from qa.ui.pdf_page import NO_PAGE, page_view
from qa.ui.reference import Reference, refer
from tests.pdfs import box, drawn, near, text, together
from tests.test_pdf import BODY, LEFT, RIGHT

KEEPER = "The keeper of the lamp was Grace Darling for more than twenty years."
PAGES = [
    together(text(72, 700, LEFT), text(320, 700, RIGHT)),
    text(72, 700, BODY),
    text(72, 700, ["written by hand in winter. It was lost at sea."]),
]


@pytest.fixture(scope="module")
def pdf_bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("pdfs")
    (folder / "harbour.pdf").write_bytes(drawn(*PAGES))
    (folder / "bread.txt").write_text("Bread is baked at six. It is sold at seven.")
    with Bot.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def keeper(pdf_bot: Bot) -> Citation:
    answer = pdf_bot.ask("Who was the keeper of the lamp?", min_confidence=0.0)
    return answer.citations[0]


def test_a_citation_carries_the_page_and_the_boxes_of_its_sentence(keeper: Citation) -> None:
    assert (keeper.quote, keeper.answer, keeper.page) == (KEEPER, "Grace Darling", 1)
    before = "storm of 1812. "
    first = box(1, 320, 700, "The keeper of the lamp was", after=before)
    assert near(keeper.boxes, [first, box(1, 320, 686, RIGHT[1])])


def test_json_carries_the_boxes_and_text_has_none(pdf_bot: Bot, keeper: Citation) -> None:
    answer = pdf_bot.ask("Who was the keeper of the lamp?", min_confidence=0.0)
    data = json.loads(json.dumps(answer_json(answer)))
    first = keeper.boxes[0]
    assert data["citations"][0]["boxes"][0] == {
        "page": 1,
        "x0": first.x0,
        "y0": first.y0,
        "x1": first.x1,
        "y1": first.y1,
    }
    bread = pdf_bot.ask("When is bread baked?", min_confidence=0.0, within=["*.txt"])
    assert [c.boxes for c in bread.citations] == [()] * len(bread.citations)


def test_the_bot_shows_the_page(pdf_bot: Bot, keeper: Citation) -> None:
    (folder,) = pdf_bot.folders
    data = (folder / "harbour.pdf").read_bytes()
    picture = pdf_bot.page_image(keeper.document, 1, keeper.boxes)
    assert picture == render_page(data, 1, keeper.boxes)
    with pytest.raises(KeyError):
        pdf_bot.page_image("0" * 64, 1)
    without = Bot(pdf_bot.store, pdf_bot.encoder, pdf_bot.reader, pdf_bot.calibration)
    with pytest.raises(DocumentError, match="knows no folder"):
        without.page_image(keeper.document, 1)


def test_the_page_of_a_citation_is_a_picture_in_the_panel(pdf_bot: Bot, keeper: Citation) -> None:
    view = page_view(pdf_bot, refer(keeper))
    assert (view["page"], view["pages"], view["count"], view["note"]) == (1, [1], 3, "")
    assert abs(view["top"] - (792 - 700 - 8) / 792) < 0.005
    kind, _, encoded = view["image"].partition(",")
    assert kind == "data:image/png;base64"
    answer = pdf_bot.document(keeper.document).boxes(keeper.answer_start, keeper.answer_end)
    expected = pdf_bot.page_image(keeper.document, 1, keeper.boxes, answer)
    assert base64.b64decode(encoded) == expected


def test_the_panel_turns_the_pages_of_a_sentence(pdf_bot: Bot, keeper: Citation) -> None:
    document = pdf_bot.document(keeper.document)
    start = document.text.index("sentence does not end")
    reference = Reference(document.id, start, document.text.index(" It was lost"), start, start)
    assert page_view(pdf_bot, reference)["pages"] == [2, 3]
    assert page_view(pdf_bot, reference)["page"] == 2
    assert page_view(pdf_bot, reference, 3)["page"] == 3
    assert page_view(pdf_bot, reference, 1)["top"] == 0.0
    assert page_view(pdf_bot, reference, 4) == NO_PAGE
    bread = next(x for x in pdf_bot.store.listings() if x.path == "bread.txt")
    assert page_view(pdf_bot, Reference(bread.document)) == NO_PAGE
    with pytest.raises(ValueError, match="is no place in"):
        page_view(pdf_bot, Reference(document.id, 0, 1 << 30, 0, 0))


def test_a_file_that_changed_is_said_in_the_panel(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(drawn(PAGES[0]))
    with Bot.open(tmp_path) as bot:
        reference = Reference(bot.store.listings()[0].document)
        (tmp_path / "a.pdf").write_bytes(drawn(PAGES[1]))
        view = page_view(bot, reference)
    assert view["image"] == ""
    assert view["note"].startswith("a.pdf: changed since it was indexed")

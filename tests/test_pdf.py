import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import Box
from embeddings.errors import DocumentError
from embeddings.store import Settings, Store
from tests.pdfs import (
    FONT,
    HEIGHT,
    SIZE,
    WIDTH,
    box,
    boxes_of,
    by_hand,
    drawn,
    near,
    read,
    sentences,
    text,
    together,
)
from tests.typesetting import as_pdf, expected_boxes, made_sentences, typeset

LEFT = [
    "The harbour of Brook was built in the year",
    "1780 by the ships of the north. Its quay is",
    "four hundred metres long. The tower at its",
    "end has a lamp that can be seen from far",
    "out on the sea. Nobody has ever counted",
    "the boats that came in during the great",
]
RIGHT = [
    "storm of 1812. The keeper of the lamp was",
    "Grace Darling for more than twenty years.",
    "She left it to her son, who sold the house",
    "to the town. The town has kept it ever since",
    "and opens it to visitors on Sundays. There",
    "is no charge for children under twelve.",
]
ACROSS = "Nobody has ever counted the boats that came in during the great storm of 1812."
ACROSS_BOXES = [
    box(1, 72, 644, "Nobody has ever counted", after="out on the sea. "),
    box(1, 72, 630, LEFT[5]),
    box(1, 320, 700, "storm of 1812."),
]


def test_a_sentence_in_one_column_has_a_box_for_each_line() -> None:
    document = read(drawn(text(72, 700, LEFT)))
    assert near(
        boxes_of(document, "Its quay is four hundred metres long."),
        [
            box(1, 72, 686, "Its quay is", after="1780 by the ships of the north. "),
            box(1, 72, 672, "four hundred metres long."),
        ],
    )
    answer = boxes_of(document, "four hundred metres")
    assert near(answer, [box(1, 72, 672, "four hundred metres")])


def test_every_character_stands_where_it_was_drawn() -> None:
    line = "Quay 12, “Ävärø” (1780): £4.50; first-rate fish!"
    document = read(drawn(text(72, 700, [line])))
    assert document.text == line
    for at, char in enumerate(line):
        if char != " ":
            assert near(document.boxes(at, at + 1), [box(1, 72, 700, char, after=line[:at])])
    assert document.boxes(4, 5) == ()


def side_by_side(canvas: Canvas) -> None:
    canvas.setFont(FONT, SIZE)
    for number, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        canvas.drawString(72, 700 - 14 * number, left)
        canvas.drawString(320, 700 - 14 * number, right)


@pytest.mark.parametrize(
    "page",
    [
        together(text(72, 700, LEFT), text(320, 700, RIGHT)),
        side_by_side,
        together(text(320, 700, RIGHT), text(72, 700, LEFT)),
    ],
    ids=["column by column", "line by line", "right column first"],
)
def test_columns_are_read_one_after_the_other(page: Callable[[Canvas], None]) -> None:
    heading = text(72, 740, ["A heading that is as wide as both of the columns below it are"], 16)
    ending = text(
        72, 590, ["A last paragraph that is as wide as both of the columns is below them."]
    )
    document = read(drawn(together(heading, page, ending)))
    assert sentences(document) == [
        "A heading that is as wide as both of the columns below it are",
        "The harbour of Brook was built in the year 1780 by the ships of the north.",
        "Its quay is four hundred metres long.",
        "The tower at its end has a lamp that can be seen from far out on the sea.",
        ACROSS,
        "The keeper of the lamp was Grace Darling for more than twenty years.",
        "She left it to her son, who sold the house to the town.",
        "The town has kept it ever since and opens it to visitors on Sundays.",
        "There is no charge for children under twelve.",
        "A last paragraph that is as wide as both of the columns is below them.",
    ]
    assert near(boxes_of(document, ACROSS), ACROSS_BOXES)


def test_a_sentence_over_a_page_break_has_boxes_on_both_pages() -> None:
    pages = [
        ["The quay was repaired twice. Its stones were brought by boat from"],
        ["the quarries of the far north in the spring of 1901. They are grey."],
    ]
    document = read(drawn(*[text(72, 700, lines) for lines in pages]))
    whole = (
        "Its stones were brought by boat from the quarries of the far north in the spring of 1901."
    )
    assert sentences(document)[1] == whole
    first = box(1, 72, 700, pages[0][0][29:], after=pages[0][0][:29])
    assert near(boxes_of(document, whole), [first, box(2, 72, 700, pages[1][0][:52])])
    assert document.page(document.text.index(whole)) == 1
    assert document.page(document.text.index("They are grey")) == 2


def test_a_hyphenated_word_is_one_word_with_two_boxes() -> None:
    lines = ["The keeper of the tower wrote a diary with much infor-", "mation on the weather."]
    document = read(drawn(text(72, 700, lines)))
    assert document.text == (
        "The keeper of the tower wrote a diary with much information on the weather."
    )
    assert near(
        boxes_of(document, "information"),
        [box(1, 72, 700, "infor-", after=lines[0][:-6]), box(1, 72, 686, "mation")],
    )


BODY = [
    "Every page of this report says a little more than the one before it, and its last",
    "sentence does not end there but goes on to the next page of the report, which is",
]


def test_running_heads_feet_and_page_numbers_are_no_text() -> None:
    pages = [
        together(
            text(72 if n % 2 else 400, 735, [f"{n}   ANNUAL REPORT"], 9),
            text(72, 690, BODY),
            text(72, 640, [f"Figures of the year {1900 + n} follow."]),
            text(300, 60, ["The Brook Harbour Company"], 8),
            text(300, 40, [["i", "ii", "iii", "iv"][n - 1]], 8),
        )
        for n in (1, 2, 3, 4)
    ]
    text_of = read(drawn(*pages)).text
    assert "ANNUAL" not in text_of
    assert "Company" not in text_of
    assert text_of.split("\n\n") == [
        " ".join(BODY) if part == 0 else f"Figures of the year {1900 + n} follow."
        for n in (1, 2, 3, 4)
        for part in (0, 1)
    ]


def test_two_pages_are_enough_where_there_are_no_more() -> None:
    head, foot = text(72, 760, ["ANNUAL REPORT"]), text(250, 40, ["The Company"])
    bodies = [BODY + BODY[:1], BODY[1:] + BODY]
    pages = [together(head, text(72, 690, body), foot) for body in bodies]
    assert read(drawn(*pages)).text == " ".join(bodies[0] + bodies[1])
    alone = text(72, 760, ["ANNUAL REPORT"])
    assert read(drawn(alone, alone)).text.count("ANNUAL REPORT") == 2


def test_two_pages_are_enough_to_know_page_numbers() -> None:
    pages = [together(text(72, 690, BODY), text(300, 40, [f"- {n} -"])) for n in (4, 5)]
    assert read(drawn(*pages)).text == " ".join(BODY * 2)


def test_footnotes_follow_the_sentence_that_runs_on_to_the_next_page() -> None:
    first = together(
        text(72, 700, BODY),
        text(72, 120, ["1 The report of 1812 is lost, and nobody has", "seen it since."], 8, 10),
        text(72, 98, ["2 See the second part."], 8),
    )
    second = text(72, 700, ["written in the winter. A new sentence."])
    document = read(drawn(first, second))
    assert document.text == (
        " ".join(BODY) + " written in the winter. A new sentence.\n\n"
        "1 The report of 1812 is lost, and nobody has seen it since.\n\n2 See the second part."
    )
    assert document.page(document.text.index("See the second")) == 1
    note = boxes_of(document, "See the second part.")
    assert near(note, [box(1, 72, 98, "See the second part.", after="2 ", size=8)])


def test_footnotes_below_a_column_do_not_part_it_from_the_next() -> None:
    columns = together(
        text(72, 700, LEFT),
        text(72, 590, ["* The storm is also called the great flood."], 8),
        text(320, 700, RIGHT),
    )
    document = read(drawn(columns))
    assert ACROSS in sentences(document)
    assert document.text.endswith("under twelve.\n\n* The storm is also called the great flood.")


@pytest.mark.parametrize("by_row", [False, True], ids=["by column", "by row"])
@pytest.mark.parametrize("justified", [False, True], ids=["ragged", "justified"])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_every_sentence_of_running_text_is_whole_and_in_its_place(
    columns: int, justified: bool, by_row: bool
) -> None:
    made = made_sentences(120, random.Random(columns))
    lines = typeset(made, columns, justified=justified, hyphens=columns > 1)
    document = read(as_pdf(lines, by_row=by_row))
    assert sentences(document) == made
    for number, sentence in enumerate(made):
        expected = expected_boxes(lines, number)
        assert near(boxes_of(document, sentence), expected)
        assert document.page(document.text.index(sentence)) == expected[0].page


def table(canvas: Canvas) -> None:
    canvas.setFont(FONT, SIZE)
    rows = [
        ("Name", "Built", "Length"),
        ("North quay", "1780", "400 m"),
        ("Old pier", "1652", "85 m"),
        ("Ferry landing stage", "1990", "120 m"),
    ]
    for n, row in enumerate(rows):
        for x, cell in zip((80, 240, 340), row, strict=True):
            canvas.drawString(x, 640 - 18 * n, cell)


def test_a_row_of_a_table_is_a_sentence_with_its_headings() -> None:
    before = text(72, 690, ["The harbour has three places to land, which are these:"])
    after = text(72, 540, ["All of them are in use today."])
    document = read(drawn(together(before, table, after)))
    assert sentences(document) == [
        "The harbour has three places to land, which are these:",
        "Name; Built; Length.",
        "Name: North quay; Built: 1780; Length: 400 m.",
        "Name: Old pier; Built: 1652; Length: 85 m.",
        "Name: Ferry landing stage; Built: 1990; Length: 120 m.",
        "All of them are in use today.",
    ]
    (row,) = boxes_of(document, "Name: Old pier; Built: 1652; Length: 85 m.")
    expected = box(1, 80, 604, "Old pier"), box(1, 340, 604, "85 m")
    assert near([row], [Box(1, expected[0].x0, expected[0].y0, expected[1].x1, expected[1].y1)])
    assert near(boxes_of(document, "1652"), [box(1, 240, 604, "1652")])


def test_the_further_lines_of_a_cell_belong_to_it() -> None:
    def page(canvas: Canvas) -> None:
        rows = [
            (700, ("Place", "Built", "Use")),
            (682, ("North quay", "1780", "Fish, and in the")),
            (670, ("", "", "summer passengers")),
            (652, ("Old pier", "1652", "Closed")),
        ]
        for y, row in rows:
            for x, cell in zip((80, 200, 280), row, strict=True):
                if cell:
                    canvas.drawString(x, y, cell)

    document = read(drawn(page))
    row = "Place: North quay; Built: 1780; Use: Fish, and in the summer passengers."
    assert sentences(document) == [
        "Place; Built; Use.",
        row,
        "Place: Old pier; Built: 1652; Use: Closed.",
    ]
    use = boxes_of(document, "Fish, and in the summer passengers")
    first, second = box(1, 280, 682, "Fish, and in the"), box(1, 280, 670, "summer passengers")
    assert near(use, [Box(1, first.x0, first.y0, second.x1, second.y1)])


def test_a_numbered_list_with_wide_numbers_is_no_table() -> None:
    def page(canvas: Canvas) -> None:
        for n in range(3):
            canvas.drawString(72, 700 - 28 * n, f"{n + 1}.")
            canvas.drawString(
                100, 700 - 28 * n, "The keeper shall light the lamp at dusk and shall"
            )
            canvas.drawString(100, 686 - 28 * n, "watch it until dawn.")

    item = "The keeper shall light the lamp at dusk and shall watch it until dawn."
    assert read(drawn(page)).text == "\n\n".join(f"{n}. {item}" for n in (1, 2, 3))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_boxes_lie_on_the_page_as_it_is_shown(rotation: int) -> None:
    words = "Read me on a turned page."
    document = read(
        by_hand(f"BT /F1 12 Tf 72 700 Td ({words}) Tj ET", {"~": "~"}, f"/Rotate {rotation}")
    )
    assert document.text == words
    (found,) = document.boxes(0, len(words))
    width = stringWidth(words, "Helvetica", 12)
    up, down = 700 + 0.718 * 12, 700 - 0.207 * 12
    assert near(
        [found],
        [
            {
                90: Box(1, down, 72, up, 72 + width),
                180: Box(1, WIDTH - 72 - width, down, WIDTH - 72, up),
                270: Box(1, HEIGHT - up, WIDTH - 72 - width, HEIGHT - down, WIDTH - 72),
            }[rotation]
        ],
    )


def test_boxes_count_from_the_corner_of_the_crop_box() -> None:
    page = "/CropBox [50 100 500 750]"
    document = read(by_hand("BT /F1 12 Tf 72 700 Td (Cropped.) Tj ET", {"~": "~"}, page))
    (found,) = document.boxes(0, 8)
    width = stringWidth("Cropped.", "Helvetica", 12)
    assert near([found], [Box(1, 22, 50 - 8.6, 22 + width, 50 + 2.5)])


def test_a_ligature_is_its_letters() -> None:
    data = by_hand("BT /F1 12 Tf 72 700 Td (The oXce is o#.) Tj ET", {"X": "ﬃ", "#": "ff"})
    document = read(data)
    assert document.text == "The office is off."
    left = 72 + stringWidth("The ", "Helvetica", 12)
    right = left + stringWidth("oXce", "Helvetica", 12)
    (found,) = boxes_of(document, "office")
    assert near([found], [Box(1, left, 92 - 8.6, right, 92 + 2.5)])


def test_text_from_right_to_left_keeps_its_order_and_its_place() -> None:
    letters = "אבגדהוזחטי"
    codes = "abcdefghij"
    mapping = dict(zip(codes, letters, strict=True))
    words = "אבגד הוזח"
    drawn_left_to_right = "hgfe dcba"  # as a PDF draws Hebrew: the last letter leftmost
    data = by_hand(f"BT /F1 12 Tf 72 700 Td ({drawn_left_to_right}) Tj ET", mapping)
    document = read(data)
    assert document.text == words
    (found,) = document.boxes(0, 4)
    left = 72 + stringWidth("hgfe ", "Helvetica", 12)
    right = left + stringWidth("dcba", "Helvetica", 12)
    assert near([found], [Box(1, left, 92 - 8.6, right, 92 + 2.5)])


@pytest.mark.parametrize(
    ("font", "lines", "joined"),
    [
        (
            "STSong-Light",
            [
                "港口建于一八四七年，由当地的商人出资。第一座",
                "灯塔高三十二米，至今仍然矗立在码头的尽头。",
                "门票为十五元。",
            ],
            [
                "港口建于一八四七年，由当地的商人出资。",
                "第一座灯塔高三十二米，至今仍然矗立在码头的尽头。",
                "门票为十五元。",
            ],
        ),
        (
            "HeiseiMin-W3",
            ["最初の灯台は高さ三十二メートルで、今も桟橋の先", "に立っている。毎晩、漁船を導く。"],
            ["最初の灯台は高さ三十二メートルで、今も桟橋の先に立っている。", "毎晩、漁船を導く。"],
        ),
        (
            "HYSMyeongJo-Medium",
            ["항구는 천팔백사십칠년에 지역 상인들이 세웠으며", "지금은 박물관이다. 입장료는 없다."],
            ["항구는 천팔백사십칠년에 지역 상인들이 세웠으며 지금은 박물관이다.", "입장료는 없다."],
        ),
    ],
)
def test_lines_are_joined_as_their_language_writes(
    font: str, lines: list[str], joined: list[str]
) -> None:
    registerFont(UnicodeCIDFont(font))

    def page(canvas: Canvas) -> None:
        canvas.setFont(font, SIZE)
        for number, line in enumerate(lines):
            canvas.drawString(72, 700 - 14 * number, line)

    document = read(drawn(page))
    assert sentences(document) == joined
    start = document.text.index(lines[1][:4])  # the second line stands where it was drawn
    assert document.boxes(start, start + 4)[0].x0 == pytest.approx(72, abs=2)


def test_text_that_nobody_sees_is_left_out_and_that_is_said() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "All can read this.")
        canvas.saveState()
        canvas.setFillGray(1)
        canvas.drawString(72, 680, "White on white.")
        canvas.restoreState()
        canvas.saveState()
        canvas.rect(60, 640, 300, 30, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(72, 650, "White on black.")
        canvas.restoreState()
        canvas.saveState()
        hidden = canvas.beginText(72, 620)
        hidden.setTextRenderMode(3)
        hidden.textOut("No ink.")
        canvas.drawText(hidden)
        canvas.restoreState()
        canvas.saveState()
        canvas.setFont(FONT, 1)
        canvas.drawString(72, 600, "Too small.")
        canvas.restoreState()
        canvas.drawString(72, -40, "Off the page.")

    document = read(drawn(page))
    assert document.text == "All can read this.\n\nWhite on black."
    (note,) = document.notes
    assert note.startswith("39 characters that cannot be seen were left out (page 1)")


def test_text_behind_something_is_left_out_and_text_before_it_is_not() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "The name is")
        canvas.drawString(150, 700, "Grace Darling")
        canvas.rect(148, 696, 80, 14, fill=1)
        canvas.drawString(72, 680, "Paper over it.")
        canvas.setFillGray(1)
        canvas.rect(60, 676, 200, 14, fill=1, stroke=0)
        canvas.setFillGray(0.8)
        canvas.rect(60, 636, 200, 14, fill=1)
        canvas.setFillGray(0)
        canvas.drawString(72, 640, "On grey.")
        canvas.drawString(72, 620, "Marked by hand.")
        canvas.setFillColorRGB(1, 1, 0, alpha=0.4)
        canvas.rect(60, 616, 200, 14, fill=1, stroke=0)

    document = read(drawn(page))
    assert " ".join(document.text.split()) == "The name is On grey. Marked by hand."
    assert document.notes[0].startswith("24 characters")


def scan(words: str) -> bytes:
    """A picture as large as the page, and over it the words as OCR puts them: without ink."""
    from PIL import Image

    def page(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 220)), 0, 0, WIDTH, HEIGHT)
        layer = canvas.beginText(72, 700)
        layer.setTextRenderMode(3)
        layer.textOut(words)
        canvas.drawText(layer)

    return drawn(page)


def test_the_text_of_ocr_over_a_scan_is_read() -> None:
    document = read(scan("The letter was sent in May."))
    assert document.text == "The letter was sent in May."
    assert near(document.boxes(0, 27), [box(1, 72, 700, document.text)])


def test_a_scan_without_text_says_so() -> None:
    with pytest.raises(DocumentError, match="no text in it; if it is a scan, run OCR first"):
        read(scan(""))


def test_what_stands_askew_does_not_interrupt_a_sentence() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 700, BODY[0])
        canvas.saveState()
        canvas.translate(40, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Archive number 1780.")
        canvas.rotate(-45)
        canvas.drawString(300, 0, "DRAFT")
        canvas.restoreState()
        canvas.drawString(72, 686, BODY[1])

    document = read(drawn(page, text(72, 700, ["written by hand."])))
    assert document.text == (" ".join(BODY) + " written by hand.\n\nArchive number 1780.\n\nDRAFT")
    assert document.page(document.text.index("Archive")) == 1
    length = stringWidth("Archive number 1780.", FONT, SIZE)
    assert near(
        boxes_of(document, "Archive number 1780."),
        [Box(1, 40 - 7.5, HEIGHT - 300 - length, 40 + 2.4, HEIGHT - 300)],
    )


def test_boxes_are_the_same_from_the_store(tmp_path: Path) -> None:
    document = read(drawn(text(72, 700, LEFT), text(72, 700, RIGHT)))
    with Store.open(tmp_path, Settings("m", 2, "e", 160, 40)) as store:
        store.add(document, [], np.empty((0, 2), np.float16))
        stored = store.document(document.id)
        whole = (0, len(document.text))
        assert stored.boxes(*whole) == document.boxes(*whole)
        assert len(stored.boxes(*whole)) == 12
        assert stored.page(len(document.text) - 1) == 2
        store.remove("a.pdf")
        with store.database.reading() as db:
            assert db.execute("SELECT count(*) FROM layouts").fetchone() == (0,)


def test_the_marks_of_footnotes_are_no_words_but_exponents_are() -> None:
    def page(canvas: Canvas) -> None:
        line = canvas.beginText(72, 700)
        for words, mark in [
            ("It was built in 1780.", "1"),
            (" The harbour", "2,3"),
            (" has 5 km", "2"),
        ]:
            line.textOut(words)
            line.setFont(FONT, 7)
            line.setRise(4)
            line.textOut(mark)
            line.setFont(FONT, SIZE)
            line.setRise(0)
        line.textOut(" of water.")
        canvas.drawText(line)

    document = read(drawn(page))
    assert sentences(document) == ["It was built in 1780.", "The harbour has 5 km2 of water."]
    start = document.text.index("The harbour")
    (found,) = document.boxes(start, start + len("The harbour"))
    left = 72 + stringWidth("It was built in 1780.", FONT, SIZE) + stringWidth("1", FONT, 7)
    assert abs(found.x0 - left - stringWidth(" ", FONT, SIZE)) <= 2
    assert abs(found.x1 - left - stringWidth(" The harbour", FONT, SIZE)) <= 2

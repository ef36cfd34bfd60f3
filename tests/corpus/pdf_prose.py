"""PDFs of running text: columns, pages, notes, heads, turned and cropped pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import Box
from tests.corpus.facts import Fact, Made, Told
from tests.corpus.setting import A4, VERA, Frame, Press, truetype
from tests.corpus.stories import stories

LETTER = (612.0, 792.0)
A5 = (420.0, 595.0)
ONE = [Frame(72, 451, 780, 70)]
TWO = [Frame(60, 225, 780, 70), Frame(310, 225, 780, 70)]
SHORT_TWO = [Frame(60, 225, 780, 610), Frame(310, 225, 780, 610)]
SMALL = [Frame(50, 320, 530, 60)]


def prose() -> Iterator[Made]:
    """The files, one after the other."""
    yield one_column()
    yield from columns()
    yield from pages()
    yield from notes()
    yield from turned()
    yield cropped()
    yield ligatures()
    yield numbered_list()
    yield from of_other_sizes()


def made(
    name: str,
    press: Press,
    told: Sequence[Told],
    *decorations: Callable[[Canvas, int], None],
    rows: bool = False,
    absent: Sequence[str] = (),
) -> Made:
    """The file with the facts that the press has set."""
    facts = []
    for one in told:
        boxes = press.boxes(one.sentence, rows=rows)
        facts.append(Fact(one, name, boxes[0].page, boxes))
    return Made(name, press.pdf(*decorations), facts, absent)


def plain(told: Sequence[Told]) -> list[str]:
    return [one.sentence for one in told]


def head_and_number(head: str) -> Callable[[Canvas, int], None]:
    """Draws a running head and the page's number below."""

    def draw(canvas: Canvas, page: int) -> None:
        width, height = canvas._pagesize
        canvas.setFont("Times-Italic", 9)
        canvas.drawCentredString(width / 2, height - 36, head)
        canvas.setFont("Times-Roman", 9)
        canvas.drawCentredString(width / 2, 34, str(page))

    return draw


def one_column() -> Made:
    told = stories("town", "Norvik")
    press = Press([Frame(72, 468, 720, 72)], LETTER)
    press.heading("A short history of Norvik")
    press.paragraph(plain(told[:4]))
    press.paragraph(plain(told[4:9]), indent=18)
    press.paragraph(plain(told[9:]), indent=18)
    return made("norvik-history.pdf", press, told)


def columns() -> Iterator[Made]:
    """Two and three columns, drawn by column or by row, ragged or justified."""
    for name, place, options in (
        ("justified", "Tarnby", {"justify": True, "hyphenate": True}),
        ("two-columns", "Ellerby", {"frames": SHORT_TWO}),
        ("two-columns-by-row", "Oxmere", {"frames": SHORT_TWO, "by_row": True}),
        (
            "two-columns-justified",
            "Haverlock",
            {"frames": SHORT_TWO, "justify": True, "hyphenate": True},
        ),
        (
            "three-columns",
            "Stennis",
            {
                "frames": [Frame(50 + 170 * n, 150, 700, 500) for n in range(3)],
                "points": 10.0,
                "leading": 12.5,
                "hyphenate": True,
            },
        ),
    ):
        told = stories("town", place)
        press = Press(**{"frames": ONE, **options})  # type: ignore[arg-type]
        press.paragraph(plain(told))
        yield made(f"{name}.pdf", press, told)

    told = stories("expedition", "Bergholt")
    press = Press([Frame(60, 225, 700, 580), Frame(310, 225, 700, 580)])
    press.paragraph(plain(told))
    title = "The Bergholt expedition, told in two columns below a wide title"
    press.font, press.points = "Times-Bold", 16.0
    press.put(title, [(60, title)], 740)
    yield made("title-over-columns.pdf", press, told)


def pages() -> Iterator[Made]:
    """Sentences across pages, below running heads and above page numbers."""
    told = stories("ship", "Solveig") + stories("town", "Kirkhaven")
    press = Press(SMALL, A5, points=14, leading=20)
    press.paragraph(plain(told))
    yield made("across-pages.pdf", press, told)

    told = stories("town", "Lindesby") + stories("museum", "Lindesby")
    press = Press(SMALL, A5, points=15, leading=22, justify=True, hyphenate=True)
    press.paragraph(plain(told))
    head = "Annual report of the Lindesby society"
    yield made("running-heads.pdf", press, told, head_and_number(head), absent=[head])

    told = [*stories("town", "Morrow"), *stories("school", "Morrow"), *stories("museum", "Morrow")]
    frames = [Frame(50, 150, 520, 70), Frame(220, 150, 520, 70)]
    press = Press(frames, A5, points=12, leading=16, justify=True, hyphenate=True)
    press.paragraph(plain(told))
    head = "The Morrow Gazette"
    yield made("columns-over-pages.pdf", press, told, head_and_number(head), absent=[head])

    told = stories("company", "Pilk & Daughters") + stories("ship", "Estella")
    press = Press(SMALL, A5, points=15, leading=22)
    press.paragraph(plain(told))

    def labels(canvas: Canvas, page: int) -> None:
        if page == 1:
            canvas.addPageLabel(0, style="ROMAN_LOWER", start=1)
            canvas.addPageLabel(2, style="ARABIC", start=1)
        canvas.setFont("Times-Roman", 9)
        canvas.drawRightString(370, 34, ["i", "ii"][page - 1] if page < 3 else str(page - 2))

    yield made("page-labels.pdf", press, told, labels)

    told = stories("town", "Osgrave")
    press = Press(SMALL, A5, points=13, leading=18)
    press.paragraph(plain(told[:6]))
    press.turn()
    press.heading("Later years")
    press.paragraph(plain(told[6:]))

    def alternating(canvas: Canvas, page: int) -> None:
        canvas.setFont("Helvetica", 8)
        if page % 2:
            canvas.drawString(50, 560, f"{page + 40}   OSGRAVE")
        else:
            canvas.drawRightString(370, 560, f"LATER YEARS   {page + 40}")

    yield made(
        "odd-and-even-pages.pdf", press, told, alternating, absent=["OSGRAVE", "LATER YEARS"]
    )


def notes() -> Iterator[Made]:
    """Footnotes, also below columns and below a sentence that goes on over the page."""
    told = stories("museum", "Wendover")
    notes = [
        Told(
            "The inventory of 1911 lists three more, which Hedda Quist sold to a baker.",
            "To whom did Hedda Quist sell three more clocks?",
            "a baker",
        ),
        Told(
            "The parrots are called Gog and Magog.",
            "What are the parrots of the director called?",
            "Gog and Magog",
        ),
    ]
    press = Press([Frame(72, 420, 560, 300)], LETTER)
    marked = plain(told)
    marked[0] += "^1"
    marked[1] = marked[1] + "^2"
    press.paragraph(marked)
    press.points = 8.0
    for number, note in enumerate(notes, 1):
        y = 120.0 - 11 * number
        press.put("", [(72, str(number))], y)
        press.put(note.sentence, [(80, note.sentence)], y)

    def rule(canvas: Canvas, page: int) -> None:
        canvas.line(72, 122, 180, 122)

    # The number of a note is part of its first sentence.
    numbered = [
        Fact(
            Told(f"{n} {note.sentence}", note.question, note.answer),
            "footnotes.pdf",
            1,
            tuple(_joined(press, note.sentence, 72)),
        )
        for n, note in enumerate(notes, 1)
    ]
    file = made("footnotes.pdf", press, told, rule)
    yield Made(file.name, file.data, [*file.facts, *numbered])

    told = stories("town", "Fenwick")
    press = Press([Frame(60, 160, 540, 250), Frame(240, 160, 540, 100)], (460, 595))
    press.points, press.leading = 11.5, 15.0
    press.paragraph([told[0].sentence, told[1].sentence + "^1", *plain(told[2:])])
    press.points = 8.0
    below = "1 He signed with the picture of a barrel."
    press.put(below, [(60, below)], 120)
    extra = Told(below, "How did the first mayor of Fenwick sign?", "with the picture of a barrel")
    yield made("footnote-below-column.pdf", press, [*told, extra])

    told = stories("ship", "Halcyon")
    press = Press([Frame(60, 300, 540, 160)], A5, points=15, leading=22)
    press.paragraph(plain(told))
    press.page, press.points = 1, 8.5
    below = "* Timetables of the line are kept in the harbour office."
    press.put(below, [(60, below)], 100)
    extra = Told(below, "Where are the timetables kept?", "in the harbour office")
    yield made("footnote-over-page.pdf", press, [*told, extra])


def _joined(press: Press, sentence: str, left: float) -> Iterator[Box]:
    for box in press.boxes(sentence):
        yield Box(box.page, left, box.y0, box.x1, box.y1)


def turned() -> Iterator[Made]:
    """Pages turned by each quarter: shown upright, and shown lying on their side."""
    for rotate, place in ((90, "Cobbleford"), (180, "Drakestone"), (270, "Emberley")):
        told = stories("school", place)
        wide = [Frame(80, 620, 520, 60)] if rotate % 180 else ONE
        press = Press(wide, A4, rotate=rotate)
        press.paragraph(plain(told))
        yield made(f"turned-{rotate}.pdf", press, told)
    for rotate, place in ((90, "Gannet"), (270, "Petrel")):
        told = stories("ship", place)
        press = Press(ONE, A4, rotate=rotate, sideways=True)
        press.paragraph(plain(told))
        yield made(f"sideways-{rotate}.pdf", press, told)
    told = stories("museum", "Inchcape")
    press = Press(TWO, A4, rotate=90, sideways=True, justify=True)
    press.frames = SHORT_TWO
    press.paragraph(plain(told))
    yield made("sideways-columns.pdf", press, told)


def cropped() -> Made:
    told = stories("company", "Brightwater Mills")
    press = Press(ONE, A4, crop=(50, 300, 560, 810))
    press.paragraph(plain(told))
    return made("cropped.pdf", press, told)


def ligatures() -> Made:
    """Type with ligatures, as characters of their own."""
    told = [
        Told(
            "The office of the first official was flooded by the overflowing millrace.",
            "What flooded the office of the first official?",
            "the overflowing millrace",
        ),
        Told(
            "Five firemen found the safe, filled with fine flour, beneath the floor.",
            "What was the safe beneath the floor filled with?",
            "fine flour",
        ),
        Told(
            "The chief clerk, Griffin Fifield, was fined fifty-five florins for the flaw.",
            "Who was fined fifty-five florins?",
            "Griffin Fifield",
        ),
    ]
    press = Press([Frame(72, 260, 760, 70)], font=truetype("Vera", VERA))
    joined = [s.replace("fi", "ﬁ").replace("fl", "ﬂ") for s in plain(told)]
    press.paragraph(joined)
    facts = []
    for one, drawn in zip(told, joined, strict=True):
        boxes = press.boxes(drawn)
        facts.append(Fact(one, "ligatures.pdf", boxes[0].page, boxes))
    return Made("ligatures.pdf", press.pdf(), facts)


def numbered_list() -> Made:
    rules = [
        (
            "The lamp shall be lit at dusk by the keeper, and by nobody else.",
            "Who shall light the lamp at dusk?",
            "the keeper",
        ),
        (
            "Visitors pay two crowns at the gate and may stay until the horn sounds.",
            "How much do visitors pay at the gate?",
            "two crowns",
        ),
        (
            "Goats are not admitted to the gallery, whatever their owners may say of them.",
            "Which animals are not admitted to the gallery?",
            "Goats",
        ),
    ]
    press = Press(ONE)
    told, y = [], 700.0
    press.put("Rules of the lighthouse", [(72, "Rules of the lighthouse")], 740)
    for number, (sentence, question, answer) in enumerate(rules, 1):
        told.append(Told(sentence, question, answer))
        head = sentence[:44].rsplit(" ", 1)[0]
        press.put("number", [(76, f"{number}.")], y)
        press.put(sentence, [(90, head)], y)
        press.put(sentence, [(90, sentence[len(head) + 1 :])], y - 14)
        y -= 34
    return made("numbered-list.pdf", press, told)


def of_other_sizes() -> Iterator[Made]:
    """A card that fits into a pocket, and a poster."""
    told = stories("school", "Applegarth", 4)
    press = Press([Frame(12, 190, 128, 8)], (214, 140), points=7, leading=9)
    press.paragraph(plain(told))
    yield made("pocket-card.pdf", press, told)
    told = stories("expedition", "Nansvik", 5)
    press = Press([Frame(200, 1984, 3100, 200)], (2384, 3370), points=30, leading=44)
    press.font = "Helvetica"
    press.paragraph(plain(told))
    yield made("poster.pdf", press, told)

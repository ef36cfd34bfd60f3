"""PDFs of tables, bills and letters, and those with text that is hidden, locked or scanned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.corpus.facts import Made, Row, Told, rows_told
from tests.corpus.pdf_prose import ONE, made, plain
from tests.corpus.setting import A4, Frame, Press
from tests.corpus.stories import stories


def forms() -> Iterator[Made]:
    """The files, one after the other."""
    yield ruled_table()
    yield table_of_tall_cells()
    yield invoice()
    yield letter()
    yield minutes()
    yield hidden()
    yield locked_for_change()
    yield scanned()


def table(
    press: Press,
    headings: Sequence[str],
    rows: Sequence[Row],
    xs: Sequence[float],
    y: float,
    step: float = 20.0,
) -> list[Told]:
    """Puts a table whose first row is at y; each row has cells, a question and its answer."""
    press.put("headings", list(zip(xs, headings, strict=True)), y)
    told = rows_told(headings, rows)
    for number, (sentence, (cells, _, _)) in enumerate(zip(told, rows, strict=True), 1):
        press.put(sentence.sentence, list(zip(xs, cells, strict=True)), y - step * number)
    return told


def ruled_table() -> Made:
    press = Press(ONE)
    press.paragraph(["Tide gauges of the Carrow coast and what they showed:"])
    xs = (80.0, 220.0, 320.0, 430.0)
    told = table(
        press,
        ("Station", "Built", "Range", "Observer"),
        [
            (
                ("Selkie Point", "1871", "4.2 m", "Ivo Galt"),
                "Who is the observer at Selkie Point?",
                "Ivo Galt",
            ),
            (
                ("Gull Stack", "1902", "3.7 m", "Pia Orban"),
                "When was the gauge at Gull Stack built?",
                "1902",
            ),
            (
                ("Mussel Bay", "1938", "5.1 m", "Emil Quist"),
                "What is the range at Mussel Bay?",
                "5.1 m",
            ),
            (
                ("Far Skerry", "1967", "2.9 m", "Ulla Birk"),
                "Who is the observer at Far Skerry?",
                "Ulla Birk",
            ),
        ],
        xs,
        720,
    )

    def rules(canvas: Canvas, page: int) -> None:
        canvas.setLineWidth(0.5)
        canvas.grid([72, 212, 312, 422, 523], [734 - 20 * n for n in range(6)])

    return made("ruled-table.pdf", press, told, rules, rows=True)


def table_of_tall_cells() -> Made:
    press = Press(ONE)
    rows = [
        (
            "Ferry",
            "1790",
            ["Sheep, and on", "market days people"],
            "What does the ferry carry?",
            "Sheep, and on market days people",
        ),
        ("Chain boat", "1845", ["Grain"], "When was the chain boat built?", "1845"),
        (
            "Cable car",
            "1931",
            ["Post, and two", "passengers at a time"],
            "What does the cable car carry?",
            "Post, and two passengers at a time",
        ),
    ]
    xs = (80.0, 200.0, 280.0)
    press.put("headings", list(zip(xs, ("Crossing", "Built", "Carries"), strict=True)), 720)
    y, told = 698.0, []
    for name, year, lines, question, answer in rows:
        sentence = f"Crossing: {name}; Built: {year}; Carries: {' '.join(lines)}."
        press.put(sentence, list(zip(xs, (name, year, lines[0]), strict=True)), y)
        for line in lines[1:]:
            y -= 12
            press.put(sentence, [(xs[2], line)], y)
        y -= 22
        told.append(Told(sentence, question, answer))
    return made("tall-cells.pdf", press, told, rows=True)


def invoice() -> Made:
    press = Press(ONE, font="Helvetica", points=10)
    due = Told(
        "Please pay within 21 days to the account of Wickstead Ropes.",
        "Within how many days must Wickstead Ropes be paid?",
        "21 days",
    )
    press.put("Invoice 2088", [(72, "Invoice 2088")], 770)
    items = table(
        press,
        ("Item", "Pieces", "Price"),
        [
            (
                ("Hemp rope", "12", "480.00"),
                "How many pieces of hemp rope are on the invoice?",
                "12",
            ),
            (("Anchor chain", "3", "915.50"), "What is the price of the anchor chain?", "915.50"),
            (("Signal flags", "40", "120.00"), "How many signal flags were ordered?", "40"),
        ],
        (72.0, 300.0, 420.0),
        700,
    )
    press.y = 600.0
    press.paragraph([due.sentence])
    file = made("invoice.pdf", press, items, rows=True)
    return Made(file.name, file.data, [*file.facts, *made(file.name, press, [due]).facts])


def letter() -> Made:
    told = [
        Told(
            "The parcel of seed potatoes reached me on 4 March, wet through.",
            "When did the parcel of seed potatoes arrive?",
            "4 March",
        ),
        Told(
            "I shall lodge with Mrs. Varga in Tanner Street until the ice has gone.",
            "With whom will the writer lodge until the ice has gone?",
            "Mrs. Varga",
        ),
        Told(
            "Dr. Salter says that the ankle will heal in six weeks if I keep off ladders.",
            "Who says that the ankle will heal?",
            "Dr. Salter",
        ),
        Told(
            "Kindly send the violin, for the evenings at 3.5 degrees are long.",
            "What does the writer of the letter want sent?",
            "the violin",
        ),
    ]
    press = Press([Frame(90, 400, 780, 100)], A4, leading=15)
    press.paragraph(["Dear Agnes,"])
    press.paragraph(plain(told[:2]))
    press.paragraph(plain(told[2:]))
    press.paragraph(["Yours ever,"])
    press.paragraph(["Caspar"])
    return made("letter.pdf", press, told)


def minutes() -> Made:
    told = stories("company", "Orchard Lane Cooperative", 9)
    press = Press(ONE)
    press.heading("Minutes of the general meeting", 18)
    for number, title in enumerate(("Founding", "Figures", "Any other business")):
        press.heading(f"{number + 1}. {title}", 13)
        press.paragraph(plain(told[3 * number : 3 * number + 3]))
    return made("minutes.pdf", press, told)


def hidden() -> Made:
    """Words without ink, in white, tiny, behind a bar, and beside the page."""
    told = stories("museum", "Thornbury", 4)
    press = Press(ONE)
    press.paragraph(plain(told))

    def draw(canvas: Canvas, page: int) -> None:
        canvas.setFont("Times-Roman", 11)
        for y, words in ((600, "Whitewashed"), (580, "Blackened")):
            canvas.saveState()
            if y == 600:
                canvas.setFillGray(1)
            canvas.drawString(72, y, f"{words} words name the thief of the spoon.")
            canvas.setFillGray(0)
            if y == 580:
                canvas.rect(70, y - 4, 300, 14, fill=1)
            canvas.restoreState()
        text = canvas.beginText(72, 560)
        text.setTextRenderMode(3)
        text.textOut("Inkless words name the thief of the spoon.")
        text.setTextRenderMode(0)
        canvas.drawText(text)
        canvas.drawString(72, -60, "Outlying words name the thief of the spoon.")
        canvas.setFont("Times-Roman", 0.8)
        canvas.drawString(72, 540, "Minuscule words name the thief of the spoon.")

    absent = ["Whitewashed", "Blackened", "Inkless", "Outlying", "Minuscule"]
    return made("hidden-text.pdf", press, told, draw, absent=absent)


def locked_for_change() -> Made:
    """Encrypted, but any reader may open it."""
    told = stories("expedition", "Corvane", 6)
    lock = StandardEncryption("", ownerPassword="owner", canModify=0)
    press = Press(ONE, options={"encrypt": lock})
    press.paragraph(plain(told))
    return made("locked-for-change.pdf", press, told)


def scanned() -> Made:
    """A picture of a page, and the words that OCR put over it without ink."""
    told = stories("ship", "Marigold", 5)
    press = Press(ONE, points=12, leading=18)
    press.paragraph(plain(told))

    def paper(canvas: Canvas, page: int) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (60, 84), 225)), 0, 0, *A4)
        canvas._code.append("3 Tr")

    return made("scanned-with-ocr.pdf", press, told, paper)

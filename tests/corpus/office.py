"""Office files, books, tables, mail and archives."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from email.message import EmailMessage

import docx
import pptx
from pptx.util import Inches

from tests.corpus.facts import Fact, Made, Row, Told, rows_told, told
from tests.corpus.packing import gzipped, packed, settled
from tests.corpus.pdf_prose import plain
from tests.corpus.stories import stories
from tests.corpus.texts import prose_of
from tests.formats import CONTAINER, ODF, chapter, pptx_of, xlsx_of

LAMP_HEADINGS = ("Lighthouse", "Lit", "Seen")
WAGE_HEADINGS = ("Name", "Trade", "Wage")


def lamps(*names: str) -> list[Row]:
    """Rows of a table of lighthouses, other names for every file."""
    figures = (("1868", "31 km"), ("1903", "24 km"), ("1927", "18 km"))
    return [
        (
            (name, lit, seen),
            *((f"How far is {name} seen?", seen) if at % 2 else (f"When was {name} lit?", lit)),
        )
        for at, (name, (lit, seen)) in enumerate(zip(names, figures, strict=True))
    ]


def wages(*names: str) -> list[Row]:
    """Rows of a table of wages, other names for every file."""
    figures = (("Sailmaker", "1,250"), ("Cooper; also guard", "980"), ("Rope walker", "1,105"))
    return [
        (
            (name, trade, wage),
            *(
                (f"What is the wage of {name}?", wage)
                if at % 2
                else (f"What is the trade of {name}?", trade)
            ),
        )
        for at, (name, (trade, wage)) in enumerate(zip(names, figures, strict=True))
    ]


def office() -> Iterator[Made]:
    """The files, one after the other."""
    yield from word()
    yield from opendocument()
    yield from slides()
    yield from tables()
    yield book()
    yield from mail()
    yield archive()


def word() -> Iterator[Made]:
    story = stories("company", "Harrow & Vane")
    document = docx.Document()
    document.core_properties.title = "Minutes of the board"
    document.core_properties.author = "Selma Orban"
    document.sections[0].header.paragraphs[0].text = "Confidential heading of every page"
    document.add_heading("Minutes of the board", 0)
    for number, text in enumerate(prose_of(story, 3), 1):
        document.add_heading(f"Item {number}", 2)
        document.add_paragraph(text)
    yield told("board-minutes.docx", _word(document), story)

    rows = lamps("Corrie Light", "Broad Ness", "Skua Rock")
    document = docx.Document()
    document.add_paragraph("The lamps of the coast, as the survey found them.")
    table = document.add_table(0, 3)
    for row in (LAMP_HEADINGS, *(cells for cells, _, _ in rows)):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    yield told("lamps.docx", _word(document), rows_told(LAMP_HEADINGS, rows))

    story = stories("school", "Lowgate", 5)
    document = docx.Document()
    for sentence in plain(story):
        paragraph = document.add_paragraph(style="List Bullet")
        head, tail = sentence[:20], sentence[20:]
        paragraph.add_run(head).bold = True  # a run may end inside a word
        paragraph.add_run(tail)
    yield told("letter-to-parents.docx", _word(document), story)


def _word(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)  # type: ignore[attr-defined]
    return settled(buffer.getvalue())


def _odf(kind: str, body: str, title: str) -> bytes:
    head = f"<office:document-content {ODF}><office:body><office:{kind}>"
    return packed(
        {
            "content.xml": f"{head}{body}</office:{kind}></office:body></office:document-content>",
            "meta.xml": f"<office:document-meta {ODF}><dc:title>{title}</dc:title>"
            "</office:document-meta>",
        }
    )


def opendocument() -> Iterator[Made]:
    story = stories("town", "Petersvale")
    body = "<text:h>Petersvale</text:h><text:tracked-changes><text:p>Deleted words</text:p>"
    body += "</text:tracked-changes>"
    for text in prose_of(story, 3):
        inner = text.replace(" the ", " <text:span>the</text:span><text:s/>", 1)
        body += f"<text:p>{inner}</text:p>"
    made = told("petersvale.odt", _odf("text", body, "A walk round Petersvale"), story)
    yield Made(made.name, made.data, made.facts, ["Deleted words"])

    cell = "<table:table-cell><text:p>%s</text:p></table:table-cell>"
    rows = wages("Nora Salter", "Viktor Galt", "Yara Wick")
    body = "".join(
        f"<table:table-row>{''.join(cell % text for text in row)}</table:table-row>"
        for row in (WAGE_HEADINGS, *(cells for cells, _, _ in rows))
    )
    sheet = f'<table:table table:name="Wages">{body}</table:table>'
    yield told("wages.ods", _odf("spreadsheet", sheet, "Wages"), rows_told(WAGE_HEADINGS, rows))

    story = stories("museum", "Sandoy", 6)
    frame = "<draw:frame %s><draw:text-box><text:p>%s</text:p></draw:text-box></draw:frame>"
    body, facts = "", []
    for page in (1, 2, 3):
        pair = story[2 * page - 2 : 2 * page]
        title = frame % ('presentation:class="title"', f"Hall {page}")
        body += f"<draw:page>{title}{''.join(frame % ('', one.sentence) for one in pair)}"
        body += "</draw:page>"
        facts += [Fact(one, "tour.odp", page) for one in pair]
    yield Made("tour.odp", _odf("presentation", body, "A tour in three halls"), facts)


def slides() -> Iterator[Made]:
    story = stories("expedition", "Halland")
    deck = pptx.Presentation()
    deck.core_properties.title = "The Halland expedition"
    facts = []
    for page in (1, 2, 3):
        mine = story[3 * page - 3 : 3 * page]
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text_frame.text = f"Part {page}"
        box = slide.shapes.add_textbox(0, Inches(2), Inches(8), Inches(3)).text_frame
        box.text = "\n".join(plain(mine[:2]))
        slide.notes_slide.notes_text_frame.text = mine[2].sentence
        facts += [Fact(one, "halland.pptx", page) for one in mine]
    yield Made("halland.pptx", settled(pptx_of(deck)), facts)

    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[6])
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text_frame.text = "Lighthouses"
    rows = lamps("Mull Head", "Tarn Point", "Egret Bank")
    table = slide.shapes.add_table(4, 3, 0, Inches(2), Inches(8), Inches(2)).table
    for y, row in enumerate((LAMP_HEADINGS, *(cells for cells, _, _ in rows))):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
    shown = rows_told(LAMP_HEADINGS, rows)
    yield told("lighthouses.pptx", settled(pptx_of(deck)), shown, page=2)


def tables() -> Iterator[Made]:
    rows = wages("Lasse Duarte", "Hedda Ilves", "Bruno Lorne")
    sheet: list[list[object]] = [
        list(WAGE_HEADINGS),
        *(list[object](cells) for cells, _, _ in rows),
    ]
    ferry: list[list[object]] = [
        ["Timetable of the ferry"],
        ["Quay", "Since", "Fare", "Winter"],
        ["Tern Steps", date(1998, 4, 6), 2.5, True],
        ["Otter Wharf", date(2003, 9, 1), 4, False],
    ]
    facts = [
        Told("Quay: Tern Steps; Since: 1998-04-06; Fare: 2.5; Winter: TRUE.",
             "Since when does the ferry call at Tern Steps?", "1998-04-06"),
        Told("Quay: Otter Wharf; Since: 2003-09-01; Fare: 4; Winter: FALSE.",
             "What is the fare to Otter Wharf?", "4"),
    ]  # fmt: skip
    book = settled(xlsx_of({"Wages": sheet, "Ferry": ferry}, "The harbour's book"))
    yield told("harbour-book.xlsx", book, [*rows_told(WAGE_HEADINGS, rows), *facts])

    rows = lamps("Holm Light", "Ternfoot", "Black Spit")
    book = settled(
        xlsx_of({"Lamps": [list(LAMP_HEADINGS), *(list[object](cells) for cells, _, _ in rows)]})
    )
    yield told("lamps.xlsx.gz", gzipped(book), rows_told(LAMP_HEADINGS, rows))

    rows = lamps("Ansgar Rock", "West Pillar", "Dunlin Sands")
    text = _separated(LAMP_HEADINGS, rows, ",", "\n", quote='"')
    yield told("lamps.csv", text.encode(), rows_told(LAMP_HEADINGS, rows))

    rows = wages("Astrid Thorne", "Ivo Marchetti", "Sofia Renner")
    text = _separated(WAGE_HEADINGS, rows, "\t", "\r\n")
    yield told("wages.tsv", text.encode("utf-16"), rows_told(WAGE_HEADINGS, rows))

    bread: list[Row] = [
        (
            ("Café Löwe", "rye, with caraway", "3,40"),
            "What does the bread of Café Löwe cost?",
            "3,40",
        ),
        (("Bäckerei Größ", "spelt", "4,15"), "Which bread does Bäckerei Größ bake?", "spelt"),
    ]
    headings = ("Baker", "Bread", "Price")
    text = _separated(headings, bread, ";", "\r\n")
    yield told("bakers.csv", text.encode("cp1252"), rows_told(headings, bread))

    complaints: list[Row] = [
        (("7 May", "The fog horn is too loud. It wakes the hens!", "Pia Nadir"),
         "Who complained that the fog horn is too loud?", "Pia Nadir"),
        (("9 May", "No horn was heard at all, and the hens slept on.", "Oskar Thorne"),
         "When was no horn heard at all?", "9 May"),
    ]  # fmt: skip
    headings = ("Day", "Complaint", "From")
    text = _separated(headings, complaints, ",", "\n", quote='"')
    text = text.replace("loud. It", "loud.\nIt")
    yield told("complaints.csv.gz", gzipped(text.encode()), rows_told(headings, complaints))


def _separated(
    headings: Sequence[str], rows: Sequence[Row], comma: str, end: str, quote: str = ""
) -> str:
    lines = (headings, *(cells for cells, _, _ in rows))
    return end.join(comma.join(f"{quote}{cell}{quote}" for cell in line) for line in lines)


PACKAGE = """\
<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The ice and the kettle</dc:title><dc:creator>Inge Corvin</dc:creator>
<dc:date>1931</dc:date></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""


def book() -> Made:
    one, two = stories("ship", "Kittiwake"), stories("expedition", "Kittiwake")

    def pages(title: str, story: list[Told]) -> str:
        return chapter(f"<h1>{title}</h1>" + "".join(f"<p>{text}</p>" for text in prose_of(story)))

    data = packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": PACKAGE,
            "OEBPS/nav.xhtml": chapter("<ol><li>Table of contents</li></ol>"),
            "OEBPS/two.xhtml": pages("On the ice", two),
            "OEBPS/one.xhtml": pages("The ship", one),
        }
    )
    return told("ice-and-kettle.epub", data, [*one, *two])


def mail() -> Iterator[Made]:
    story = stories("school", "Ferncliff", 4)
    message = _message("Greta Yates <greta@example.org>", "About the school", "Tue, 07 Mar 2023")
    quoted = Told("> The boiler of the school will be replaced in August.",
                  "When will the boiler of the school be replaced?", "in August")  # fmt: skip
    body = f"{' '.join(plain(story))}\n\nOn Monday, the caretaker wrote:\n{quoted.sentence}\n"
    message.set_content(body, cte="quoted-printable", charset="utf-8")
    header = Told(
        "From: Greta Yates <greta@example.org>; To: parents@example.org; "
        "Date: Tue, 07 Mar 2023 10:00:00 +0000; Subject: About the school",
        "When did Greta Yates write?",
        "Tue, 07 Mar 2023",
    )
    yield told("about-the-school.eml", message.as_bytes(), [*story, quoted, header])

    story = stories("company", "Lumley Valves", 5)
    message = _message("Felix Brandt <felix@example.org>", "The quarter", "Wed, 12 Apr 2023")
    markup = "<style>p{}</style>" + "".join(f"<p>{sentence}</p>" for sentence in plain(story))
    message.set_content(markup, subtype="html", cte="base64")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="figures.pdf")
    message.set_boundary("harbour")
    yield told("the-quarter.eml", message.as_bytes(), story)

    told_of = [stories("ship", name, 3) for name in ("Drossel", "Ortolan")]
    box = b""
    for story, day in zip(told_of, ("Mon Jun  5", "Tue Jun  6"), strict=True):
        message = _message("Ivo Lorne <ivo@example.org>", "Ships", f"{day[:3]}, {day[-1]} Jun 1893")
        message.set_content("\n\n".join(plain(story)))
        box += f"From ivo@example.org {day} 10:00:00 1893\n".encode() + message.as_bytes() + b"\n"
    yield told("ships.mbox", box, [one for story in told_of for one in story])


def _message(sender: str, subject: str, day: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, "parents@example.org"
    message["Date"], message["Subject"] = f"{day} 10:00:00 +0000", subject
    return message


def archive() -> Made:
    """A zip whose members are documents, with one that is none."""
    town, museum = stories("town", "Quillon"), stories("museum", "Quillon", 5)
    page = "".join(f"<p>{sentence}</p>" for sentence in plain(museum))
    name = "quillon.zip"
    data = packed(
        {
            "quillon/town.txt": "\n\n".join(prose_of(town)),
            "quillon/pages/museum.html": f"<html><body>{page}</body></html>",
            "quillon/picture.png": b"\x89PNG\r\n\x1a\n",
        }
    )
    facts = [Fact(one, f"{name}/quillon/town.txt") for one in town]
    facts += [Fact(one, f"{name}/quillon/pages/museum.html") for one in museum]
    return Made(name, data, facts)

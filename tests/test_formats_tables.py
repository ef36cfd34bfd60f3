"""Spreadsheets and tables in text: a row is exactly one sentence, with its headings."""

import io
import zipfile
from datetime import date, datetime, time

import docx
import openpyxl
import pytest
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement

from embeddings.documents import parse_document
from embeddings.errors import DocumentError
from embeddings.readers.rows import MAX_CELLS, prose_table_blocks
from embeddings.sentences import ROW_END, Span, split_sentences
from tests.formats import odf_of, sentences_of, text_of, xlsx_of, zip_of

CSV = (
    "Name,Born,Remark\n"
    'Ada Lovelace,1815,"Wrote note G. It has a table! ""Really?"" Yes."\n'
    ",,\n"
    '"Babbage,\nCharles",1791,\n'
    "Mary Somerville,1780,Fife\n"
)
CSV_ROWS = [
    'Name: Ada Lovelace; Born: 1815; Remark: Wrote note G. It has a table! "Really?" Yes.',
    "Name: Babbage, Charles; Born: 1791.",
    "Name: Mary Somerville; Born: 1780; Remark: Fife.",
]


def test_a_row_is_one_sentence_whatever_is_in_its_cells() -> None:
    assert sentences_of(CSV.encode(), "people.csv") == CSV_ROWS


def test_the_spans_of_rows_are_exact_and_their_mark_is_outside() -> None:
    text = text_of(b"A,B\n1. One,2\n3,4", "a.csv")
    assert text == f"A: 1. One; B: 2.{ROW_END}\nA: 3; B: 4.{ROW_END}"
    assert split_sentences(text) == [Span(0, 16), Span(18, 29)]


def test_rows_of_like_width_are_not_taken_for_wrapped_prose() -> None:
    lines = [f"Row number {n} of a long table of rows that are,of one width" for n in range(5)]
    rows = sentences_of("\n".join(["Left,Right", *lines]).encode(), "a.csv")
    assert rows[0] == "Left: Row number 0 of a long table of rows that are; Right: of one width."
    assert len(rows) == 5


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found(delimiter: str, encoding: str) -> None:
    rows = [["Café", "Größe, in m²"], ["Löwe", "1,5"], ["Bär", "2,25"], ["Müller", "1"]]
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    data = "\r\n".join(map(delimiter.join, quoted)).encode(encoding)
    assert sentences_of(data, "a.csv") == [
        "Café: Löwe; Größe, in m²: 1,5.",
        "Café: Bär; Größe, in m²: 2,25.",
        "Café: Müller; Größe, in m²: 1.",
    ]


def test_a_spreadsheets_own_hint_names_the_delimiter() -> None:
    assert sentences_of(b"sep=:\nName:Born\nAda:1815", "a.csv") == ["Name: Ada; Born: 1815."]


def test_tables_without_headings_and_of_one_column() -> None:
    assert sentences_of(b"Ada\t1815\nMary\t1780", "a.tsv") == ["Ada; 1815.", "Mary; 1780."]
    assert sentences_of(b"Name\nAda L. Jones.\nMary", "a.csv") == [
        "Name: Ada L. Jones.",
        "Name: Mary.",
    ]
    assert sentences_of(b"Name,Born", "a.csv") == ["Name; Born."]


@pytest.mark.parametrize(
    "heads",
    [
        ["2021", "2022", "2023"],
        ["2010", "2020", "2023"],
        ["2023", "2022", "%"],
        ["2022/23", "2023/24", "2024/25"],
        ["2023-01", "2023-02", "2023-03"],
        ["2023-01-31", "2023-02-28", "2023-03-31"],
        ["31.1.2023", "28.2.2023", "31.3.2023"],
        ["8:00", "9:30", "11:00"],
        ["Q1", "Q2", "Total"],
        ["FY2021", "FY2022", "FY2023"],
    ],
)
@pytest.mark.parametrize("corner", ["Station", ""])
def test_periods_above_something_else_are_headings(heads: list[str], corner: str) -> None:
    table = f"{corner}|{'|'.join(heads)}\nMallaig|20|22|25\nOban|7|1999|\n"
    lead = corner and f"{corner}: "
    assert sentences_of(table.encode(), "a.csv") == [
        f"{lead}Mallaig; {heads[0]}: 20; {heads[1]}: 22; {heads[2]}: 25.",
        f"{lead}Oban; {heads[0]}: 7; {heads[1]}: 1999.",
    ]


def test_years_at_even_distances_are_headings_above_amounts_that_look_like_years() -> None:
    table = b"Station,1991,2001,2011\nMallaig,1850,1900,2010\nOban,1710,1720,1740"
    assert sentences_of(table, "a.csv") == [
        "Station: Mallaig; 1991: 1850; 2001: 1900; 2011: 2010.",
        "Station: Oban; 1991: 1710; 2001: 1720; 2011: 1740.",
    ]


def test_one_year_is_a_heading_above_numbers_that_are_none() -> None:
    assert sentences_of(b"Item,Unit,2023\nRent,EUR,1200\nFood,EUR,-", "a.csv") == [
        "Item: Rent; Unit: EUR; 2023: 1200.",
        "Item: Food; Unit: EUR; 2023: -.",
    ]


def test_years_are_headings_above_words() -> None:
    assert sentences_of(b"Prize,2021,2022\nBest boat,Gull,Skua", "a.csv") == [
        "Prize: Best boat; 2021: Gull; 2022: Skua."
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ["20,22,25", "21,23,26"],  # numbers only
        ["2021,2022,2023", "20,22,25"],
        ["Mallaig,20,22", "Oban,7,9"],  # ordinary numbers
        ["Rent,1200,1250", "Food,300,310"],
        ["Rent,2000,1900,1950", "Food,300,310,320"],
        ["Rent,2000,2000", "Food,300,310"],
        ["Mallaig,2021,20", "Oban,2022,7"],
        ["Ada,1815,1852", "Mary,1780,1872", "Grace,1815,"],  # years below years
        ["Spring,1999,2000,2001", "Autumn,2000,2001,2002"],
        ["Gulls,2-1,3-0", "Skuas,0-0,1-1"],
        ["2023-01-31,Rent,paid", "2023-02-28,Food,open"],
        ["Ada,1815,Kent", "Mary,1780,Fife"],
        ["Ada,1815,Kent", "Mary,unknown,Fife"],
        ["Founded,1998", "Boats,25"],  # names and values
    ],
)
def test_rows_of_data_are_no_headings(rows: list[str]) -> None:
    expected = [f"{row.rstrip(',').replace(',', '; ')}." for row in rows]
    assert sentences_of("\n".join(rows).encode(), "a.csv") == expected


def test_a_table_is_titled_by_its_file_not_by_a_row() -> None:
    assert parse_document(CSV.encode(), "lists/my_people.csv").title == "my people"


PEOPLE: list[list[object]] = [
    ["The people of the harbour."],
    [],
    ["Name", "Born", "Share", "Since", "Seen", "At", "Keeper"],
    ["Ada. L.\nJones", 1815, 0.1, date(1843, 6, 5), datetime(1844, 1, 2, 3, 4), time(9, 30), True],
    [None, None, None],
    ["Mary", 1780, 3.0],
]


def test_a_workbook_is_read_sheet_by_sheet() -> None:
    data = xlsx_of({"Staff": PEOPLE, "Sheet2": [["Boat", "Length"], ["Gull", 12]], "Empty": []})
    assert sentences_of(data, "a.xlsx") == [
        "Staff",
        "The people of the harbour.",
        "Name: Ada. L. Jones; Born: 1815; Share: 0.1; Since: 1843-06-05; "
        "Seen: 1844-01-02 03:04; At: 09:30:00; Keeper: TRUE.",
        "Name: Mary; Born: 1780; Share: 3.",
        "Boat: Gull; Length: 12.",
    ]
    assert parse_document(data, "my_list.xlsx").title == "my list"
    assert parse_document(xlsx_of({"S": [["a"]]}, "Harbour"), "a.xlsx").title == "Harbour"


@pytest.mark.parametrize(
    ("heads", "read"),
    [
        ([2023, 2024], ["2023", "2024"]),
        (["2023", "2024"], ["2023", "2024"]),
        ([2023.0, 2024.0], ["2023", "2024"]),
        ([date(2023, 12, 31), date(2024, 12, 31)], ["2023-12-31", "2024-12-31"]),
    ],
)
def test_periods_are_headings_whatever_a_workbook_keeps_them_as(
    heads: list[object], read: list[str]
) -> None:
    data = xlsx_of({"Sheet1": [["Item", *heads], ["Rent", 1200, 1250], ["Food", 300.5, None]]})
    assert sentences_of(data, "a.xlsx") == [
        f"Item: Rent; {read[0]}: 1200; {read[1]}: 1250.",
        f"Item: Food; {read[0]}: 300.5.",
    ]


def test_a_hidden_sheet_is_not_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Seen."])
    hidden = book.create_sheet("Hidden")
    hidden.append(["Secret."])
    hidden.sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    assert sentences_of(buffer.getvalue(), "a.xlsx") == ["Seen."]


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1:XFD1048576"/><sheetData>%s</sheetData></worksheet>'
)


def with_sheet(rows: str, before: str = "") -> bytes:
    """A workbook whose one sheet is written by hand."""
    with zipfile.ZipFile(io.BytesIO(xlsx_of({"Sheet": [["x"]]}))) as archive:
        members: dict[str, str | bytes] = {n: archive.read(n) for n in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = before + SHEET % rows
    return zip_of(members)


def test_formulas_count_by_their_last_value() -> None:
    row = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Sum</t></is></c><c r="B1"><f>1+1</f><v>2</v></c>'
        '<c r="C1"><f>1+2</f></c><c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    assert sentences_of(with_sheet(row), "a.xlsx") == ["Sum; 2."]


def test_a_sheet_that_says_it_is_huge_costs_what_it_holds() -> None:
    row = '<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'
    assert sentences_of(with_sheet(row), "a.xlsx") == ["7"]


def test_a_sheet_of_too_many_cells_is_refused() -> None:
    wide = "".join(f'<row r="{n}"><c r="XFD{n}"><v>7</v></c></row>' for n in range(1, 400))
    with pytest.raises(DocumentError, match=rf"^a\.xlsx: more than {MAX_CELLS:,} cells; remove"):
        parse_document(with_sheet(wide), "a.xlsx")


def test_entities_in_a_workbook_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
    with pytest.raises(DocumentError, match=r"^a\.xlsx: broken \.xlsx \(Unable to read work"):
        parse_document(with_sheet(row, bomb), "a.xlsx")


def test_an_opendocument_spreadsheet() -> None:
    cell = "<table:table-cell>%s</table:table-cell>"
    paragraph = "<text:p>%s</text:p>"

    def row(*cells: str, repeat: str = "") -> str:
        inner = "".join(cell % "".join(paragraph % p for p in c.split("|")) for c in cells)
        gap = '<table:table-cell table:number-columns-repeated="99999999"/>'
        return f"<table:table-row {repeat}>{inner}{gap}</table:table-row>"

    rows = row("Name", "Born") + row("Ada. L.|Jones", "1815")
    rows += row(repeat='table:number-rows-repeated="1048573"') + row("Mary", "1780")
    sheet = f'<table:table table:name="Staff">{rows}</table:table>'
    people = ["Name: Ada. L. Jones; Born: 1815.", "Name: Mary; Born: 1780."]
    assert sentences_of(odf_of("spreadsheet", sheet), "a.ods") == people
    two = odf_of("spreadsheet", sheet + sheet.replace("Staff", "Guests"))
    assert sentences_of(two, "a.ods") == ["Staff", *people, "Guests", *people]
    rows = row("Item", "2023", "2024") + row("Rent", "1200", "1250")
    years = odf_of("spreadsheet", f'<table:table table:name="Staff">{rows}</table:table>')
    assert sentences_of(years, "a.ods") == ["Item: Rent; 2023: 1200; 2024: 1250."]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (b"", "a.csv", "a.csv: no text in it; fill it or remove it"),
        (b",,\n;;", "b.csv", None),
        (b"PK\x03\x04", "a.csv", "a.csv: binary content under a text file's name; rename or re"),
        (b'a,b\n"' + b"x" * 200_000, "a.csv", "a.csv: broken table (field larger than field l"),
        (b"a,b", "a.xlsx", "a.xlsx: not a .xlsx (not a zip archive); open it in Excel and save it"),
        (b"\xd0\xcf\x11\xe0", "a.xlsx", "a.xlsx: not a .xlsx but an old .xls or a password-pro"),
        (zip_of({"a.txt": "x"}), "a.xlsx", "a.xlsx: broken .xlsx ("),
        (xlsx_of({"Sheet": []}), "a.xlsx", "a.xlsx: no text in it; fill it or remove it"),
        (xlsx_of({"Sheet": PEOPLE})[:-200], "a.xlsx", "a.xlsx: broken .xlsx (File is not a zip"),
    ],
)
def test_tables_that_cannot_be_read(data: bytes, path: str, message: str | None) -> None:
    if message is None:
        assert sentences_of(data, path) == [";;"]
        return
    with pytest.raises(DocumentError) as caught:
        parse_document(data, path)
    assert str(caught.value).startswith(message)


# --- Tables in running text


@pytest.mark.parametrize(
    ("rows", "blocks"),
    [
        # Three columns, the first row without a figure: headings.
        (
            [["", "Lit", "Keeper"], ["Skua Rock", "1871", "Ada"], ["Broad Ness", "1902", ""]],
            ["Skua Rock; Lit: 1871; Keeper: Ada.", "Broad Ness; Lit: 1902."],
        ),
        # Two columns name what is below them only where that is figures.
        ([["Quay", "Depth"], ["North", "9 m"]], ["Quay: North; Depth: 9 m."]),
        ([["Name", "Ada"], ["Born", "London"]], ["Name; Ada.", "Born; London."]),
        ([["Built", "1871"], ["Height", "31 m"]], ["Built; 1871.", "Height; 31 m."]),
        # A figure names a column only where it is a period, and no other is below it.
        ([["Item", "2023", "FY 2024"], ["Rent", "9", "8"]], ["Item: Rent; 2023: 9; FY 2024: 8."]),
        ([["Item", "Q1", "2024 Q2"], ["Rent", "9", "8"]], ["Item: Rent; Q1: 9; 2024 Q2: 8."]),
        ([["Skua", "1871", "1902"], ["Ness", "1902", ""]], ["Skua; 1871; 1902.", "Ness; 1902."]),
        ([["Skua", "31 m", "Ada"], ["Ness", "9", "Ivo"]], ["Skua; 31 m; Ada.", "Ness; 9; Ivo."]),
        ([["Alone", "here"]], ["Alone; here."]),
        ([["", " "], []], []),
    ],
)
def test_which_tables_in_running_text_have_headings(
    rows: list[list[str]], blocks: list[str]
) -> None:
    assert prose_table_blocks(rows) == [block + ROW_END for block in blocks]


def test_a_table_that_holds_prose_is_not_made_into_sentences() -> None:
    prose = "The lamp was lit in May. " * 9
    assert prose_table_blocks([["Lamp", prose], ["", "Fog"]]) == [f"Lamp | {prose.strip()}", "Fog"]


def test_cells_of_a_page_that_name_columns_are_told_from_others() -> None:
    def page(cells: str) -> bytes:
        return f"<body><p>Birds.</p><table>{cells}</table></body>".encode()

    head = "<tr><th>Bird</th><th>Where</th></tr>"
    row = "<tr><td>Heron</td><td>reeds</td></tr>"
    assert sentences_of(page(head + row), "a.html") == ["Birds.", "Bird: Heron; Where: reeds."]
    assert sentences_of(page(row + row), "a.html")[1:] == ["Heron; reeds."] * 2
    sideways = "<tr><th>Bird</th><td>Heron</td></tr><tr><th>Where</th><td>reeds</td></tr>"
    assert sentences_of(page(sideways), "a.html")[1:] == ["Bird; Heron.", "Where; reeds."]
    caption = "<caption>Seen in May.</caption>"
    assert sentences_of(page(caption + head + row), "a.html")[1] == "Seen in May."
    # What lays out a page is no row.
    layout = "<tr><td><p>One. Two.</p><p>Three.</p></td><td>Four.</td></tr>"
    assert sentences_of(page(layout), "a.html")[1:] == ["One.", "Two.", "Three.", "Four."]


def test_a_row_that_word_repeats_on_every_page_holds_the_headings() -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["Keeper", "Quay", "Ada", "North"], strict=True):
        cell.text = text
    assert sentences_of(saved(document), "a.docx") == ["Keeper; Quay.", "Ada; North."]
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    assert sentences_of(saved(document), "a.docx") == ["Keeper: Ada; Quay: North."]


def saved(document: WordDocument) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()

"""Excel workbooks (.xlsx) → a line per row, sheet by sheet, each cell behind its heading."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from embeddings.readers.archive import open_archive
from embeddings.readers.content import Content, parsing
from embeddings.readers.core_date import core_date
from embeddings.readers.rows import check_cells, row_block, table_blocks

_ADVICE = "open it in Excel and save it again"
_DEFAULT_NAME = re.compile(r"(sheet|tabelle|feuil|hoja|foglio|blad|planilha|лист)\s?\d*", re.I)


def read_xlsx(data: bytes) -> Content:
    """The rows of the visible sheets, a sheet's name above its own unless a program gave it.

    Of a formula the value that was last computed is read; one never computed, or that is an
    error, is an empty cell. The title is the workbook's property.
    """
    with (
        open_archive(data, ".xlsx", ".xls", _ADVICE),
        parsing(".xlsx", f"{_ADVICE}, or remove it"),
        warnings.catch_warnings(),
    ):
        import openpyxl

        warnings.simplefilter("ignore")  # openpyxl says what it does not keep for writing
        workbook = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False
        )
        core = workbook.properties
        title, author, date = core.title, core.creator, core_date(core)
        lines: list[str] = []
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                continue
            rows = table_blocks(list(_rows(sheet)))
            if rows and not _DEFAULT_NAME.fullmatch(sheet.title):
                lines.append(row_block([sheet.title]))
            lines += rows
        workbook.close()
    return Content(title or None, "\n".join(lines), author=author, date=date)


def _rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what a file says of its size is not to be relied on
    count = 0
    for row in sheet.iter_rows():
        count += 1 + len(row)
        check_cells(count)
        cells = [_text(cell) for cell in row]
        if any(cells):
            yield cells


def _text(cell: Any) -> str:
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)

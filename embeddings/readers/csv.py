"""Tables in text (.csv, .tsv) → a line per row, each cell behind its heading."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

from embeddings.readers.content import Content, parsing
from embeddings.readers.rows import table_blocks
from embeddings.readers.text import decode, normalise

_DELIMITERS = "\t;,|"
_SAMPLE_ROWS = 100
_SAMPLE_CHARS = 100_000
_EXCEL_HINT = re.compile(r"sep=(.)\n", re.I)


def read_csv(data: bytes) -> Content:
    """The rows; the delimiter is the one that gives most rows the same number of cells."""
    text = normalise(decode(data))
    hint = _EXCEL_HINT.match(text)
    delimiter = hint[1] if hint else _delimiter(text[:_SAMPLE_CHARS])
    with parsing("table", "check its quotation marks or save it again as CSV"):
        body = io.StringIO(text[hint.end() :] if hint else text, newline="")
        rows = list(csv.reader(body, delimiter=delimiter, skipinitialspace=True))
    return Content(None, "\n".join(table_blocks(rows)))


def _delimiter(sample: str) -> str:
    """The likeliest of `_DELIMITERS`; a comma where each row is one cell by all of them."""
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(row) for row in islice(reader, _SAMPLE_ROWS) if row)
        except csv.Error:
            continue
        width, rows = max(widths.items(), key=lambda item: item[1], default=(0, 0))
        score = (rows / max(1, widths.total()), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best

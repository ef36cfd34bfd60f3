"""PDF → plain text, and where each of its characters stands.

pdf_chars → pdf_pieces → pdf_furniture → pdf_rows → pdf_regions → pdf_order → pdf_table → reflow
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from embeddings.layout import LayoutInMemory, PlacedLine, pack_page
from embeddings.readers.content import Content
from embeddings.readers.pdf_chars import read_chars
from embeddings.readers.pdf_furniture import without_furniture
from embeddings.readers.pdf_order import in_order
from embeddings.readers.pdf_pieces import pieces_of
from embeddings.readers.pdf_table import lines_of
from embeddings.readers.pdfium import opened
from embeddings.readers.reflow import Flow, Line, flow

_NOTE = re.compile(r"(?:\d{1,3}|[*†‡§¶]{1,3}|\(\d{1,3}\)|\[\d{1,3}\])\W*\w")
_SMALLER = 0.93


def read_pdf(data: bytes) -> Content:
    """The text as flowing paragraphs, where each page starts in it, and the metadata's title."""
    pieces: list[Line] = []
    sizes: list[float] = []
    hidden: dict[int, int] = {}
    with opened(data) as pdf:
        title, author, date = map(pdf.get_metadata_value, ("Title", "Author", "CreationDate"))
        for number in range(len(pdf)):
            with closing(pdf[number]) as page:
                chars = read_chars(page)
                sizes.append(chars.height)
                if chars.hidden:
                    hidden[number + 1] = chars.hidden
                for direction in pieces_of(chars, number):
                    pieces += direction
    flowed = flow(_with_notes(_lines(without_furniture(pieces, sizes))), len(sizes))
    return Content(
        title or None,
        flowed.text,
        flowed.pages,
        author=author,
        date=date,
        layout=_layout(flowed),
        notes=_notes(hidden),
    )


def _lines(pieces: Sequence[Line]) -> list[Line]:
    """The pieces as lines in the order of reading, page by page."""
    pages: dict[tuple[int, int, bool], list[Line]] = defaultdict(list)
    for piece in pieces:
        pages[piece.page, piece.turn, piece.note].append(piece)
    return [line for page in pages.values() for group in in_order(page) for line in lines_of(group)]


def _with_notes(lines: Sequence[Line]) -> list[Line]:
    """The lines, with those marked that would interrupt the text: footnotes, and what stands askew.

    A footnote begins with a number or a sign, in smaller type than most of the document, and
    nothing in larger type stands below it in its column.
    """
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.height, 1)] += len(line.text)
    usual = sizes.most_common(1)[0][0] if sizes else 0.0
    by_page: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    marked: list[Line] = []
    for page in by_page.values():
        turns: Counter[int] = Counter()
        for line in page:
            turns[line.turn] += 0 if line.note else len(line.text)
        upright = turns.most_common(1)[0][0]
        body = [line for line in page if line.height >= _SMALLER * usual]
        noted = False
        for line in page:
            small = 0 < line.height < _SMALLER * usual and not line.row and line.turn == upright
            if not small or not body or any(_stands_below(other, line) for other in body):
                noted = False
            elif _NOTE.match(line.text):
                noted = True
            askew = line.turn != upright and not line.row
            marked.append(replace(line, note=True) if noted or askew else line)
    return marked


def _stands_below(one: Line, other: Line) -> bool:
    """Whether the one line is below the other, in one column with it."""
    return one.bottom < other.bottom and one.left < other.right and other.left < one.right


def _layout(flowed: Flow) -> LayoutInMemory:
    pages: dict[int, list[PlacedLine]] = defaultdict(list)
    for line, start, length in flowed.placed:
        if len(line.edges):
            edges = line.edges[:length]
            if length < len(line.edges):  # the hyphen is marked with the letter before it
                edges = edges.copy()
                edges[-1, 1] = line.edges[-1, 1]
            pages[line.page + 1].append(
                PlacedLine(start, edges, line.near, line.far, line.turn % 2 == 1)
            )
    return LayoutInMemory(tuple(pack_page(page, pages[page]) for page in sorted(pages)))


def _notes(hidden: dict[int, int]) -> tuple[str, ...]:
    if not hidden:
        return ()
    shown = ", ".join(map(str, list(hidden)[:5])) + (" and others" if len(hidden) > 5 else "")
    return (
        f"{sum(hidden.values()):,} characters that cannot be seen were left out (page {shown}): "
        "they have no ink, the colour of the paper or no size to speak of, or lie behind something "
        "or off the page",
    )

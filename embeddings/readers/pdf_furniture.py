"""Which lines of a PDF are furniture: running heads, running feet and page numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from embeddings.readers.reflow import Line

_MARGIN = 1 / 12  # the share of the page's height where running heads and page numbers stand
_WIDE_MARGIN = 1 / 7  # where they stand only if nothing else stands further out
_PAGES = 3
_LEVEL = 3.0  # points
_DENSE = 0.4
_NEIGHBOURS = 4
_APART = 0.6  # of the height of the type
_NUMBER = re.compile(r"\b[0-9]{1,4}\b")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page |p\. ?|seite )?(\d{1,4}|[ivxlc]{1,7})(?:(?: of | ?/ ?)\d{1,4})?\W*",
    re.I,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def without_furniture(lines: Sequence[Line], page_heights: Sequence[float]) -> list[Line]:
    """The lines without running heads and page numbers.

    Those are lines in the top or bottom margin, at one height on three pages: of the same text,
    or with a number that counts with the pages. A line that is only such a number needs two pages,
    and so does any line in a document of two.
    """
    pages = len(page_heights)
    if pages < 2:
        return list(lines)
    marks: dict[int, list[str | int]] = {}
    alike: dict[tuple[str | int, int], set[int]] = defaultdict(set)
    for at, line in enumerate(lines):
        if line.turn == 0 and _margin(line, page_heights) <= _WIDE_MARGIN:
            counted = [int(number) - line.page for number in _NUMBER.findall(line.text)]
            if _PAGE_NUMBER.fullmatch(line.text):
                counted += _roman(line)
            elif _margin(line, page_heights) > _MARGIN:
                counted = []  # headings are numbered too
            marks[at] = [line.text, *counted]
            for mark in marks[at]:
                for step in (-1, 0, 1):  # lines that stand a little higher or lower count too
                    alike[mark, _height(line) + step].add(line.page)
    spread = {key: (len(on), max(on) - min(on) + 1) for key, on in alike.items()}
    removed = {
        at
        for at in marks
        if any(_recurs(lines[at], mark, spread, page_heights) for mark in marks[at])
    }
    numbers = {at for at in removed if _PAGE_NUMBER.fullmatch(lines[at].text)}
    inside = {at for at in removed if _margin(lines[at], page_heights) > _MARGIN}
    unsure = inside if pages >= _PAGES else inside | removed - numbers
    removed -= {at for at in unsure if not _outermost(at, lines, removed, page_heights)}
    numbers &= removed
    removed |= {at for at in marks if any(_level(lines[at], lines[n]) for n in _near(at, numbers))}
    return [line for at, line in enumerate(lines) if at not in removed]


def _recurs(
    line: Line,
    mark: str | int,
    spread: dict[tuple[str | int, int], tuple[int, int]],
    page_heights: Sequence[float],
) -> bool:
    """Whether enough pages have a line with that mark at this height."""
    pages, stretch = spread[mark, _height(line)]
    if isinstance(mark, int):
        return pages >= (2 if _PAGE_NUMBER.fullmatch(line.text) else _PAGES)
    # Where words may stand too, those of a chapter's head stand on page after page.
    return pages >= min(_PAGES, len(page_heights)) and (
        _margin(line, page_heights) <= _MARGIN or pages >= _DENSE * stretch
    )


def _height(line: Line) -> int:
    return round(line.bottom / _LEVEL)


def _near(at: int, among: set[int]) -> list[int]:
    return [n for n in range(at - _NEIGHBOURS, at + _NEIGHBOURS + 1) if n in among and n != at]


def _level(line: Line, other: Line) -> bool:
    """Whether both stand at one height of a page, like the two halves of a running head."""
    return line.page == other.page and abs(line.bottom - other.bottom) <= _LEVEL


def _margin(line: Line, page_heights: Sequence[float]) -> float:
    """How far inside the page the line begins, as a share of the page's height."""
    height = page_heights[line.page]
    return min(line.bottom, height - line.top) / height if height else 1.0


def _outermost(
    at: int, lines: Sequence[Line], removed: set[int], page_heights: Sequence[float]
) -> bool:
    """Whether the line stands outside of all that stays on its page, and clear of it."""
    line = lines[at]
    upper = line.bottom > page_heights[line.page] / 2
    first = last = at
    while first and lines[first - 1].page == line.page:
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].page == line.page:
        last += 1
    kept = [lines[n] for n in range(first, last + 1) if n not in removed]
    if len(kept) < 3:
        return False
    clear = _APART * line.height
    if upper:
        return all(other.top + clear <= line.bottom for other in kept)
    return all(other.bottom >= line.top + clear for other in kept)


def _roman(line: Line) -> list[int]:
    match = _PAGE_NUMBER.fullmatch(line.text)
    if match is None or match[1].isdigit():
        return []
    digits = [_ROMAN[letter] for letter in match[1].lower()]
    value = sum(
        -one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True)
    )
    return [value - line.page]

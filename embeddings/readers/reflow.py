"""The lines of a PDF → flowing paragraphs: where a line break is only the end of the paper.

A PDF knows neither paragraphs nor words across lines. What tells them is the place of the lines:
their distance, where they end, and how large they are. A wrong guess must not tear a sentence,
so a line that goes on in lower case is joined unless much speaks against it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_MARGIN = 1 / 12  # the share of the page's height where running heads and page numbers stand
_NEIGHBOURS = 4
_BULLET = re.compile(r"[•◦▪‣●○■\uf0b7]\s")
_ITEM = re.compile(r"[–*-]\s|\(?\d{1,2}[.)]\s|\(?[a-z][.)]\s")
_TERMINAL = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
_LEADER = re.compile(r"(?:\. ?){4}\s*\w+$")  # ". . . . 7" in a table of contents
_NUMBER = re.compile(r"\b[0-9]{1,4}\b")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_WORD_AT_START = re.compile(r"[^\W\d_]+")
_WORD_AT_END = re.compile(r"([^\W\d_]+)-$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, never empty, on 0-based `page`; in points from the page's lower left.

    `height` is that of the font, 0 where the place is not known.
    """

    text: str
    page: int
    left: float
    right: float
    bottom: float
    height: float


def without_furniture(lines: Sequence[Line], page_heights: Sequence[float]) -> list[Line]:
    """The lines without running heads and page numbers.

    Those are lines in the top or bottom margin that three pages have in common: the same text, or
    a number that counts with the pages.
    """
    pages_with: dict[str | int, set[int]] = defaultdict(set)
    marginal: dict[int, list[str | int]] = {}
    for at, line in enumerate(lines):
        margin = page_heights[line.page] * _MARGIN
        if line.bottom < margin or line.bottom + line.height > page_heights[line.page] - margin:
            numbers = [int(number) - line.page for number in _NUMBER.findall(line.text)]
            marginal[at] = [line.text, *numbers]
            for mark in marginal[at]:
                pages_with[mark].add(line.page)
    return [
        line
        for at, line in enumerate(lines)
        if all(len(pages_with[mark]) < 3 for mark in marginal.get(at, []))
    ]


def flow(lines: Sequence[Line], page_count: int) -> tuple[str, tuple[int, ...]]:
    """The text, and the offset in it at which each page starts.

    Paragraphs are parted by a blank line, lines inside one by a space, and a word hyphenated at
    a line's end is joined. A page without text starts where the next one does.
    """
    compounds = {match.lower() for line in lines for match in _COMPOUND.findall(line.text)}
    leading = _leading(lines)
    pieces: list[str] = []
    starts: list[int] = []
    length = 0
    for at, line in enumerate(lines):
        if at:
            joint = "\n\n" if _breaks(lines, at, leading) else " "
            if joint == " " and pieces[-1][-1] == "-":
                cut, joint = _hyphen_joint(pieces[-1], line.text, compounds)
                pieces[-1] = pieces[-1][: len(pieces[-1]) - cut]
                length -= cut
            pieces.append(joint)
            length += len(joint)
        starts += [length] * (line.page + 1 - len(starts))
        pieces.append(line.text)
        length += len(line.text)
    starts += [length] * (page_count - len(starts))
    if starts:
        starts[0] = 0
    return "".join(pieces), tuple(starts)


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance of two lines of a paragraph, in font heights: the lower quartile."""
    ratios = sorted(
        (above.bottom - line.bottom) / line.height
        for above, line in pairwise(lines)
        if above.page == line.page
        and line.height
        and 0.5 * line.height < above.bottom - line.bottom < 4 * line.height
    )
    return ratios[len(ratios) // 4] if ratios else 1.2


def _breaks(lines: Sequence[Line], at: int, leading: float) -> bool:
    """Whether a paragraph starts with `lines[at]`."""
    above, line = lines[at - 1], lines[at]
    ended = _TERMINAL.search(above.text) is not None
    goes_on = not ended and line.text[0].islower()
    if _LEADER.search(above.text) or _BULLET.match(line.text):
        return True
    if ended and _ITEM.match(line.text):
        return True
    if not (above.height and line.height):
        return not goes_on
    if abs(above.height - line.height) > 0.2 * max(above.height, line.height):
        return not goes_on
    column = _column_right(lines, at - 1)
    drop = above.bottom - line.bottom
    if above.page != line.page or drop < -0.5 * line.height:  # the next page or column
        return not goes_on and (ended or column - above.right > _room_needed(line))
    if drop > (1.6 if goes_on else 1.25) * leading * line.height:
        return True
    if ended and line.left - above.left > 0.7 * line.height:  # an indented first line
        return True
    column = max(column, _column_right(lines, at))
    needed = max(_room_needed(line), 0.4 * (column - above.left) if goes_on else 0.0)
    return column - above.right > needed


def _column_right(lines: Sequence[Line], at: int) -> float:
    """How far the lines around `lines[at]` reach that start about where it does."""
    line = lines[at]
    near = lines[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS + 1]
    return max(
        other.right
        for other in near
        if other.page == line.page and abs(other.left - line.left) <= 3 * line.height
    )


def _room_needed(line: Line) -> float:
    """The width of the first word and a space: with more room, the break before it was meant."""
    word = line.text.split(maxsplit=1)[0]
    return (line.right - line.left) * (len(word) + 1.5) / len(line.text)


def _hyphen_joint(before: str, after: str, compounds: set[str]) -> tuple[int, str]:
    """How many characters to cut from the end of `before`, and what to put between the two.

    The hyphen stays where the word stands hyphenated elsewhere in the same document.
    """
    head, tail = _WORD_AT_END.search(before), _WORD_AT_START.match(after)
    if head and tail and after[0].islower():
        return (0 if f"{head[1]}-{tail[0]}".lower() in compounds else 1), ""
    return 0, "" if before[-2:-1].isalnum() and after[0].isalnum() else " "

"""The lines of a PDF → flowing paragraphs: where a line break is only the end of the paper.

A PDF knows neither paragraphs nor words across lines. What tells them is the place of the lines:
their distance, where they end, and how large they are. A wrong guess must not tear a sentence,
so a line that goes on in lower case is joined unless much speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from embeddings.layout import Edges

_NEIGHBOURS = 4
_FILLED = 0.75  # of the widest, what lines of running text fill on average
_GAP = 2.4  # heights of the type from line to line, beyond which another block begins
_BULLET = re.compile(r"[•◦▪‣●○■\uf0b7]\s")
_ITEM = re.compile(r"[–*-]\s|\(?\d{1,2}[.)]\s|\(?[a-z][.)]\s")
_TERMINAL = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
_LEADER = re.compile(r"(?:\. ?){4}\s*\w+$")  # ". . . . 7" in a table of contents
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_WORD_AT_START = re.compile(r"[^\W\d_]+")
_WORD_AT_END = re.compile(r"([^\W\d_]+)-$")
_UNSPACED = re.compile(
    "[\u0e01-\u0e4f\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd\u2e80-\u312f\u3190-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f\U00020000-\U0003ffff]"
)
"""A character of Chinese, Japanese, Thai, Lao, Burmese or Khmer: no space parts words there."""
_WORD_UNSPACED = 9
"""The characters of a longer word of those of them that break lines between words, as Thai does."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text or a piece of one, never empty, on 0-based `page`.

    In points from the lower left of the page, turned clockwise by `turn` quarters so that the
    text stands upright. `height` is that of the font, 0 where the place is not known. `edges`,
    `near` and `far` are those of `layout.PlacedLine`. `row`: it is the row of a table; `note`: it
    belongs to a footnote.
    """

    text: str
    page: int
    left: float
    right: float
    bottom: float
    height: float
    turn: int = 0
    edges: Edges = field(default_factory=lambda: np.empty((0, 2), np.uint16), compare=False)
    near: int = 0
    far: int = 0
    row: bool = False
    note: bool = False

    @property
    def top(self) -> float:
        """Where the type ends above."""
        return self.bottom + self.height


class Flow(NamedTuple):
    """A text, the offset in it at which each page starts, and where each line went.

    A line stands at `text[start : start + length]`, without what was cut from its end.
    """

    text: str
    pages: tuple[int, ...]
    placed: list[tuple[Line, int, int]]


def flow(lines: Sequence[Line], page_count: int) -> Flow:
    """The lines as flowing text.

    Paragraphs are parted by a blank line, the rows of a table by a line end, lines inside a
    paragraph by a space, unless their language writes none, and a word hyphenated at a line's end
    is joined. Footnotes follow the paragraph that goes on when their page ends. A page without
    text starts where the next does.
    """
    compounds = {match.lower() for line in lines for match in _COMPOUND.findall(line.text)}
    body = [line for line in lines if not line.note]
    notes = [line for line in lines if line.note]
    sequence: list[tuple[str, Line]] = []
    waiting = list(zip(_joints(notes), notes, strict=True))[::-1]
    for joint, line in zip(_joints(body), body, strict=True):
        before = len(sequence)
        while joint != " " and waiting and waiting[-1][1].page < line.page:
            note_joint, note = waiting.pop()
            sequence.append(("\n\n" if len(sequence) == before else note_joint, note))
        sequence.append(("\n\n" if len(sequence) > before else joint, line))
    ending = len(sequence)
    while waiting:
        joint, note = waiting.pop()
        sequence.append(("\n\n" if len(sequence) == ending else joint, note))

    pieces: list[str] = []
    placed: list[tuple[Line, int, int]] = []
    starts: list[int] = []
    length = 0
    for joint, line in sequence:
        if placed:
            if joint == " " and pieces[-1][-1] == "-":
                cut, joint = _hyphen_joint(pieces[-1], line.text, compounds)
                pieces[-1] = pieces[-1][: len(pieces[-1]) - cut]
                before_line, start, kept = placed[-1]
                placed[-1] = before_line, start, kept - cut
                length -= cut
            elif joint == " " and _UNSPACED.match(pieces[-1][-1]) and _UNSPACED.match(line.text):
                joint = ""
            pieces.append(joint)
            length += len(joint)
        if not line.note:
            starts += [length] * (line.page + 1 - len(starts))
        pieces.append(line.text)
        placed.append((line, length, len(line.text)))
        length += len(line.text)
    starts += [length] * (page_count - len(starts))
    if starts:
        starts[0] = 0
    return Flow("".join(pieces), tuple(starts), placed)


def _joints(lines: Sequence[Line]) -> list[str]:
    """What parts each line from the one before it."""
    leading = _leading(lines)
    columns: dict[int, float] = {}
    joints = []
    for at, line in enumerate(lines):
        if at and line.row and lines[at - 1].row:
            joints.append("\n")
        elif not at or line.row or lines[at - 1].row or _breaks(lines, at, leading, columns):
            joints.append("\n\n")
        else:
            joints.append(" ")
    return joints


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


def _breaks(lines: Sequence[Line], at: int, leading: float, columns: dict[int, float]) -> bool:
    """Whether a paragraph starts with `lines[at]`; `columns` keeps how far theirs reach."""
    above, line = lines[at - 1], lines[at]
    ended = _TERMINAL.search(above.text) is not None
    goes_on = not ended and line.text[0].islower()
    if _LEADER.search(above.text) or _BULLET.match(line.text) or above.turn != line.turn:
        return True
    if ended and _ITEM.match(line.text):
        return True
    if not (above.height and line.height):
        return not goes_on
    if abs(above.height - line.height) > 0.2 * max(above.height, line.height):
        return not goes_on
    column = columns[at - 1] if at - 1 in columns else _column_right(lines, at - 1)
    drop = above.bottom - line.bottom
    if above.page != line.page or drop < -0.5 * line.height:  # the next page or column
        return not goes_on and (ended or column - above.right > _room_needed(line))
    if drop > (1.6 if goes_on else 1.25) * leading * line.height:
        return True
    if ended and line.left - above.left > 0.7 * line.height:  # an indented first line
        return True
    columns[at] = _column_right(lines, at)
    column = max(column, columns[at])
    needed = max(_room_needed(line), 0.4 * (column - above.left) if goes_on else 0.0)
    return column - above.right > needed


def _column_right(lines: Sequence[Line], at: int) -> float:
    """How far the column reaches: as far as the lines around that start about where this does.

    In running text they end at the next gap, for what comes there may be wider; the lines of a
    poem, a list or code all end early, and only their neighbours tell how far the column goes.
    """
    line = lines[at]
    block = [line]
    wide = line.right
    for step in (-1, 1):
        before, unbroken = line, True
        for number in range(at + step, at + step * (_NEIGHBOURS + 1), step):
            if not 0 <= number < len(lines):
                break
            other = lines[number]
            drop = (before.bottom - other.bottom) * step
            if other.page != line.page or abs(other.left - line.left) > 3 * line.height:
                unbroken = False
                continue
            larger = other.height > 1.2 * line.height
            unbroken &= not larger and (not line.height or 0 < drop < _GAP * line.height)
            if unbroken:
                block.append(other)
            if not larger:
                wide = max(wide, other.right)
            before = other
    widths = [other.right - other.left for other in block]
    if len(block) >= 3 and sum(widths) >= _FILLED * max(widths) * len(widths):
        return max(other.right for other in block)
    return wide


def _room_needed(line: Line) -> float:
    """The width of the first word and a space: with more room, the break before it was meant."""
    word = line.text.split(maxsplit=1)[0]
    if _UNSPACED.match(word):
        word = word[: 1 if word[0] >= "\u2e80" else _WORD_UNSPACED]
    return (line.right - line.left) * (len(word) + 1.5) / len(line.text)


def _hyphen_joint(before: str, after: str, compounds: set[str]) -> tuple[int, str]:
    """How many characters to cut from the end of `before`, and what to put between the two.

    The hyphen stays where the word stands hyphenated elsewhere in the same document.
    """
    head, tail = _WORD_AT_END.search(before), _WORD_AT_START.match(after)
    if head and tail and after[0].islower():
        return (0 if f"{head[1]}-{tail[0]}".lower() in compounds else 1), ""
    return 0, "" if before[-2:-1].isalnum() and after[0].isalnum() else " "

"""Where the characters of a document stand on its pages: kept at parse time, never searched for.

A reader that knows places makes a `PageLayout` of each page; the store keeps them beside the
document, and a citation asks for the boxes of its characters.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Edges = NDArray[np.uint16]
"""Where each character of a line begins and ends along it, in `STEPS` a point, or `NOWHERE` both:
shape (characters, 2)."""

STEPS = 4
NOWHERE = 0xFFFF
_FASTEST = 1  # of zlib's levels; the next would save a tenth and take twice as long


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, which counts from 1.

    In PDF points of 1/72 inch from the top left corner of the page as it is shown, turned and
    cropped: `x0` < `x1` rightwards, `y0` < `y1` downwards.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line on a page: its characters are those of the text from `start`, one for each edge.

    `near` and `far` bound it across, in steps; `vertical` says that it runs up or down the page
    as it is shown, so that its edges are heights.
    """

    start: int
    edges: Edges
    near: int
    far: int
    vertical: bool

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + len(self.edges)


@dataclass(frozen=True, slots=True)
class PageLayout:
    """The lines of one page, which counts from 1, packed; their text lies from `start` to `end`."""

    page: int
    start: int
    end: int
    packed: bytes

    def lines(self) -> Iterator[PlacedLine]:
        """The lines as they were packed, in the order of the page."""
        data = zlib.decompress(self.packed)
        count = int(np.frombuffer(data, "<i4", 1)[0])
        table: NDArray[np.int32] = np.frombuffer(data, "<i4", 5 * count, 4).reshape(count, 5)
        planes: NDArray[np.uint16] = np.frombuffer(data, "<u2", offset=4 + 20 * count)
        steps = np.cumsum(planes.reshape(2, -1), axis=1, dtype=np.uint16)
        edges = np.stack([steps[0], steps[1]], axis=1)
        at = 0
        for start, length, near, far, vertical in table.tolist():
            yield PlacedLine(start, edges[at : at + length], near, far, bool(vertical))
            at += length


class Layout(Protocol):
    """Finds the pages that a stretch of a document's text stands on."""

    def pages(self, start: int, end: int) -> Sequence[PageLayout]:
        """The pages whose text may lie between the two offsets, in order."""


@dataclass(frozen=True, slots=True)
class LayoutInMemory:
    """The layout of a document that was just read; without pages, that of one that has none."""

    all_pages: tuple[PageLayout, ...] = ()

    def pages(self, start: int, end: int) -> Sequence[PageLayout]:
        """The pages whose text may lie between the two offsets, in order."""
        return [page for page in self.all_pages if page.start < end and page.end > start]


NO_LAYOUT = LayoutInMemory()


def pack_page(page: int, lines: Sequence[PlacedLine]) -> PageLayout:
    """The layout of the page; at least one line."""
    table = [(line.start, len(line.edges), line.near, line.far, line.vertical) for line in lines]
    edges = np.concatenate([line.edges for line in lines])
    steps = np.diff(edges, axis=0, prepend=np.zeros((1, 2), np.uint16))  # wraps round, and back
    data = (
        np.array([len(lines)], "<i4").tobytes()
        + np.array(table, "<i4").tobytes()
        + steps.T.astype("<u2").tobytes()
    )
    start, end = min(line.start for line in lines), max(line.end for line in lines)
    return PageLayout(page, start, end, zlib.compress(data, _FASTEST))


def boxes_of(pages: Iterable[PageLayout], start: int, end: int) -> tuple[Box, ...]:
    """The boxes around the characters from `start` to `end`: one for each line, in reading order.

    Characters that a reader put in have no place and widen no box.
    """
    found: list[tuple[int, Box]] = []
    for page in pages:
        for line in page.lines():
            first, last = max(start, line.start), min(end, line.end)
            if first >= last:
                continue
            edges = line.edges[first - line.start : last - line.start]
            edges = edges[edges[:, 0] != NOWHERE]
            if not len(edges):
                continue
            along = edges.min() / STEPS, edges.max() / STEPS
            across = line.near / STEPS, line.far / STEPS
            (x0, x1), (y0, y1) = (across, along) if line.vertical else (along, across)
            found.append((first, Box(page.page, float(x0), float(y0), float(x1), float(y1))))
    return tuple(box for _, box in sorted(found, key=lambda item: item[0]))


def page_at(pages: Iterable[PageLayout], offset: int) -> int | None:
    """The page of the line that `offset` lies in, `None` where it lies in none."""
    for page in pages:
        if any(line.start <= offset < line.end for line in page.lines()):
            return page.page
    return None

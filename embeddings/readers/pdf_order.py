"""Pieces of a PDF page → rows in reading order: columns one after the other, tables row by row.

A PDF draws its text in any order. That is mostly the order of reading, and it is kept unless the
places speak against it: where lines are drawn across the gutter of two columns, and where a block
is drawn after what stands below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.readers.pdf_regions import regions
from embeddings.readers.pdf_rows import Row, rows_of
from embeddings.readers.reflow import Line

_MOST_BLOCKS = 80  # on a page that is put in order: the time grows with their cube


def in_order(pieces: Sequence[Line]) -> list[list[Row]]:
    """The rows of a page's upright pieces, in tables of at least two rows or lists of one row."""
    return _sorted(regions(rows_of(pieces)))


@dataclass(slots=True)
class _Block:
    groups: list[list[Row]]
    left: float
    bottom: float
    right: float
    top: float
    lines: int = 1
    chars: int = 0

    def over(self, other: _Block) -> bool:
        """Whether this stands above the other, in one column with it."""
        return self.beside(other) and self.bottom >= other.top - 2

    def beside(self, other: _Block) -> bool:
        """Whether some upright line goes through both."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return shared > 0.2 * min(self.right - self.left, other.right - other.left)

    def left_of(self, other: _Block) -> bool:
        """Whether both are columns, and this stands wholly left of the other."""
        level = min(self.top, other.top) - max(self.bottom, other.bottom)
        shorter = min(self.top - self.bottom, other.top - other.bottom)
        return (
            min(self.lines, other.lines) >= 3
            and self.right <= other.left + 2
            and level > 0.5 * shorter
        )

    @property
    def counts(self) -> bool:
        """Whether this is more than a label in a picture."""
        return self.lines > 1 or self.chars >= 20


def _sorted(groups: list[list[Row]]) -> list[list[Row]]:
    """The groups as they are, or in the order of reading where a block is drawn too late.

    The order is that of Breuel, "High Performance Document Layout Analysis" (2003): a block comes
    before those below it in its column, and before those right of it unless one that spans both
    stands between.
    """
    blocks = _blocks(groups)
    count = len(blocks)
    big = [number for number in range(count) if blocks[number].counts]
    if count > _MOST_BLOCKS or not any(
        blocks[later].over(blocks[earlier]) or blocks[later].left_of(blocks[earlier])
        for n, earlier in enumerate(big)
        for later in big[n:]
    ):
        return groups
    before = [
        {
            first
            for first in range(count)
            if first != second and _precedes(blocks, blocks[first], blocks[second])
        }
        for second in range(count)
    ]
    order: list[int] = []
    left = list(range(count))
    while left:
        at = next((n for n in left if not before[n].intersection(left)), left[0])
        left.remove(at)
        order.append(at)
    return [group for at in order for group in blocks[at].groups]


def _blocks(groups: list[list[Row]]) -> list[_Block]:
    """The groups that follow one another down the page, closely and in one column, together."""
    blocks: list[_Block] = []
    for group in groups:
        new = _Block(
            [group],
            min(row.left for row in group),
            min(row.bottom for row in group),
            max(row.right for row in group),
            max(row.top for row in group),
            len(group),
            sum(row.chars for row in group),
        )
        last = blocks[-1] if blocks else None
        if (
            last is not None
            and last.beside(new)
            and -0.5 * group[0].height < last.bottom - new.top < 1.5 * group[0].height
        ):
            last.groups.append(group)
            last.left, last.bottom = min(last.left, new.left), new.bottom
            last.right = max(last.right, new.right)
            last.lines, last.chars = last.lines + new.lines, last.chars + new.chars
        else:
            blocks.append(new)
    return blocks


def _precedes(blocks: Sequence[_Block], first: _Block, second: _Block) -> bool:
    if first.beside(second):
        return first.over(second) or (first.top > second.top and not second.over(first))
    if first.right > second.left + 2:
        return False
    low, high = sorted([(first.bottom + first.top) / 2, (second.bottom + second.top) / 2])
    return not any(
        block.beside(first) and block.beside(second) and low < (block.bottom + block.top) / 2 < high
        for block in blocks
    )

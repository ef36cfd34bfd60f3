"""Pages of blocks → one text and where each page starts in it."""

from __future__ import annotations

from collections.abc import Iterable

from embeddings.readers.text import normalise


def paged(pages: Iterable[Iterable[str]]) -> tuple[str, tuple[int, ...]]:
    """The normalised text, blocks parted by blank lines, and the offset at which each page starts.

    A page without text starts where the next does.
    """
    blocks: list[str] = []
    starts: list[int] = []
    waiting = length = 0
    for page in pages:
        waiting += 1
        for block in filter(str.strip, map(normalise, page)):
            length += 2 if blocks else 0
            starts += [length] * waiting
            waiting = 0
            blocks.append(block)
            length += len(block)
    return "\n\n".join(blocks), (*starts, *[length] * waiting)

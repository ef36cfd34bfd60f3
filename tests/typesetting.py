"""Running text set in columns over pages, with a record of where each sentence was put."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import Box
from tests.pdfs import FONT, SIZE, WIDTH, box, drawn

WORDS = """
    harbour quay lamp tower keeper storm boat stone north winter year report town council ship
    price fish rope letter island ferry road market bread school teacher child river bridge mill
    was has had built sold kept found lost paid wrote saw the of in on by for with from and
    information lighthouse considerable repaired neighbouring remembered
"""
TOP, LINES, LEADING, SIDE, GUTTER = 690.0, 12, 14.0, 60.0, 20.0


@dataclass(frozen=True)
class Word:
    """A word or a part of one on a line."""

    sentence: int
    text: str
    x: float


@dataclass(frozen=True)
class TextLine:
    page: int
    x: float
    y: float
    words: list[Word]


def made_sentences(count: int, chance: random.Random) -> list[str]:
    """Sentences of made-up text, no two alike."""
    vocabulary = WORDS.split()
    return [
        " ".join(chance.choice(vocabulary) for _ in range(chance.randint(6, 20))).capitalize()
        + f" in {1000 + number}."
        for number in range(count)
    ]


def typeset(
    sentences: Sequence[str], columns: int, *, justified: bool, hyphens: bool
) -> list[TextLine]:
    """The sentences as one paragraph in columns of `LINES` lines, page after page."""
    width = (WIDTH - 2 * SIDE - GUTTER * (columns - 1)) / columns
    space = stringWidth(" ", FONT, SIZE)
    rows: list[list[tuple[int, str]]] = [[]]
    used = 0.0
    for number, sentence in enumerate(sentences):
        for word in sentence.split():
            length = stringWidth(word, FONT, SIZE)
            if rows[-1] and used + length > width:
                head = word[: len(word) // 2] + "-"
                whole = not hyphens or len(word) < 8 or not word.isalpha()
                if not whole and used + stringWidth(head, FONT, SIZE) <= width:
                    rows[-1].append((number, head))
                    word = word[len(head) - 1 :]
                    length = stringWidth(word, FONT, SIZE)
                rows.append([])
                used = 0.0
            rows[-1].append((number, word))
            used += length + space
    lines = []
    for at, row in enumerate(rows):
        page, rest = divmod(at, columns * LINES)
        column, line = divmod(rest, LINES)
        natural = sum(stringWidth(word, FONT, SIZE) for _, word in row)
        last = at == len(rows) - 1
        gap = (width - natural) / max(1, len(row) - 1) if justified and not last else space
        left = x = SIDE + column * (width + GUTTER)
        words = []
        for number, word in row:
            words.append(Word(number, word, x))
            x += stringWidth(word, FONT, SIZE) + gap
        lines.append(TextLine(page + 1, left, TOP - LEADING * line, words))
    return lines


def as_pdf(lines: Sequence[TextLine], *, by_row: bool) -> bytes:
    """The lines as a PDF with running heads and page numbers, drawn by column or row by row."""

    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            canvas.drawString(SIDE, 750, "The history of the harbour")
            canvas.drawRightString(WIDTH - SIDE, 40, str(number))
            mine = [line for line in lines if line.page == number]
            for line in sorted(mine, key=lambda line: (-line.y, line.x)) if by_row else mine:
                for word in line.words:
                    canvas.drawString(word.x, line.y, word.text)

        return draw

    return drawn(*[page(number) for number in range(1, lines[-1].page + 1)])


def expected_boxes(lines: Sequence[TextLine], sentence: int) -> list[Box]:
    """The boxes around the words of a sentence, one for each line."""
    boxes = []
    for line in lines:
        words = [word for word in line.words if word.sentence == sentence]
        if words:
            first = box(line.page, words[0].x, line.y, words[0].text)
            last = box(line.page, words[-1].x, line.y, words[-1].text)
            boxes.append(Box(line.page, first.x0, first.y0, last.x1, first.y1))
    return boxes

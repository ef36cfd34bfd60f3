"""Text set on the pages of a PDF, with a record of where each of its sentences was put."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import reportlab
from PIL import ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import Box

A4 = (595.0, 842.0)
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
_MARK = 0.64  # the size of a footnote's mark
_files: dict[str, Path] = {}


@dataclass(frozen=True)
class Frame:
    """A column: its left edge, its width, and where it begins above and ends below."""

    x: float
    width: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Word:
    """A word or a part of one; `mark` is the number of a footnote behind it."""

    sentence: str
    text: str
    x: float = 0.0
    width: float = 0.0
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """Words on one baseline, parted by `gap` more than a space."""

    page: int
    y: float
    words: list[Word]
    font: str
    size: float
    gap: float = 0.0


@dataclass
class Press:
    """A PDF being set.

    `rotate` turns its pages clockwise; the text is turned back to stand upright unless it is to
    be shown `sideways`. `crop` is what is shown of the page, and `by_row` draws columns side by
    side, row after row.
    """

    frames: Sequence[Frame]
    size: tuple[float, float] = A4
    font: str = "Times-Roman"
    points: float = 11.0
    leading: float = 14.0
    justify: bool = False
    hyphenate: bool = False
    right_to_left: bool = False
    rotate: int = 0
    sideways: bool = False
    crop: tuple[float, float, float, float] | None = None
    by_row: bool = False
    options: dict[str, object] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    page: int = 1
    at: int = 0
    y: float = -1.0

    def paragraph(self, sentences: Sequence[str], *, indent: float = 0.0) -> None:
        """Sets the sentences one after the other, through the frames and over the pages.

        `^1` behind a word is the mark of a footnote.
        """
        space = stringWidth(" ", self.font, self.points)
        width = self.frames[0].width
        rows: list[list[Word]] = [[]]
        used = indent
        for sentence in sentences:
            plain = re.sub(r"\^\d+", "", sentence)
            for token in sentence.split():
                text, _, mark = token.partition("^")
                length = self._length(text, mark)
                if rows[-1] and used + length > width:
                    head = text[: len(text) // 2] + "-"
                    room = used + self._length(head) <= width
                    if self.hyphenate and len(text) >= 8 and text.isalpha() and room:
                        rows[-1].append(Word(plain, head, used, self._length(head)))
                        text = text[len(head) - 1 :]
                        length = self._length(text, mark)
                    rows.append([])
                    used = 0.0
                rows[-1].append(Word(plain, text, used, length, mark))
                used += length + space
        for row in rows:
            self._set(row, last=row is rows[-1])
        self.y -= 0.6 * self.leading

    def heading(self, text: str, points: float = 16.0, font: str = "Times-Bold") -> None:
        """Sets one line in larger type."""
        before = self.font, self.points
        self._room(1.5 * points)
        self.font, self.points = font, points
        self.put(text, [(self.frames[self.at].x, text)], self.y - points)
        self.font, self.points = before
        self.y -= 1.9 * points

    def put(self, sentence: str, cells: Sequence[tuple[float, str]], y: float) -> None:
        """Puts cells, each of any words at some x, on the baseline y of this page."""
        for x, text in cells:
            word = Word(sentence, text, x, self._length(text))
            self.lines.append(Line(self.page, y, [word], self.font, self.points))

    def turn(self) -> None:
        """Goes on to a new page."""
        self.page, self.at, self.y = self.page + 1, 0, -1.0

    def boxes(self, sentence: str, *, rows: bool = False) -> tuple[Box, ...]:
        """The boxes of a sentence, one for each line; with `rows` one around all of it."""
        found = []
        for line in self.lines:
            words = [word for word in line.words if word.sentence == sentence]
            if words:
                up, down = extent(line.font)
                marked = max(words, key=lambda word: word.x)
                right = max(word.x + word.width for word in words)
                right -= stringWidth(marked.mark, line.font, _MARK * line.size)
                left = min(word.x for word in words)
                low, high = line.y + down * line.size, line.y + up * line.size
                found.append(self._shown(line.page, left, low, right, high))
        if rows and found:
            return (
                Box(
                    found[0].page,
                    min(box.x0 for box in found),
                    min(box.y0 for box in found),
                    max(box.x1 for box in found),
                    max(box.y1 for box in found),
                ),
            )
        return tuple(found)

    def pdf(self, *decorations: Callable[[Canvas, int], None]) -> bytes:
        """The file; each of the decorations draws on every page, which it is told, from 1."""
        buffer = io.BytesIO()
        shown = self.size[::-1] if self.rotate % 180 else self.size  # reportlab turns it back
        canvas = Canvas(buffer, shown, pageCompression=0, invariant=1, **self.options)
        by_page: dict[int, list[Line]] = defaultdict(list)
        for line in self.lines:
            by_page[line.page].append(line)
        for page in range(1, max(by_page) + 1):
            if self.crop:
                canvas.setCropBox(self.crop)
            if self.rotate:
                canvas.setPageRotation(self.rotate)
            self._turn(canvas)
            for decoration in decorations:
                decoration(canvas, page)
            mine = by_page[page]
            if self.by_row:
                mine = sorted(mine, key=lambda line: (-line.y, line.words[0].x))
            for line in mine:
                self._draw(canvas, line)
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    def _length(self, text: str, mark: str = "") -> float:
        length = stringWidth(text, self.font, self.points)
        return float(length + stringWidth(mark, self.font, _MARK * self.points))

    def _room(self, needed: float) -> None:
        """Goes on to the next frame unless this one has room."""
        if self.y < 0:
            self.y = self.frames[0].top
        if self.y - needed < self.frames[self.at].bottom:
            if self.at + 1 == len(self.frames):
                self.turn()
            else:
                self.at += 1
            self.y = self.frames[self.at].top

    def _set(self, row: list[Word], *, last: bool) -> None:
        self._room(self.leading)
        self.y -= self.leading
        frame = self.frames[self.at]
        rest = frame.width - row[-1].x - row[-1].width
        gap = rest / (len(row) - 1) if self.justify and not last and len(row) > 1 else 0.0
        words = []
        for number, word in enumerate(row):
            x = frame.x + word.x + gap * number
            if self.right_to_left:
                x = 2 * frame.x + frame.width - x - word.width
            words.append(Word(word.sentence, word.text, x, word.width, word.mark))
        self.lines.append(Line(self.page, self.y, words, self.font, self.points, gap))

    def _draw(self, canvas: Canvas, line: Line) -> None:
        words = sorted(line.words, key=lambda word: word.x)
        text = canvas.beginText(words[0].x, line.y)
        text.setFont(line.font, line.size)
        text.setWordSpace(line.gap)
        for word in words:
            shown = word.text
            if self.right_to_left and not shown.isdigit():
                shown = shown[::-1]
            text.textOut(shown)
            if word.mark:
                text.setFont(line.font, _MARK * line.size)
                text.setRise(0.36 * line.size)
                text.textOut(word.mark)
                text.setFont(line.font, line.size)
                text.setRise(0)
            if word is not words[-1]:
                text.textOut(" ")
        text.setWordSpace(0)
        canvas.drawText(text)

    def _turn(self, canvas: Canvas) -> None:
        """Turns what is drawn so that it stands upright on the turned page."""
        width, height = self.size
        if self.sideways:
            return
        match self.rotate:
            case 90:
                canvas.transform(0, 1, -1, 0, width, 0)
            case 180:
                canvas.transform(-1, 0, 0, -1, width, height)
            case 270:
                canvas.transform(0, -1, 1, 0, 0, height)

    def _shown(self, page: int, left: float, low: float, right: float, high: float) -> Box:
        """The rectangle on the page as it is shown, from its top left."""
        width, height = self.size
        if self.crop:
            x, _, _, height = self.crop
            return Box(page, left - x, height - high, right - x, height - low)
        if not self.sideways:
            tall = width if self.rotate % 180 else height
            return Box(page, left, tall - high, right, tall - low)
        match self.rotate:
            case 90:
                return Box(page, low, left, high, right)
            case 180:
                return Box(page, width - right, low, width - left, high)
            case 270:
                return Box(page, height - high, width - right, height - low, width - left)
        return Box(page, left, height - high, right, height - low)


def truetype(name: str, file: Path) -> str:
    """The name of the font in the file, made known to reportlab."""
    if name not in _files:
        pdfmetrics.registerFont(TTFont(name, file))
        _files[name] = file
    return name


@cache
def extent(font: str) -> tuple[float, float]:
    """How far the letters of the font reach above and below the line, in shares of its size."""
    if font in _files:
        _, top, _, bottom = ImageFont.truetype(str(_files[font]), 1000).getbbox(
            "bdfhklgjpqy", anchor="ls"
        )
        return -top / 1000, -bottom / 1000
    ascent, descent = pdfmetrics.getAscentDescent(font, 1.0)
    return float(ascent), float(descent)

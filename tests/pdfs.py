"""Small PDFs drawn at known places, and where their sentences must be found."""

import io
from collections.abc import Callable, Sequence

from reportlab.pdfbase.pdfmetrics import getAscentDescent, stringWidth
from reportlab.pdfgen.canvas import Canvas

from embeddings.documents import Box, Document, parse_document
from embeddings.sentences import split_sentences

WIDTH, HEIGHT = 612.0, 792.0
FONT, SIZE = "Times-Roman", 11.0


def drawn(*pages: Callable[[Canvas], None], **options: object) -> bytes:
    """A PDF of these pages, each drawn by a function."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), **options)
    for page in pages:
        canvas.setFont(FONT, SIZE)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def text(
    x: float, y: float, lines: Sequence[str], size: float = SIZE, leading: float = 14.0
) -> Callable[[Canvas], None]:
    """Draws lines from the height `y` of the first one's baseline downwards."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(FONT, size)
        for number, line in enumerate(lines):
            canvas.drawString(x, y - leading * number, line)

    return draw


def together(*parts: Callable[[Canvas], None]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for part in parts:
            part(canvas)

    return draw


def box(page: int, x: float, y: float, words: str, *, after: str = "", size: float = SIZE) -> Box:
    """Where `words` stand on a line whose baseline begins at x and y, `after` other words."""
    left = x + stringWidth(after, FONT, size)
    ascent, descent = getAscentDescent(FONT, size)
    right = left + stringWidth(words, FONT, size)
    return Box(page, left, HEIGHT - y - ascent, right, HEIGHT - y - descent)


def boxes_of(document: Document, words: str) -> tuple[Box, ...]:
    """The boxes of these words, which stand once in the document."""
    assert document.text.count(words) == 1, (words, document.text)
    start = document.text.index(words)
    return document.boxes(start, start + len(words))


def near(found: Sequence[Box], expected: Sequence[Box]) -> bool:
    """Whether the boxes are as expected, each edge within two points."""
    return [b.page for b in found] == [b.page for b in expected] and all(
        abs(getattr(f, side) - getattr(e, side)) <= 2.0
        for f, e in zip(found, expected, strict=True)
        for side in ("x0", "y0", "x1", "y1")
    )


def read(data: bytes) -> Document:
    return parse_document(data, "a.pdf")


def sentences(document: Document) -> list[str]:
    return [
        document.text[s.start : s.end] for s in split_sentences(document.text, document.language)
    ]


def by_hand(content: str, to_unicode: dict[str, str], page: str = "") -> bytes:
    """A PDF whose one page draws `content`, F1 being Helvetica with its letters read otherwise.

    `to_unicode` says what each letter stands for, `page` what else the page's dictionary holds.
    """
    mapping = "\n".join(
        f"<{ord(code):02X}> <{text.encode('utf-16-be').hex().upper()}>"
        for code, text in to_unicode.items()
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(to_unicode)} beginbfchar\n{mapping}\nendbfchar endcmap end end"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {page} /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding "
        "/ToUnicode 6 0 R >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    data = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return data + (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF"
    ).encode("latin-1")

"""PDFs printed by Chromium, which shapes its text: ligatures, Hebrew, Arabic.

Where the words stand is what the browser says of its own page, before it prints it.
"""

from __future__ import annotations

import base64
import html
import shutil
from collections.abc import Sequence
from typing import Any

from embeddings.documents import Box
from tests.corpus.facts import Fact, Made, Told
from tests.corpus.pdf_right_to_left import TOLD as HEBREW
from tests.corpus.stories import stories

_WIDTH, _HEIGHT = 560, 794  # CSS pixels, 96 to an inch: 420 by 595.5 points
_POINTS = 0.75
_FONT = "qa/ui/web/fonts/literata-latin-wght-normal.woff2"
_MEASURE = """() => {
  const context = document.createElement("canvas").getContext("2d");
  return [...document.querySelectorAll("span")].map(span => {
    const style = getComputedStyle(span);
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const reach = context.measureText("bdfhklgjpqy");
    const drop = reach.fontBoundingBoxAscent;
    return [...span.getClientRects()].filter(r => r.width > 0).map(r => [
      r.left, r.top + drop - reach.actualBoundingBoxAscent,
      r.right, r.top + drop + reach.actualBoundingBoxDescent,
    ]);
  });
}"""

ARABIC = [
    Told("تأسست المدينة سنة 1847 على يد صيادين من الشمال.", "متى تأسست المدينة؟", "1847"),
    Told("كان أول رئيس لها يوسف الحداد، وهو نجار لا يعرف القراءة.", "من كان أول رئيس للمدينة؟",
         "يوسف الحداد"),
    Told("صمم الجسر الحجري المهندس سليم منصور قبل الحرب الكبرى.", "من صمم الجسر الحجري؟",
         "سليم منصور"),
    Told("أحرق الحريق العظيم 212 بيتا في ليلة واحدة.", "كم بيتا أحرق الحريق؟", "212"),
    Told("يقام السوق كل يوم ثلاثاء قرب برج الماء القديم.", "متى يقام السوق؟", "كل يوم ثلاثاء"),
]  # fmt: skip
MIXED = [
    Told("המחקר של Anna Weber פורסם בשנת 1931 בעיתון Nature (כרך 12).",
         "מי פרסמה את המחקר?", "Anna Weber"),
    Told("הספינה Solveig עגנה בנמל ב-14 במרץ, לפי היומן.", "איזו ספינה עגנה בנמל?", "Solveig"),
    Told("מחיר הכרטיס הוא 3.50 כתרים בלבד.", "מה מחיר הכרטיס?", "3.50 כתרים"),
]  # fmt: skip


def printed() -> list[Made]:
    """The files, which are not the same bytes when they are made again."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--font-render-hinting=none"]
        )
        page = browser.new_page(device_scale_factor=4)
        page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
        page.emulate_media(media="print")
        with open(_FONT, "rb") as file:
            font = base64.b64encode(file.read()).decode()
        face = f"@font-face{{font-family:Lit;src:url(data:font/woff2;base64,{font})}}"
        offices = [
            Told("The office of the first official was flooded by the overflowing millrace.",
                 "What flooded the first official's room?", "the overflowing millrace"),
            Told("Five firemen found the coffer, filled with fine flour, beneath the floor.",
                 "What was the coffer beneath the floor filled with?", "fine flour"),
            Told("The baffled sheriff, Griffith Fifer, was fined fifty-five florins.",
                 "Which sheriff was fined fifty-five florins?", "Griffith Fifer"),
        ]  # fmt: skip
        latin = f"{face} body{{font:15px/1.5 Lit}}"
        columns = f"{latin} body{{columns:2;column-gap:30px;height:320px;text-align:justify}}"
        arabic = "body{font:16px/1.8 'DejaVu Sans';direction:rtl}"
        made = [
            _print(page, "browser-ligatures.pdf", latin, offices),
            _print(page, "browser-columns.pdf", columns, stories("town", "Hazelmere")[:8]),
            _print(page, "browser-arabic.pdf", arabic, ARABIC),
            _print(page, "browser-hebrew.pdf", arabic, HEBREW),
            _print(page, "browser-hebrew-and-english.pdf", arabic, MIXED),
        ]
        browser.close()
    return made


def _print(page: Any, name: str, style: str, told: Sequence[Told]) -> Made:
    """One page with the sentences as a paragraph."""
    spans = " ".join(f"<span>{html.escape(one.sentence)}</span>" for one in told)
    page.set_content(
        f"<style>html{{margin:0}} body{{margin:0;padding:50px}} {style}</style>"
        f"<body><p style='margin:0'>{spans}</p></body>"
    )
    page.evaluate("document.fonts.ready")
    facts = [
        Fact(one, name, 1, tuple(_lines(rectangles)))
        for one, rectangles in zip(told, page.evaluate(_MEASURE), strict=True)
    ]
    data = page.pdf(width=f"{_WIDTH}px", height=f"{_HEIGHT}px", print_background=True)
    return Made(name, data, facts)


def _lines(rectangles: Sequence[Sequence[float]]) -> list[Box]:
    """A box for each line, which is in parts where the direction changes within it."""
    lines: list[list[float]] = []
    for left, top, right, bottom in rectangles:
        last = lines[-1] if lines else None
        if last and abs(last[1] - top) < 2 and left < last[2] + 8 and right > last[0] - 8:
            last[0], last[2] = min(last[0], left), max(last[2], right)
        else:
            lines.append([left, top, right, bottom])
    return [Box(1, *(_POINTS * edge for edge in line)) for line in lines]

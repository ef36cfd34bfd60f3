"""PDFs of Hebrew, drawn as most programs draw it: each line from its left end, backwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from tests.corpus.facts import Made, Told
from tests.corpus.pdf_prose import made, plain
from tests.corpus.setting import Frame, Press, truetype

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_SHA256 = "abdc775b21b1bc470d50c97e790d276f2054b7504e56e5bd3e64f48d68582322"

TOLD = [
    Told("העיר נוסדה בשנת 1847 בידי דייגים מן הצפון.", "מתי נוסדה העיר?", "1847"),
    Told("ראש העיר הראשון היה יעקב לוין, חבתן שלא ידע לקרוא ולא לכתוב.",
         "מי היה ראש העיר הראשון?", "יעקב לוין"),
    Told("הגשר הישן תוכנן בידי המהנדסת רבקה שלום ונבנה מאבן אפורה.",
         "מי תכננה את הגשר הישן?", "רבקה שלום"),
    Told("השריפה הגדולה כילתה 212 בתים בלילה אחד של רוח.", "כמה בתים כילתה השריפה?", "212"),
    Told("השוק נערך בכל יום שלישי ליד מגדל המים.", "באיזה יום נערך השוק?", "יום שלישי"),
]  # fmt: skip


MORE = [
    Told("בית הספר נפתח בסתיו של שנת 1923 באולם של בית החרושת.", "מתי נפתח בית הספר?", "1923"),
    Told("המנהלת הראשונה, מרים אדלר, לימדה גם זמרה וגם חשבון.", "מי הייתה המנהלת הראשונה?",
         "מרים אדלר"),
    Told("הגג דלף מעל חדר הכימיה בכל חורף.", "היכן דלף הגג?", "מעל חדר הכימיה"),
    Told("תלמידי בית הספר מכרו 487 צנצנות דבש כדי לקנות כינור.", "מה קנו התלמידים?", "כינור"),
    Told("השומר הזקן ידע את שמות כולם והחזיק שתי אווזות.", "מי החזיק שתי אווזות?",
         "השומר הזקן"),
]  # fmt: skip
SHORT = [Frame(60, 225, 780, 700), Frame(310, 225, 780, 700)]


def hebrew() -> Iterator[Made]:
    """One column, and two that are read from right to left; none without the very font."""
    if not DEJAVU.exists() or hashlib.sha256(DEJAVU.read_bytes()).hexdigest() != _SHA256:
        return
    font = truetype("DejaVu", DEJAVU)
    press = Press([Frame(72, 300, 760, 70)], font=font, points=12, leading=18)
    press.right_to_left = True
    press.paragraph(plain(TOLD))
    yield made("hebrew.pdf", press, TOLD)

    press = Press(SHORT[::-1], font=font, points=11, leading=16)
    press.right_to_left = True
    press.paragraph(plain(MORE))
    yield made("hebrew-columns.pdf", press, MORE)

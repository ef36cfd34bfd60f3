"""PDFs of Hebrew and Arabic, drawn as many programs do: lines from their left end, backwards."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from PIL import ImageFont

from tests.corpus.facts import Fact, Made, Told
from tests.corpus.pdf_prose import made, plain
from tests.corpus.setting import Frame, Press, truetype

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
SHORT = [Frame(60, 170, 780, 690), Frame(260, 170, 780, 690)]


ARABIC = [
    Told("فتحت المدرسة في خريف 1923 في قاعة المصنع.", "متى فتحت المدرسة؟", "1923"),
    Told("كانت مريم الخطيب أول مديرة لها، وعلمت الحساب والغناء.", "من كانت أول مديرة؟",
         "مريم الخطيب"),
    Told("باع الطلاب 487 جرة عسل لشراء كمان.", "ماذا باع الطلاب؟", "487 جرة عسل"),
]  # fmt: skip
_BOTH_SIDES = "بتثجحخسشصضطظعغفقكلمنهيئ"


def right_to_left() -> Iterator[Made]:
    """One column, and two that are read from right to left; none without the very font."""
    file = _dejavu()
    if file is None:
        return
    font = truetype("DejaVu", file)
    press = Press([Frame(72, 300, 760, 70)], font=font, points=12, leading=18)
    press.right_to_left = True
    press.paragraph(plain(TOLD))
    yield made("hebrew.pdf", press, TOLD)

    press = Press(SHORT[::-1], font=font, points=11, leading=16)
    press.right_to_left = press.by_row = True  # the left column is drawn first
    press.paragraph(plain(MORE))
    yield made("hebrew-columns.pdf", press, MORE)

    press = Press([Frame(72, 240, 760, 70)], font=font, points=12, leading=20)
    press.right_to_left = press.justify = True
    shaped = [_shaped(one.sentence) for one in ARABIC]
    press.paragraph(shaped)
    name = "arabic-as-shaped.pdf"
    facts = [
        Fact(one, name, 1, press.boxes(drawn)) for one, drawn in zip(ARABIC, shaped, strict=True)
    ]
    yield Made(name, press.pdf(), facts)


def _dejavu() -> Path | None:
    """DejaVu Sans 2.37 where this machine has it."""
    try:
        path = Path(str(ImageFont.truetype("DejaVuSans.ttf").path))
    except OSError:
        return None
    return path if hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256 else None


def _shaped(sentence: str) -> str:
    """The forms that the letters take beside each other, as characters of their own."""
    found = ""
    for at, letter in enumerate(sentence):
        before = at > 0 and sentence[at - 1] in _BOTH_SIDES
        after = letter in _BOTH_SIDES and sentence[at + 1 : at + 2].isalpha()
        name = ("ISOLATED", "INITIAL", "FINAL", "MEDIAL")[after + 2 * (before and letter.isalpha())]
        if letter in "لاأ" and found and sentence[at - 1 : at + 1] in ("لا", "لأ"):
            joined = at > 1 and sentence[at - 2] in _BOTH_SIDES
            hamza = " WITH HAMZA ABOVE" if letter == "أ" else ""
            form = "FINAL" if joined else "ISOLATED"
            found = found[:-1] + unicodedata.lookup(
                f"ARABIC LIGATURE LAM WITH ALEF{hamza} {form} FORM"
            )
        elif letter.isalpha():
            found += unicodedata.lookup(f"{unicodedata.name(letter)} {name} FORM")
        else:
            found += letter
    return found

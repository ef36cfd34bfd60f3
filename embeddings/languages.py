"""Text → the language it is in, as ISO 639-1 code: `sentences` splits by it.

Most scripts tell a language on their own; what is written in Latin, Cyrillic, Arabic or Devanagari
letters is told by py3langid (a naive Bayes model over byte n-grams: Lui and Baldwin 2012,
"langid.py: An Off-the-shelf Language Identification Tool"), loaded when it is first needed.
"""

from __future__ import annotations

import logging
import re
import threading
from bisect import bisect_right
from collections import Counter
from functools import cache
from typing import Any

log = logging.getLogger(__name__)

ENGLISH = "en"
_SURE = 0.7
"""The probability from which the model is believed: on 100 characters that was never wrong."""
_WINDOW, _WINDOWS = 700, 4
"""How much of a document is looked at: so many characters, at so many places evenly spread."""
_LATIN = "Latin"
_LANGUAGES = {
    _LATIN: (
        *("en", "af", "az", "bs", "ca", "cs", "cy", "da", "de", "eo", "es", "et", "eu", "fi", "fr"),
        *("ga", "gl", "hr", "hu", "id", "is", "it", "la", "lb", "lt", "lv", "ms", "mt", "nl", "no"),
        *("pl", "pt", "ro", "sk", "sl", "so", "sq", "sr", "sv", "sw", "tl", "tr", "uz", "vi", "zu"),
    ),
    "Greek": ("el",),
    "Cyrillic": ("ru", "be", "bg", "kk", "ky", "mk", "mn", "sr", "tg", "tt", "uk", "uz"),
    "Armenian": ("hy",),
    "Hebrew": ("he",),
    "Arabic": ("ar", "fa", "ps", "ug", "ur"),
    "Devanagari": ("hi", "mr", "ne"),
    "Bengali": ("bn",),
    "Gurmukhi": ("pa",),
    "Gujarati": ("gu",),
    "Oriya": ("or",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Kannada": ("kn",),
    "Malayalam": ("ml",),
    "Sinhala": ("si",),
    "Thai": ("th",),
    "Lao": ("lo",),
    "Tibetan": ("bo",),
    "Myanmar": ("my",),
    "Georgian": ("ka",),
    "Hangul": ("ko",),
    "Ethiopic": ("am",),
    "Khmer": ("km",),
    "Kana": ("ja",),
    "Han": ("zh", "ja"),
}
"""The languages told apart in each script, the first being what is supposed of a short text."""
_BLOCKS = (
    *((0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, "Armenian"), (0x0590, "Hebrew")),
    *((0x0600, "Arabic"), (0x0700, ""), (0x0750, "Arabic"), (0x0780, ""), (0x08A0, "Arabic")),
    *((0x0900, "Devanagari"), (0x0980, "Bengali"), (0x0A00, "Gurmukhi"), (0x0A80, "Gujarati")),
    *((0x0B00, "Oriya"), (0x0B80, "Tamil"), (0x0C00, "Telugu"), (0x0C80, "Kannada")),
    *((0x0D00, "Malayalam"), (0x0D80, "Sinhala"), (0x0E00, "Thai"), (0x0E80, "Lao")),
    *((0x0F00, "Tibetan"), (0x1000, "Myanmar"), (0x10A0, "Georgian"), (0x1100, "Hangul")),
    *((0x1200, "Ethiopic"), (0x13A0, ""), (0x1780, "Khmer"), (0x1800, ""), (0x1C80, "Cyrillic")),
    *((0x1C90, "Georgian"), (0x1CC0, ""), (0x1F00, "Greek"), (0x2000, ""), (0x2E80, "Han")),
    *((0x3040, "Kana"), (0x3100, "Han"), (0x3130, "Hangul"), (0x3190, "Han"), (0x31F0, "Kana")),
    *((0x3200, ""), (0x3400, "Han"), (0x4DC0, ""), (0x4E00, "Han"), (0xA000, "")),
    *((0xA640, "Cyrillic"), (0xA6A0, ""), (0xAC00, "Hangul"), (0xD7B0, ""), (0xF900, "Han")),
    *((0xFB00, ""), (0xFB1D, "Hebrew"), (0xFB50, "Arabic"), (0xFE00, ""), (0xFE70, "Arabic")),
    *((0xFF00, ""), (0xFF66, "Kana"), (0xFFA0, "Hangul"), (0xFFE0, ""), (0x20000, "Han")),
)
"""Where each script's letters begin, by code point; Latin letters stand before and in between."""
_STARTS = tuple(start for start, _ in _BLOCKS)
_OWN_WORDS = {"Han": 3, "Kana": 2, "Hangul": 2}
"""How many letters of an alphabet a character of these says as much as."""
_ONLY_ENGLISH = frozenset({"the", "and", "that", "with", "this", "which", "from", "were", "their"})
_ENGLISH_SHARE = 0.08
"""Of all words: prose has 12 % of these, and other languages have none of them."""
_ACCENTED_SHARE = 0.04
_ENOUGH_WORDS = 25
_FEW_LETTERS = 20
"""Of fewer the model is not asked."""
_KANA_SHARE = 0.05
_LETTER = re.compile(r"[^\W\d_]")
_FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f\u1d00-\u1eff\ufb00-\ufb06\uff21-\uff5a]")
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_NAMED = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "ary": "ar", "arz": "ar"}
_loading = threading.Lock()


def detect_language(text: str, declared: str | None = None) -> str | None:
    """The code of the language that most of `text` is in; None where that cannot be told.

    `declared` is what the file says of itself, in whatever form. It is believed only where the
    text does not speak clearly, for programs write it without asking.
    """
    sample = _sample(text)
    script = _script(sample)
    if script is None:
        return None
    languages = _LANGUAGES[script]
    said = language_code(declared)
    if script == "Han":  # without kana: Chinese, or too short to be told
        return said if said in languages else languages[0]
    if len(languages) == 1:
        return languages[0]
    if script == _LATIN and _is_plainly_english(sample):
        return ENGLISH
    only = _only(sample, script)
    few = len(_LETTER.findall(only)) < _FEW_LETTERS
    chances = {} if few else _chances(only, languages)
    best = max(languages, key=lambda language: chances.get(language, 0.0))
    if chances.get(best, 0.0) >= _SURE:
        return best
    if said in languages:
        return said
    return None if script == _LATIN else languages[0]


def language_code(declared: str | None) -> str | None:
    """The ISO 639-1 code in a tag such as "de-AT" or "pt_BR"; None where there is none."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", declared or "")
    code = match[1].lower() if match else ""
    code = _NAMED.get(code, code)
    return code if len(code) == 2 else None


def paragraph_language(paragraph: str, language: str | None) -> str:
    """The language to split a paragraph by, in a document that is in `language`.

    The document's, unless the paragraph is in another script: then that script's most common one,
    English where it is Latin.
    """
    script = _LATIN if paragraph.isascii() else _script(paragraph[: _WINDOW * _WINDOWS])
    if script is None:  # figures and signs alone
        return language or ENGLISH
    languages = _LANGUAGES[script]
    return language if language in languages else languages[0]


def _is_plainly_english(text: str) -> bool:
    """Whether so many words are English function words that the model need not be asked.

    It takes half a second to load and 75 MB, which a folder of English documents is so spared.
    """
    words = re.findall(r"[^\W\d_]+", text.lower())
    only_english = sum(word in _ONLY_ENGLISH for word in words)
    accented = sum(not word.isascii() for word in words)
    return (
        len(words) >= _ENOUGH_WORDS
        and only_english >= _ENGLISH_SHARE * len(words)
        and accented <= _ACCENTED_SHARE * len(words)
    )


def _sample(text: str) -> str:
    """The text, or of a long one pieces from evenly spread places."""
    if len(text) <= _WINDOW * _WINDOWS:
        return text
    step = (len(text) - _WINDOW) // (_WINDOWS - 1)
    return "\n".join(text[at : at + _WINDOW] for at in range(0, step * _WINDOWS, step))


def _script(text: str) -> str | None:
    """The script that says most of the text; None where there is no letter of any that is known."""
    foreign = _FOREIGN.findall(text)
    counts = Counter(_BLOCKS[bisect_right(_STARTS, ord(c)) - 1][1] for c in foreign)
    del counts[""]
    if counts["Kana"] > _KANA_SHARE * counts["Han"]:
        counts["Kana"] += counts.pop("Han", 0)
    for script, weight in _OWN_WORDS.items():
        counts[script] *= weight
    counts[_LATIN] = len(_LATIN_LETTER.findall(text))
    script, most = max(counts.items(), key=lambda pair: pair[1])
    return script if most else None


def _only(text: str, script: str) -> str:
    """The text without the letters of other scripts, so that a list of names in them says less."""
    if script == _LATIN:
        return _FOREIGN.sub(" ", text)
    return _LATIN_LETTER.sub(" ", text)


def _chances(text: str, languages: tuple[str, ...]) -> dict[str, float]:
    """The probability of each of the languages, which sum to 1; none without a model."""
    identifier = _identifier()
    if identifier is None:
        return {}
    chances: Counter[str] = Counter()
    for name, chance in identifier.rank(text):
        code = _NAMED.get(name, name)
        if code in languages:
            chances[code] += chance
    total = sum(chances.values())
    return {code: chance / total for code, chance in chances.items()} if total else {}


def _identifier() -> Any | None:
    """The model; None where it cannot be loaded, which is tried again then."""
    with _loading:
        try:
            return _loaded()
        except OSError as error:  # it is unpacked to a temporary file
            log.warning("The languages of documents cannot be told: %s", error)
            return None


@cache
def _loaded() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

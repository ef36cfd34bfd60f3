"""What sentencex takes for the end of a sentence and is none.

`sentences` shows sentencex a paragraph as `shown` gives it and, where it is not English, mends the
spans that come back with `mended`. Nothing here changes what is quoted: `shown` keeps every offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from embeddings.languages import ENGLISH

RULES = {"nb": "da", "nn": "da", "no": "da"}
"""Whose rules fit a language for which sentencex has none; it takes English ones then."""
_LONGEST_JOINED = 400
_OTHER_STOPS = str.maketrans({"។": "।", "៕": "॥", "།": "।", "༎": "॥"})
"""The stops of Khmer and Tibetan, as ones that sentencex knows."""
_INSIDE = re.compile(r"(?<=[א-ת])[\"'](?=[א-ת])|(?<=\d)．(?=\d)")
"""A quotation mark in a Hebrew acronym, a wide decimal point."""
_DUTCH = re.compile(r"(?<!\w)['’](?=[a-z]\b)")  # 's avonds, 't was
_JOINTS = re.compile(r"[.!?…][\])»”“\"'’‹›]*$")
_GOES_ON = re.compile(r"(?:[—–-]\s+)?([^\W\d_])")
_LONE_LETTER = re.compile(r"(?:^|[^\w’'])([^\W\d_])\.$")
_LAST_WORD = re.compile(r"([\w’'-][\w’'.\u0900-\u0dff-]*)\.$")
_PREFIX = re.compile(r".*['’]")  # l'art. 5
_GERMAN_ORDINAL = re.compile(
    r"\b(?:[AaIi]m|[Vv]om|[Zz]um|[Bb]eim|[Dd](?:er|ie|as|em|en|es)|[Ii]hr\w*|"
    r"[Ss]ein\w*|[Jj]ede[rnms]|ein\w*)\s+\d{1,2}\.$"
)
_POLISH_YEAR = re.compile(r"(?:\w+\s+){1,3}\d{3,4}\s+r\.")  # w 1990 r.
_CJK_STOP = "。！？．｡"
_BRACKETED = re.compile(rf"[（(][^（）()]*[{_CJK_STOP}][）)](?=\S)")
_JAPANESE_QUOTED = re.compile(r"と(?![きこてなも])|って|など|を")
_CHINESE_SPEAKER = re.compile(r"\w{1,6}?(?:说|說|道|问|問|答|喊|叫)(?:[道着著了]*)(?=[，。：,.:])")
_ABBREVIATIONS = {
    "ar": "د أ ص ق م",
    "bn": "ডা ড মো মি",
    "cs": "mgr ing bc judr mudr phdr rndr doc prof sv | čl č str",
    "el": "κ κα δρ καθ | αρ σελ",
    "et": "hr pr dr prof | nr lk",
    "fi": "tri prof | nro s",
    "fr": "m mm mme mlle dr pr av bd | art fig p pp n ch vol",
    "hi": "डॉ प्रो श्री सुश्री पं",
    "hr": "gosp dr prof mr | br čl str",
    "hu": "dr prof ifj id özv | kb sz",
    "it": "sig sigg dott prof ing avv on mons cap | art artt pag pagg fig cfr n nn",
    "mr": "डॉ प्रा श्री",
    "nb": "dr prof | kl nr ca s",
    "nl": "dhr mevr mw mr dr drs ir ing prof ds | art blz nr fig",
    "no": "dr prof | kl nr ca s",
    "pl": "dr prof inż mgr hab ks św godz ul al pl | nr art poz str rys ok ur zm tj",
    "pt": "sr sra dr dra prof profa eng arq av exa exmo exma | art pág págs fig n p",
    "ro": "dl dna dr prof ing | nr art pag str fig cca",
    "ru": "д-р проф акад ул пр пл им | гл стр рис табл см д кв",
    "sk": "mgr ing bc judr mudr phdr doc prof sv | čl č str",
    "sl": "dr prof g ga gdč sv | čl št str",
    "sv": "dr prof | kl nr ca s t.ex bl.a",
    "tr": "dr prof doç av sn | bkz s no",
    "uk": "д-р проф акад вул пл ім | гл стор рис табл див буд",
    "vi": "ts ths pgs gs bs ks tp",
}
"""Words with a stop that end no sentence: titles and the like | before a number only."""
_EVER, _BEFORE_NUMBER = (
    {
        language: frozenset(words.split("|")[part].split()) if part < words.count("|") + 1 else ()
        for language, words in _ABBREVIATIONS.items()
    }
    for part in (0, 1)
)

_ENGLISH = (
    "ald amb ambs atty bp abp archbp cdr chas chmn cllr cllrs cmdt commr const cpt dcn ft gens geo"
    " govs hons jas lieut lts mmes ms mx ofc profs pt pte revd robt secy sgts smt ste thos"
    " treas ven wm",
    "approx excl incl",
    "appx arts attn avg bk ch chs cls ed eds eq eqs est ex exs figs govt hrs intl lbs max natl"
    " para paras pgs pts regs repr resp rpt sched secs seq subsec supp suppl tel trans transl vol"
    " vols wks yrs",
)
"""Those of English that sentencex lacks: titles before a name, some before anything, and some
before a number or a small letter only, for they may be words that end a sentence, too."""
_ENGLISH_TITLES, _ENGLISH_EVER, _ENGLISH_BEFORE_NUMBER = (
    frozenset(words.split()) for words in _ENGLISH
)
_ENGLISH_STOP = re.compile(r"(?<![\w.])([A-Za-z][a-z]{1,6})\.(?=\s+([(+±~<>£$€-]*)(\w+))")
_NUMBER = re.compile(r"\d|[IVXLC]{2,}$")
_BEGINNINGS = frozenset(("But", "It", "The", "They", "This"))


def shown(paragraph: str, language: str) -> str:
    """The paragraph, of the same length, with marks that sentencex knows for those it does not."""
    if language == ENGLISH:
        return _ENGLISH_STOP.sub(_without_stop, paragraph)
    text = _INSIDE.sub("_", paragraph.translate(_OTHER_STOPS))
    if language == "nl":
        text = _DUTCH.sub("_", text)
    if "„" in text and "“" not in text:
        text = text.replace("”", "“")
    elif "”" in text and "“" not in text:
        text = text.replace("”", '"')
    if "‚" in text and "„" not in text:
        text = text.replace("‚", "„").replace("‘", "“")
    if -1 < text.find("›") < text.find("‹"):
        text = text.replace("›", "»").replace("‹", "«")
    if "「" not in text:
        text = text.replace("『", "「").replace("』", "」")
    return text


def mended(
    paragraph: str, spans: Iterable[tuple[int, int]], language: str
) -> list[tuple[int, int]]:
    """The spans, with those joined that are no sentence and those parted that are two."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and _is_one(paragraph, found[-1], (start, end), language):
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return [part for span in found for part in _parted(paragraph, span)]


def _without_stop(found: re.Match[str]) -> str:
    """An English word with its stop, or without where it ends no sentence."""
    word, sign, after = found[1].lower(), found[2], found[3]
    if word in _ENGLISH_BEFORE_NUMBER:
        goes_on = _NUMBER.match(after) is not None or (not sign and after[0].islower())
    elif word in _ENGLISH_TITLES:
        goes_on = found[1][0].isupper() and not sign and after not in _BEGINNINGS
    else:
        goes_on = word in _ENGLISH_EVER and after not in _BEGINNINGS
    return f"{found[1]}_" if goes_on else found[0]


def _is_one(paragraph: str, before: tuple[int, int], after: tuple[int, int], language: str) -> bool:
    """Whether what sentencex parts here is one sentence."""
    first = paragraph[before[0] : before[1]]
    second = paragraph[after[0] : after[1]].lstrip()
    apart = first[-1:].isspace() or len(second) < after[1] - after[0]
    first = first.rstrip()
    if not first or not second:
        return False
    if language == "ja" and first[-1] in "」』":
        return _JAPANESE_QUOTED.match(second) is not None
    if language == "zh" and first[-1] in "”」』":
        return _CHINESE_SPEAKER.match(second) is not None
    if language == "ko" and first[-1] in "\"”'’":  # what marks a quotation is written onto it
        return not apart
    if language == "pl" and _POLISH_YEAR.fullmatch(first):
        return True
    if not _JOINTS.search(first):
        return False
    goes_on = _GOES_ON.match(second)
    if goes_on and goes_on[1].islower():
        return after[1] - before[0] <= _LONGEST_JOINED
    if first[-1] != ".":
        return False
    if not apart and second[0].isalnum() and second[0].isascii():
        return True
    lone = _LONE_LETTER.search(first)
    if lone and lone[1].isupper() and goes_on:
        return True
    if language == "de" and goes_on and _GERMAN_ORDINAL.search(first):
        return True
    word = _LAST_WORD.search(first)
    if word is None:
        return False
    if second[0].isdigit() and _PREFIX.sub("", word[1].lower()) in _BEFORE_NUMBER.get(language, ()):
        return True
    return word[1].lower() in _EVER.get(language, ())


def _parted(paragraph: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    """The span, cut behind a bracket at its beginning that holds a whole sentence."""
    start, end = span
    bracketed = _BRACKETED.match(paragraph, start, end)
    return [(start, bracketed.end()), (bracketed.end(), end)] if bracketed else [span]

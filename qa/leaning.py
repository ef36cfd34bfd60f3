"""message → whether it leans on what was said before, told by English function words."""

from __future__ import annotations

import re

from qa.names import FUNCTION_WORDS, names

WH = "who|whom|whose|what|which|when|where|why|how"
DO = "do|does|did|can|could|will|would|shall|should|may|might|must"
AUXILIARY = f"is|are|was|were|has|have|had|{DO}"
_PERSON = "he|him|his|she|her|hers"
PRONOUNS = {"person": _PERSON, "thing": "it|its", "several": "they|them|their|theirs"}
_DETERMINER = "the|a|an|some|any|many|most|all|each|every|no|both|my|your|our"
PREPOSITION = (
    "in|on|at|of|by|for|from|to|with|without|about|after|before|during|since|until|under|over|"
    "between|among|against|near|into"
)


def pattern(expression: str) -> re.Pattern[str]:
    """The expression compiled, upper and lower case alike."""
    return re.compile(expression, re.IGNORECASE)


LINKING = pattern(r"(?:(?:and|but|so|or|then|also|ok|okay|well|plus)\b[\s,]*)+")
ABOUT = pattern(r"(?:what|how) about\s+|what of\s+")
VERBAL = pattern(rf"\b(?:{WH}|{AUXILIARY}|tell|name|list|give|explain|describe|show)\b")
AUXILIARIES = pattern(rf"\b(?:{AUXILIARY})\b")
PRONOUN = {kind: pattern(rf"\b(?:{words})\b(?!['’])") for kind, words in PRONOUNS.items()}
_ANY_PRONOUN = "|".join(PRONOUNS.values())
_SUBJECT = pattern(
    rf"\b(?:{AUXILIARY})\s+(?:(?:{_DETERMINER})\s+)?(?!(?:{_ANY_PRONOUN}|{_DETERMINER}|i|you|we|"
    rf"one|there|this|that|these|those|not|{PREPOSITION})\b)\w+"
)
"""A noun behind the auxiliary: what a later pronoun of the same question may well mean."""
_COUNTED = pattern(r"\b(?:which|whose|how many|what)\s+(?!(?:" + AUXILIARY + r")\b)\w+")
_EMPTY_IT = pattern(
    r"\bit\s+(?:\w+ly\s+)?(?:(?:takes?|took|costs?|mean|called)\s+(?:\w+\s+){0,3}?(?:to|for|when|if)|true|"
    r"rain\w*|(?:un|im|il)?(?:possible|necessary|legal|important|enough|better|easier|hard|easy)|"
    r"\w+ that)\b"
)
_POINTING = pattern(
    rf"^(?:{AUXILIARY}) that\b|\b(?:{PREPOSITION}|like|than) that\b|"
    r"\b(?:that|then|instead|too)\W*$|(?<!are )(?<!were )(?<!is )(?<!was )\bthere\W*$"
)
_POINTING_UNNAMED = pattern(
    r"\b(?:this|these|those|else|another|(?:the|any|what|which|some) (?:same|others?))\b"
    r"|\b(?:tell me|say|know|explain) more\W*$|\bmore (?:detail|information)s?\W*$"
    r"|^(?:please )?elaborate"
)
"""Points back in a short message without a name; in another it may point within."""
_MAX_POINTING_WORDS = 9
MAX_FRAGMENT_WORDS = 4


def leans(message: str) -> bool:
    """Whether the message alone does not say what it asks.

    So with a fragment, one that begins with "and" or points to "that" or "there", and one with a
    pronoun, unless a name or noun that it can stand for comes before it.
    """
    words = re.findall(r"\w+", message)
    if not words:
        return False
    if LINKING.match(message) or ABOUT.match(message) or points_back(message):
        return True
    begun = words[0].lower() in FUNCTION_WORDS
    if begun and len(words) <= MAX_FRAGMENT_WORDS and not VERBAL.search(message):
        return True
    if len(words) <= 2 or (len(words) == 3 and not AUXILIARIES.search(message)):
        return not names(f"x {message}")
    return any(points_out(message, kind) for kind in PRONOUN)


def points_back(message: str) -> bool:
    """Whether a word such as "that", "there" or "else" points to what was said before."""
    if _POINTING.search(message):
        return True
    short = len(message.split()) <= _MAX_POINTING_WORDS and not names(message)
    return short and bool(_POINTING_UNNAMED.search(message))


def points_out(message: str, kind: str) -> bool:
    """Whether a pronoun of this kind stands for nothing within the message."""
    pronoun = PRONOUN[kind].search(message)
    if pronoun is None or (kind == "thing" and _EMPTY_IT.search(message)):
        return False
    before = message[: pronoun.start()]
    if names(f"{before} x"):
        return False
    return kind == "person" or not (_SUBJECT.search(before) or _COUNTED.search(before))

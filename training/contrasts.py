"""Unanswerable questions made from answerable ones by saying the contrary of a word.

"which was the largest" becomes "which was the smallest". The pairs of words are not written down
here: they are what people changed who wrote SQuAD 2.0's unanswerable questions beside answerable
ones, found by comparing the two. A fifth of such questions are of this kind (Rajpurkar et al. 2018,
table 2).
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from difflib import SequenceMatcher

from reader_data import Corpus, Question, encode_questions
from tokenizers import Tokenizer

MIN_LIKENESS = 0.6
"""Of two questions' words, as `SequenceMatcher` counts it: one was made from the other."""
MIN_TITLES = 2
"""In so many articles must a pair occur: names that one article sets against each other are out."""
MAX_WORDS = 2
FUNCTION_WORDS = frozenset(
    """
    a an the of in on at to for from by with as into and or but that than this these those it its
    they them their he him his she her is are was were be been being do does did has have had can
    could will would should may might must not no also s i who whose whom what which when where why
    how many much few none
    """.split()  # noqa: SIM905
)
"""Whose exchange makes another question, or none that anybody would ask."""
_WORD = re.compile(r"[\w'-]+")


def learn_contrasts(corpus: Corpus) -> dict[str, list[str]]:
    """``{words: what people put in their place}``, each once for every time it was done."""
    answerable: dict[int, list[list[str]]] = defaultdict(list)
    for question in corpus.answerable:
        answerable[question.passage].append(_WORD.findall(question.text))
    titles: dict[tuple[str, str], list[str]] = defaultdict(list)
    for question in corpus.unanswerable:
        words = _WORD.findall(question.text)
        matcher = SequenceMatcher(b=words, autojunk=False)
        likest, changes = MIN_LIKENESS, []
        for other in answerable[question.passage]:
            matcher.set_seq1(other)
            if matcher.ratio() > likest:
                likest = matcher.ratio()
                changes = [
                    (" ".join(other[a:b]), " ".join(words[c:d]))
                    for kind, a, b, c, d in matcher.get_opcodes()
                    if kind == "replace" and max(b - a, d - c) <= MAX_WORDS
                ]
        for change in changes:
            titles[change].append(corpus.passages[question.passage].title)
    contrasts: dict[str, list[str]] = defaultdict(list)
    for (old, new), where in sorted(titles.items()):
        tells = _says_something(old) and _says_something(new)
        if tells and len(set(where)) >= MIN_TITLES:
            # Either way round: neither word alone may tell that a question has no answer.
            contrasts[old] += [new] * len(where)
            contrasts[new] += [old] * len(where)
    return contrasts


def _says_something(words: str) -> bool:
    """Whether words are more than function words, negations of them, and figures."""
    return any(
        word.isalpha() and word not in FUNCTION_WORDS for word in re.split(r"n't\b|\W+", words)
    ) and not re.search(r"\d", words)


def contrast_questions(corpus: Corpus, tokenizer: Tokenizer, *, seed: int) -> list[Question]:
    """At most one changed question for each answerable one of SQuAD's, without spans.

    The new words do not stand in the passage, which might answer it then.
    """
    rng = random.Random(f"contrast {seed}")
    contrasts = learn_contrasts(corpus)
    longest_first = sorted(contrasts, key=lambda words: (-len(words), words))
    anything = re.compile(rf"(?<![\w'-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w'-])")
    changed: list[Question] = []
    for question in corpus.answerable:
        if question.source != "squad":
            continue
        passage = corpus.passages[question.passage].text.lower()
        places = list(anything.finditer(question.text))
        rng.shuffle(places)
        for place in places:
            new = rng.choice(contrasts[place[0]])
            if re.search(rf"(?<!\w){re.escape(new)}(?!\w)", passage) is None:
                text = question.text[: place.start()] + new + question.text[place.end() :]
                changed.append(Question(text, question.passage, (), "contrast"))
                break
    encode_questions(changed, tokenizer)
    return changed

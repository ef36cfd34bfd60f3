"""Unanswerable questions made from answerable ones by naming another entity.

"when did Chopin leave Warsaw" becomes "when did Chopin leave Vienna" where the passage, or one
beside it, names Vienna. Only 17,460 of SQuAD 2.0's unanswerable questions are in the data; a fifth
of such questions are of this kind (Rajpurkar et al. 2018, table 2).
"""

from __future__ import annotations

import random
import re
from functools import cache

from reader_data import Corpus, Question, encode_questions
from tokenizers import Tokenizer

# Names not at the start of a sentence, years, and other numbers.
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'-]+(?: (?:of |de |the )?[A-Z][\w'-]+)*")
_YEAR = re.compile(r"\b1\d{3}\b|\b20\d\d\b")
_NUMBER = re.compile(r"(?<![\w.,-])\d[\d,.]*\d(?![\w-])|(?<![\w.,-])\d(?![\w.,-])")
NEIGHBOURS = 2


def swap_entities(corpus: Corpus, tokenizer: Tokenizer, *, seed: int) -> list[Question]:
    """At most one changed question for each answerable one of SQuAD's, without spans."""
    rng = random.Random(f"swap {seed}")
    swapped: list[Question] = []

    @cache
    def entities(passage: int) -> tuple[tuple[str, ...], ...]:
        text = corpus.passages[passage].text
        years = set(_YEAR.findall(text))
        numbers = set(_NUMBER.findall(text)) - years
        names = {n for n in _NAME.findall(text) if len(n) > 3}
        return tuple(tuple(sorted({e.lower() for e in kind})) for kind in (names, years, numbers))

    for question in corpus.answerable:
        if question.source != "squad":
            continue
        title = corpus.passages[question.passage].title
        near = range(question.passage - NEIGHBOURS, question.passage + NEIGHBOURS + 1)
        beside = [p for p in near if 0 <= p < len(corpus.passages)]
        beside = [p for p in beside if corpus.passages[p].title == title]
        answers = " ".join(question.answers).lower()
        options: list[tuple[str, str]] = []
        for kind in range(3):
            here = [e for e in entities(question.passage)[kind] if _names(question.text, e)]
            pool = {e for p in beside for e in entities(p)[kind]}
            others = sorted(e for e in pool if e not in question.text and e not in answers)
            options += [(old, rng.choice(others)) for old in here if others and old not in answers]
        if options:
            old, new = rng.choice(options)
            text = re.sub(
                rf"(?<!\w){re.escape(old)}(?!\w)", new.replace("\\", r"\\"), question.text
            )
            swapped.append(Question(text, question.passage, (), "swap"))
    encode_questions(swapped, tokenizer)
    return swapped


def _names(question: str, entity: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(entity)}(?!\w)", question) is not None

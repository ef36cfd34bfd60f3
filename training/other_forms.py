"""Questions in forms that the question sets lack: keywords, and what is answered by yes or no.

People also type "date hamas attacks" into a chat, and ask "was the school founded by Sorin?". The
sets that are trained on hold next to none of either.
"""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import replace

from reader_data import Corpus, Question, encode_questions
from tokenizers import Tokenizer

DROPPED = frozenset(
    """
    a an the of in on at to for is are was were be been do does did has have had what which who whom
    whose that this it its there
    """.split()  # noqa: SIM905
)
"""What a search goes without; negations, comparisons and "before" stay, which change the answer."""
KEPT_SHARE = 0.25
ASKED_FOR = {
    "when": ("date", "year", ""),
    "where": ("place", "location", ""),
    "why": ("reason", "cause"),
    "how many": ("number", "number of"),
}
"""How a search says what it wants."""
MIN_WORDS = 2

MAX_SENTENCE_TOKENS = 30
MIN_REST_WORDS, MAX_REST_WORDS = 3, 14
_NO_SUBJECT = (
    r"it|he|she|they|we|i|you|this|that|these|those|there|here|in|on|at|by|as|to|of|for|from|with"
    r"|when|while|although|though|after|before|if|since|because|during|and|but|or|however|also"
    r"|what|who|which|where|how|why|such|its|his|her|their|another|other|others|some|many|most"
)
_STATEMENT = re.compile(
    rf"(?!(?:{_NO_SUBJECT})\b)(?P<subject>[a-z][\w'-]*(?: [\w'-]+){{0,5}}?)"
    r" (?P<verb>is|are|was|were|can|could|will|would|must|should"
    r"|(?:has|have|had)(?= (?:not )?(?:been|become|\w+ed|\w+en)\b))"
    r" (?P<rest>[^,;:()\"]+)"
)
_CLAUSE = re.compile(r" (?:that|which|who|whom|where|when|and|but) ")
_BREAK = frozenset(
    """
    in on at by for with from to during after before since until under over
    """.split()  # noqa: SIM905
)


def keyword_questions(corpus: Corpus, tokenizer: Tokenizer, *, seed: int) -> list[Question]:
    """Every question, answerable or not, as somebody might type it into a search box."""
    rng = random.Random(f"keywords {seed}")
    changed: list[Question] = []
    for question in itertools.chain(corpus.answerable, corpus.unanswerable):
        text = question.text.rstrip("?")
        for asking, names in ASKED_FOR.items():
            text = re.sub(rf"\b{asking}\b", rng.choice(names), text, count=1)
        words = [w for w in text.split() if w not in DROPPED or rng.random() < KEPT_SHARE]
        if len(words) >= MIN_WORDS:
            changed.append(replace(question, text=" ".join(words), source="keywords"))
    encode_questions(changed, tokenizer)
    return changed


def statement_questions(corpus: Corpus, tokenizer: Tokenizer, *, seed: int) -> list[Question]:
    """At most one question a passage, whether what one of its sentences says is so.

    The whole sentence is its answer. Rules do: a subject without a clause, its auxiliary verb, and
    as much of the rest as a question would name.
    """
    rng = random.Random(f"statements {seed}")
    asked: list[Question] = []
    for number, passage in enumerate(corpus.passages):
        ranges = list(itertools.pairwise([*passage.sentences, len(passage.tokens)]))
        rng.shuffle(ranges)
        for first, after in ranges:
            if after - first > MAX_SENTENCE_TOKENS:
                continue
            statement = _STATEMENT.match(tokenizer.decode(passage.tokens[first:after]))
            if statement is None or _CLAUSE.search(f" {statement['subject']} "):
                continue
            rest = _CLAUSE.split(statement["rest"].rstrip(" .!?"))[0].split()[:MAX_REST_WORDS]
            ends = [n for n, word in enumerate(rest) if word in _BREAK and n >= MIN_REST_WORDS]
            rest = rest[: rng.choice([*ends, len(rest)])]
            while rest and rest[-1] in _BREAK | DROPPED:
                rest.pop()
            if len(rest) < MIN_REST_WORDS:
                continue
            text = f"{statement['verb']} {statement['subject']} {' '.join(rest)}?"
            spans = [(first, after - 1)]
            asked.append(Question(text, number, (), "statement", spans=spans))
            break
    encode_questions(asked, tokenizer)
    return asked

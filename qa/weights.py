"""The reader's weights in a file: matrices of its layers in int8, all else in fp16.

A matrix of shape (rows, columns) is kept as integers from -127 to 127, beside it under its name and
`SCALE` what each row counts in, fp16 of shape (rows, 1). Twelve layers take 21 MB so, and rounding
moves a score by no more than bf16 does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SCALE = ":scale"
MOST = 127


def packed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What is written of `tensors`: fp16, and int8 for the matrices of layers."""
    import torch

    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and ".layer." in name:
            scale = (tensor.float().abs().amax(1, keepdim=True) / MOST).to(torch.float16)
            whole = (tensor.float() / scale.float().clamp(min=1e-7)).round()
            found[name] = whole.clamp(-MOST, MOST).to(torch.int8)
            found[name + SCALE] = scale
        else:
            found[name] = tensor.to(torch.float16).contiguous()
    return found


def load_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, fp32, whether packed or not."""
    from safetensors.torch import load_file

    kept = load_file(path)
    scales = {name: kept.pop(name) for name in list(kept) if name.endswith(SCALE)}
    tensors = {name: tensor.float() for name, tensor in kept.items()}
    for name, scale in scales.items():
        tensors[name.removesuffix(SCALE)] *= scale.float()
    return tensors


def layers_of(names: Mapping[str, object]) -> int:
    """How many layers of a transformer the tensors of these names make up."""
    return len({name.split(".layer.")[1].split(".")[0] for name in names if ".layer." in name})

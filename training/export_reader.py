r"""Turn a checkpoint into the reader's weights: one safetensors file, int8 and fp16.

    python training/export_reader.py --checkpoint ~/reader-training/run/step-006000.pt \
        --out ~/reader-training/reader.safetensors

Holds every tensor outside the embeddings, under ``BertForQuestionAnswering``'s names, and the
evidence head (``evidence.weight``, ``evidence.bias``), as `qa.weights` packs them; the embeddings
are the bundled model's. A teacher's checkpoint is turned likewise, and may be larger than what
ships.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import torch
from safetensors.torch import save_file

from qa.weights import packed

MAX_BYTES = 25_000_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--use", choices=["weights", "average"], default="weights")
    arguments = parser.parse_args()
    state = torch.load(arguments.checkpoint, weights_only=True)
    tensors = packed(state[arguments.use])
    odd = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if odd:
        raise ValueError(f"not finite in fp16: {odd}; train on with a lower learning rate")
    temporary = arguments.out.with_suffix(".tmp")
    save_file(tensors, temporary, {"step": str(state["step"]), "use": arguments.use})
    os.replace(temporary, arguments.out)
    size = arguments.out.stat().st_size
    digest = hashlib.sha256(arguments.out.read_bytes()).hexdigest()
    print(f"{arguments.out}: {len(tensors)} tensors, {size:,} bytes, sha256 {digest}")
    if size > MAX_BYTES and not any(name.startswith("mpnet") for name in tensors):
        raise ValueError(f"{arguments.out} has {size:,} bytes, at most {MAX_BYTES:,} are allowed")


if __name__ == "__main__":
    main()

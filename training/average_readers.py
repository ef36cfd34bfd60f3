"""Readers' weights → their mean, better on strange text than either (Wortsman et al. 2022).

    python training/average_readers.py FIRST.safetensors SECOND.safetensors --out MEAN.safetensors

The readers must come from one another, as a run started from another's weights does.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch
from safetensors.torch import save_file

from qa.weights import load_weights, packed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--step", default="a mean", help="what the file says of itself")
    arguments = parser.parse_args()
    readers = [load_weights(path) for path in arguments.weights]
    mean = {
        name: sum((r[name] for r in readers), torch.zeros(())) / len(readers)
        for name in readers[-1]
    }
    save_file(packed(mean), arguments.out, {"step": arguments.step})
    print(f"{arguments.out}: sha256 {hashlib.sha256(arguments.out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()

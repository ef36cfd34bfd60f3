"""Trains the tiktoken encoding that ships with the project (`embeddings/data/*.tiktoken`).

    python training/encoding.py ../shared/data/encyclopedia-64MB.tar.xz [more .tar.xz of text]

Byte-pair merges are learned by Hugging Face tokenizers over the pattern of `embeddings.tokens`
and written in tiktoken's format. Every 16th document of the archives is used, in archive order:
the same archives give the same file.
"""

from __future__ import annotations

import base64
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from embeddings.tokens import DEFAULT_ENCODING, PATTERN

VOCABULARY = 16_384
TARGET = Path(__file__).parent.parent / "embeddings" / "data" / f"{DEFAULT_ENCODING}.tiktoken"


def documents(archives: list[str]) -> Iterator[str]:
    """Every 16th text file of the archives."""
    for archive in archives:
        with tarfile.open(archive) as tar:
            for number, member in enumerate(m for m in tar if m.isfile()):
                file = tar.extractfile(member) if number % 16 == 0 else None
                if file is not None:
                    yield file.read().decode("utf-8", "replace")


def byte_of_symbol() -> dict[str, int]:
    """The byte that each printable stand-in of the byte-level alphabet means (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}


def train(archives: list[str]) -> list[bytes]:
    """The tokens in rank order: 256 single bytes, then the merges as they were learned."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents(archives), trainer)
    symbols = byte_of_symbol()
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    merged = [bytes(symbols[c] for c in token) for token, _ in by_id if len(token) > 1]
    return [bytes([byte]) for byte in range(256)] + merged


def main() -> None:
    """Trains and writes the file, and says how large it is."""
    tokens = train(sys.argv[1:])
    lines = [f"{base64.b64encode(t).decode()} {rank}\n" for rank, t in enumerate(tokens)]
    TARGET.write_text("".join(lines), "ascii")
    print(f"{len(tokens)} tokens, {TARGET.stat().st_size} bytes: {TARGET.name}")


if __name__ == "__main__":
    main()

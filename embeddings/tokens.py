"""The tiktoken encoding that measures passages.

tiktoken's public encodings are fetched at run time, which fails offline, so the project ships one
of its own; `training/encoding.py` made it.
"""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from embeddings.errors import ModelError

if TYPE_CHECKING:
    import tiktoken

DEFAULT_ENCODING = "pincite_16k"
PATTERN = (
    r"'(?:[sdmt]|ll|ve|re)\b| ?[\p{L}\p{M}]{1,32}|\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]{1,8}|\s{1,8}"
)
"""How text is cut before merging. Every run is bounded, so no input is slow to encode."""


@cache
def load_encoding(name: str = DEFAULT_ENCODING) -> tiktoken.Encoding:
    """The encoding of that name: the project's own, or one of tiktoken's (`cl100k_base`, …).

    Raises `ModelError` where tiktoken does not know the name or cannot fetch the file.
    """
    import tiktoken

    if name == DEFAULT_ENCODING:
        return tiktoken.Encoding(
            name, pat_str=PATTERN, mergeable_ranks=_read_ranks(), special_tokens={}
        )
    try:
        return tiktoken.get_encoding(name)
    except ValueError as error:
        known = ", ".join([DEFAULT_ENCODING, *tiktoken.list_encoding_names()])
        raise ModelError(f"No token encoding is called {name!r}. Known: {known}.") from error
    except Exception as error:  # whatever the HTTP library of the day raises
        raise ModelError(
            f"tiktoken fetches its encoding {name!r} from the network and could not ({error}). "
            f"Go online once, or use the one that ships with pincite: {DEFAULT_ENCODING}."
        ) from error


def _read_ranks() -> dict[bytes, int]:
    """The ranks in tiktoken's file format: a line is a token in base64, a space and its rank."""
    lines = files("embeddings").joinpath(f"data/{DEFAULT_ENCODING}.tiktoken").read_text("ascii")
    pairs = (line.split() for line in lines.splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in pairs}

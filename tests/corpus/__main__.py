"""Writes the documents, the facts in them, and what of them must not be read.

    python -m tests.corpus [--browser]

`facts.jsonl` is a file of gold questions with two fields more, `page` and `boxes`. A line of
`unread.jsonl` names a document and a piece of the `reason` why it is refused, or `words` that are
in the file but no part of its text. What cannot be made on this machine stays as it is: some files
need a font, and those of `browser.py` are printed only with `--browser`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.corpus.broken import broken
from tests.corpus.facts import Made
from tests.corpus.office import office
from tests.corpus.pdf_forms import forms
from tests.corpus.pdf_prose import prose
from tests.corpus.pdf_right_to_left import right_to_left
from tests.corpus.texts import texts

HERE = Path(__file__).parent
DOCUMENTS = HERE.parent / "documents"
FACTS, UNREAD = HERE / "facts.jsonl", HERE / "unread.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", action="store_true")
    files = list(corpus())
    if parser.parse_args().browser:
        from tests.corpus.browser import printed

        files += printed()
    for made in files:
        path = DOCUMENTS / made.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.data)
    names = {made.name for made in files}
    write(FACTS, [*kept(FACTS, names), *facts_of(files)])
    write(UNREAD, [*kept(UNREAD, names), *unread_of(files)])


def corpus() -> Iterator[Made]:
    """All that can be made without a browser and with the fonts of this machine."""
    for files in (prose, forms, right_to_left, texts, office, broken):
        yield from files()


def facts_of(files: Iterable[Made]) -> list[dict[str, object]]:
    """The lines of `facts.jsonl` for these files."""
    return [fact.as_json() for made in files for fact in made.facts]


def unread_of(files: Iterable[Made]) -> list[dict[str, object]]:
    """The lines of `unread.jsonl` for these files."""
    lines: list[dict[str, object]] = []
    for made in files:
        if made.reason is not None:
            lines.append({"document": made.name, "reason": made.reason})
        if made.absent:
            lines.append({"document": made.name, "words": list(made.absent)})
    return lines


def lines_of(path: Path) -> list[dict[str, object]]:
    """The objects in a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def kept(path: Path, names: set[str]) -> list[dict[str, object]]:
    """The lines about other documents than these."""
    if not path.exists():
        return []
    return [line for line in lines_of(path) if not _is_of(str(line["document"]), names)]


def _is_of(document: str, names: set[str]) -> bool:
    return document in names or document.partition(".zip/")[0] + ".zip" in names


def write(path: Path, lines: list[dict[str, object]]) -> None:
    ordered = sorted(lines, key=lambda line: str(line["document"]))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in ordered)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

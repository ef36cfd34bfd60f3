"""Which languages are told in a folder's documents, what that costs, and what it changes.

    python -m benchmarks.languages DOCS

Sentences are compared with those that English rules find.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from embeddings.documents import find_documents, read_document
from embeddings.languages import detect_language
from embeddings.sentences import split_sentences


def main(folder: Path) -> None:
    began = time.process_time()
    detect_language("Some words, for the model to be loaded.")
    print(f"model loaded in {time.process_time() - began:.2f} s")
    seconds, languages, otherwise = 0.0, Counter[str](), []
    for path in find_documents(folder):
        document = read_document(path, folder)
        began = time.process_time()
        detect_language(document.text)
        seconds += time.process_time() - began
        languages[document.language or "not clear"] += 1
        text = document.text
        if split_sentences(text, document.language) != split_sentences(text, "en"):
            otherwise.append(f"{document.path} ({document.language})")
    count = languages.total()
    print(f"{count} documents, {seconds / count * 1000:.2f} ms each of processor time to tell")
    print(", ".join(f"{language} {number}" for language, number in languages.most_common()))
    print(f"{len(otherwise)} are split otherwise than as English", *otherwise[:10], sep="\n  ")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

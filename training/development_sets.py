"""Public question sets → folders of documents with gold questions, to measure and calibrate on.

    python training/development_sets.py ../shared/data ~/development --packages PACKAGES

Writes `NAME/docs/` and `NAME/gold.jsonl` for each of
  squad11    SQuAD 1.1 dev: 2,067 paragraphs, every question answerable
  squad20    SQuAD 2.0 dev: half of the questions are not
  articles   the 490 whole articles of SQuAD, the questions of SQuAD 1.1 dev
  nq         Natural Questions dev: 1,000 paragraphs, questions typed into a search box
  doc2dial   272 pages of public services, the first questions of dialogues on those pages that
             the reader's training leaves out
  doc2dial-turns   the same pages, the later questions with their history
  nq-half, doc2dial-half   every second document left out: its questions have no answer any more
  small      35 folders of one short document: eight paragraphs of an article of SQuAD 2.0 dev, with
             three questions that they answer to one that they do not
  written    40 folders of one short article, with questions in other words than the article's
  licences   eight licences of software, with questions in other words
  news       50 short texts of newspapers, likewise; needs the packages of `news.py`
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from reader_data import page_held_out, read_squad, read_texts
from written import licences, newspapers, written_folders

from embeddings.sentences import split_sentences
from qa.gold import Gold, read_gold, read_squad_paragraphs, sample

PARAGRAPHS = 8
ANSWERABLE, UNANSWERABLE = 9, 3
"""Of a small folder."""


def write(folder: Path, docs: Iterable[tuple[str, str]], golds: Iterable[Gold]) -> None:
    """Writes a set, over one that is there."""
    for name, text in docs:
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    with (folder / "gold.jsonl").open("w", encoding="utf-8") as file:
        for gold in golds:
            history = [{"question": q, "answer": a} for q, a in gold.history]
            file.write(json.dumps(asdict(gold) | {"history": history}) + "\n")
    print(folder)


def small_folders(path: Path) -> Iterator[tuple[str, str, list[Gold]]]:
    """Of each article of a SQuAD 2.0 file its name, paragraphs from its middle, and questions."""
    for title, article in groupby(read_squad(path), key=itemgetter(0)):
        paragraphs = [paragraph for _, paragraph in article]
        middle = max(0, (len(paragraphs) - PARAGRAPHS) // 2)
        paragraphs = paragraphs[middle : middle + PARAGRAPHS]
        golds = [
            Gold(qa["id"], qa["question"], tuple(a["text"] for a in qa["answers"]), None, None, ())
            for paragraph in paragraphs
            for qa in paragraph["qas"]
        ]
        answered = sample([g for g in golds if g.answerable], ANSWERABLE)
        not_answered = sample([g for g in golds if not g.answerable], UNANSWERABLE)
        text = "\n\n".join(paragraph["context"] for paragraph in paragraphs)
        yield _name(title), text, answered + not_answered


def natural_questions(path: Path) -> tuple[dict[str, str], list[Gold]]:
    """A document for each different paragraph, and the questions."""
    docs: dict[str, str] = {}
    golds = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            name = docs.setdefault(row["context"], f"{_name(row['title'])}_{len(docs):04}.txt")
            texts = (answer["text"].strip() for answer in row["answers"])
            answers = tuple(dict.fromkeys(filter(None, texts)))
            if answers:  # one in a thousand has an empty answer
                golds.append(Gold(row["id"], row["question"], answers, None, name, ()))
    return {name: text for text, name in docs.items()}, golds


def doc2dial(path: Path) -> tuple[dict[str, str], list[Gold]]:
    """The pages, and a question for each turn on a page that no training sees.

    Its answers are the sentences of the gold span.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    docs = {
        doc["doc_id"]: (f"{_name(doc['title'])}_{doc['doc_id']}.txt", doc["text"])
        for doc in data["docs"]
    }
    unseen = {doc["doc_id"] for doc in data["docs"] if page_held_out(doc["title"])}
    golds = []
    for turn in data["qas"]:
        if turn["doc_id"] not in unseen:
            continue
        (speaker, question), *earlier = turn["turns_latest_first"]
        span = turn["answer"]
        answers = [span[s.start : s.end].strip(" ,;") for s in split_sentences(span)]
        answers = [a for a in answers if len(a.split()) > 3] or [span.strip()]
        if speaker == "user" and span.strip():
            name = docs[turn["doc_id"]][0]
            history = tuple(turns(reversed(earlier)))
            golds.append(Gold(turn["id"], question, tuple(answers), None, name, history))
    return dict(docs.values()), golds


def halved(docs: dict[str, str], golds: Iterable[Gold]) -> tuple[list[tuple[str, str]], list[Gold]]:
    """Every second document, and all questions: those of the others are unanswerable now."""
    kept = dict(list(docs.items())[::2])
    gone: dict[str, Any] = {"answers": (), "sentence": None, "document": None}
    return list(kept.items()), [g if g.document in kept else replace(g, **gone) for g in golds]


def turns(spoken: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    """Utterances, oldest first, as pairs of what the user and then the agent said."""
    question = ""
    for speaker, words in spoken:
        if speaker == "user":
            question = f"{question} {words}".strip()
        elif question:
            yield question, words
            question = ""


def _name(title: str) -> str:
    return re.sub(r"\W+", "_", title)[:80]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--packages", type=Path, help="folder of news.py's packages; else no news")
    arguments = parser.parse_args()
    data, target = arguments.data, arguments.target
    for name, file in (("squad11", "squad-dev-v1.1"), ("squad20", "squad-dev-v2.0")):
        path = data / f"{file}.json.gz"
        write(target / name, read_squad_paragraphs(path), read_gold(path))
    for name, text, golds in small_folders(data / "squad-dev-v2.0.json.gz"):
        write(target / "small" / name, [(f"{name}.txt", text)], golds)
    for name, text, golds in written_folders(data):
        write(target / "written" / name, [(f"{name}.txt", text)], golds)
    docs = read_texts(data / "squad-articles.tar.xz")
    write(target / "articles", docs, read_gold(data / "squad-dev-v1.1.json.gz"))
    pages, golds = natural_questions(data / "natural-questions-dev.jsonl.gz")
    write(target / "nq", pages.items(), golds)
    write(target / "nq-half", *halved(pages, golds))
    pages, golds = doc2dial(data / "doc2dial-half.json.gz")
    first = [gold for gold in golds if not gold.history]
    write(target / "doc2dial", pages.items(), first)
    write(target / "doc2dial-half", *halved(pages, first))
    write(target / "doc2dial-turns", pages.items(), (g for g in golds if g.history))
    pages, golds = licences()
    write(target / "licences", pages.items(), golds)
    if arguments.packages:
        pages, golds = newspapers(arguments.packages)
        write(target / "news", pages.items(), golds)


if __name__ == "__main__":
    main()

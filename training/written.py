"""Questions written for this project: people who ask do not know the words of the document.

Those of the public sets were written with the passage before the eyes, and use its words; readers
trained on them give little to a span that is asked for in others. A large language model wrote
these (`written/README.md`), on passages of articles of ``encyclopedia-64MB.tar.xz`` and of news, of
which the files hold nothing but the answers, of manuals, licences and speeches.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from news import read_news
from reader_data import Corpus, Passage, Question, normalise_question, read_texts, tokenise
from tokenizers import Tokenizer

from qa.gold import Gold

FOLDER = Path(__file__).parent / "written"
LICENCES = Path("/usr/share/common-licenses")
"""Where Debian keeps the texts of licences."""
WORDS = 700
"""Of the beginning of an article that is one document of its own, and the rest of a paragraph."""


def read_rows(name: str) -> Iterator[list[str]]:
    """The rows of a tab-separated file of `FOLDER`."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def read_articles(data: Path, names: Iterable[str]) -> dict[str, str]:
    """The text of these articles of the encyclopedia in the folder ``data``."""
    wanted = set(names)
    texts = read_texts(data / "encyclopedia-64MB.tar.xz")
    return {name: text for name, text in texts if name in wanted}


def load_written(data: Path, packages: Path, tokenizer: Tokenizer) -> Corpus:
    """The questions for training on their passages, tokenised; ``packages`` are those of `news.py`.

    A row of ``train.tsv`` is a passage, a question, and its answer, "-" without one. The passage is
    one of ``passages.tsv``, whose rows are its name, its document's title and its text, or part of
    an article or a piece of news, as in ``00825-Anode.txt:120-940``.
    """
    rows = list(read_rows("train.tsv"))
    others = {name: (title, text) for name, title, text in read_rows("passages.tsv")}
    articles = read_articles(data, (name.partition(":")[0] for name, *_ in rows))
    articles |= read_news(packages)
    corpus = Corpus([], [], [])
    numbers: dict[str, int] = {}
    for name, asked, answer in rows:
        number = numbers.setdefault(name, len(corpus.passages))
        if number == len(corpus.passages):
            title, text = others.get(name) or _part(articles, name)
            corpus.passages.append(Passage(title, text, "written"))
        answers = () if answer == "-" else (answer,)
        questions = corpus.answerable if answers else corpus.unanswerable
        questions.append(Question(normalise_question(asked), number, answers, "written"))
    tokenise(corpus, tokenizer)
    return corpus


def _part(articles: dict[str, str], name: str) -> tuple[str, str]:
    """The title of an article and the part of its text that ``name`` says."""
    article, _, part = name.partition(":")
    start, end = map(int, part.split("-"))
    return articles[article].partition("\n")[0], articles[article][start:end]


def written_folders(data: Path) -> Iterator[tuple[str, str, list[Gold]]]:
    """Of each document of ``articles.tsv`` its name, the text, and questions.

    A row is the article, a question and its answers between " | ", "-" without one.
    """
    golds = _golds("articles.tsv")
    for name, text in sorted(read_articles(data, golds).items()):
        kept: list[str] = []
        for paragraph in filter(str.strip, text.split("\n")):
            kept.append(paragraph)
            if sum(len(paragraph.split()) for paragraph in kept) > WORDS:
                break
        yield name.removesuffix(".txt"), "\n\n".join(kept) + "\n", golds[name]


def licences() -> tuple[dict[str, str], list[Gold]]:
    """The texts of licences, and the questions of ``licences.tsv``, in the form of the others."""
    return _folder("licences.tsv", lambda name: (LICENCES / name).read_text("utf-8"))


def newspapers(packages: Path) -> tuple[dict[str, str], list[Gold]]:
    """Newspapers' texts, and the questions of ``news.tsv``; ``packages`` are those of `news.py`."""
    texts = read_news(packages)
    return _folder("news.tsv", lambda name: texts[name].partition("\n")[2] + "\n")


def _folder(file: str, read: Callable[[str], str]) -> tuple[dict[str, str], list[Gold]]:
    """The documents that a file names, read by their names without ending, and its questions."""
    golds = _golds(file)
    texts = {name: read(name.removesuffix(".txt")) for name in golds}
    return texts, [gold for asked in golds.values() for gold in asked]


def _golds(file: str) -> dict[str, list[Gold]]:
    """The questions of each document that a file names."""
    golds: dict[str, list[Gold]] = {}
    for number, (name, asked, answer) in enumerate(read_rows(file), start=1):
        answers = () if answer == "-" else tuple(answer.split(" | "))
        document = name if answers else None
        gold = Gold(f"{Path(file).stem}-{number}", asked, answers, None, document, ())
        golds.setdefault(name, []).append(gold)
    return golds

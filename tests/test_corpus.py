"""The committed documents: every fact is read word for word, on its page and in its boxes."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from embeddings.documents import SUFFIXES, Box, Document, read_document, unpacked_name
from embeddings.errors import DocumentError
from embeddings.indexer import index_folder, open_store
from embeddings.sentences import split_sentences
from qa import Bot
from qa.gold import read_gold
from tests.corpus.__main__ import DOCUMENTS, FACTS, UNREAD, corpus, facts_of, lines_of, unread_of
from tests.corpus.packing import packed, unpacked
from tests.pdfs import near
from tests.toy import WordEncoder

NEED_DEJAVU = {"hebrew.pdf", "hebrew-columns.pdf", "arabic-as-shaped.pdf"}
"""Made only where that font is; those printed by a browser are never made the same again."""


def by_document() -> dict[str, list[dict[str, object]]]:
    found = defaultdict(list)
    for fact in lines_of(FACTS):
        found[str(fact["document"])].append(fact)
    return dict(found)


KNOWN = by_document()
REFUSED = {str(line["document"]): str(line["reason"]) for line in lines_of(UNREAD)
           if "reason" in line}  # fmt: skip
LEFT_OUT = {str(line["document"]): line["words"] for line in lines_of(UNREAD) if "words" in line}


@cache
def read(name: str) -> Document:
    return read_document(DOCUMENTS / name, DOCUMENTS)


def boxes_in(fact: dict[str, object]) -> list[Box]:
    boxes = fact["boxes"]
    assert isinstance(boxes, list)
    return [Box(**box) for box in boxes]


def test_there_are_enough_documents_of_every_kind() -> None:
    files = [path for path in DOCUMENTS.iterdir() if path.is_file()]
    assert len(files) >= 60
    assert len(REFUSED) >= 10
    kinds = {Path(unpacked_name(path.name)).suffix for path in files}
    alike = {".text", ".ndjson"}  # other names of .txt and .jsonl
    assert kinds >= SUFFIXES - alike
    assert sum(path.stat().st_size for path in DOCUMENTS.rglob("*")) < 2_000_000
    pdfs = [path.name for path in files if path.suffix == ".pdf"]
    assert all(boxes_in(fact) for name in pdfs for fact in KNOWN[name])
    assert {path.relative_to(DOCUMENTS).as_posix() for path in DOCUMENTS.rglob("*.*")} == {
        name.partition(".zip/")[0] + ".zip" if ".zip/" in name else name
        for name in (*KNOWN, *REFUSED)
    }


@pytest.mark.parametrize("name", KNOWN)
def test_every_fact_is_a_sentence_on_its_page_and_in_its_boxes(name: str) -> None:
    document = read(name)
    spans = {document.text[span.start : span.end]: span for span in split_sentences(document.text)}
    for fact in KNOWN[name]:
        assert fact["sentence"] in spans
        span = spans[str(fact["sentence"])]
        assert document.page(span.start) == fact["page"], fact
        found = document.boxes(span.start, span.end)
        assert near(found, boxes_in(fact)), (fact, found)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_no_part_of_the_text_is_left_out(name: str) -> None:
    words = LEFT_OUT[name]
    assert isinstance(words, list)
    for word in words:
        assert word not in read(name).text


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(name)
    assert str(caught.value).startswith(f"{name}: ")
    assert REFUSED[name] in str(caught.value)


def test_a_broken_file_costs_the_index_nothing_but_itself(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(DOCUMENTS, docs)
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        report = index_folder(docs, store, encoder)
        assert {skipped.path for skipped in report.skipped} == set(REFUSED)
        for skipped in report.skipped:
            assert REFUSED[skipped.path] in skipped.reason
        assert {listing.path for listing in store.listings()} == set(KNOWN)
        for name, facts in KNOWN.items():
            document = store.document(read(name).id)
            assert document.text == read(name).text
            start = document.text.index(str(facts[0]["sentence"]))
            end = start + len(str(facts[0]["sentence"]))
            assert document.boxes(start, end) == read(name).boxes(start, end)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docs", "index"]


def compresses_alike() -> bool:
    """Whether this machine's zlib makes the bytes that are committed."""
    committed = (DOCUMENTS / "board-minutes.docx").read_bytes()
    return packed(unpacked(committed)) == committed


@pytest.mark.skipif(not compresses_alike(), reason="another zlib: other bytes of the same content")
def test_what_is_committed_is_what_the_generator_makes() -> None:
    made = list(corpus())
    names = {file.name for file in made}
    others = {path.name for path in DOCUMENTS.iterdir() if path.is_file()} - names
    assert {name for name in others if not name.startswith("browser-")} <= NEED_DEJAVU
    for file in made:
        assert file.data == (DOCUMENTS / file.name).read_bytes(), file.name
    for committed, lines in ((FACTS, facts_of(made)), (UNREAD, unread_of(made))):
        stored = [json.dumps(line) for line in lines_of(committed)]
        assert {json.dumps(line) for line in lines} <= set(stored)


@pytest.fixture(scope="module")
def corpus_bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("corpus") / "documents"
    shutil.copytree(DOCUMENTS, folder, ignore=shutil.ignore_patterns("broken"))
    with Bot.open(folder) as opened:
        yield opened


def test_what_is_cited_has_the_page_and_the_boxes_of_the_fact(corpus_bot: Bot) -> None:
    facts = {(str(f["document"]), str(f["sentence"])): f for f in lines_of(FACTS)}
    golds = read_gold(FACTS)[::12]
    right = 0
    for gold in golds:
        answer = corpus_bot.ask(gold.question, min_confidence=0.0)
        assert answer.citations
        for citation in answer.citations:
            fact = facts.get((citation.path, citation.quote))
            if fact is not None:
                assert citation.page == fact["page"]
                assert near(citation.boxes, boxes_in(fact))
        first = answer.citations[0]
        right += (first.path, first.quote) == (gold.document, gold.sentence)
    assert right / len(golds) >= 0.9  # the very sentence of the very file; measured: 50 of 51

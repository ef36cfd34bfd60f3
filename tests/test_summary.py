from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embeddings.indexer import index_folder, open_store
from embeddings.store import Store
from qa import Bot
from qa.summary import asks_for_overview, central_sentences, cover
from qa.within import Filter
from tests.toy import WordEncoder

CATS = "The cat and the other cat sat in the sun."
DOGS = "Old dogs bark at every passing stranger."


@pytest.mark.parametrize(
    "message",
    [
        "What is this about?",
        "what's this all about",
        "What are these documents about?",
        "Tell me what this is about.",
        "Summarise",
        "Can you summarize the documents, please?",
        "Give me a short overview of all the documents",
        "main points",
        "What are the key takeaways of this article?",
        "TL;DR",
    ],
)
def test_messages_that_ask_for_an_overview(message: str) -> None:
    assert asks_for_overview(message)


@pytest.mark.parametrize(
    "message",
    ["Summarise the plot", "What is the summit about?", "overview of NATO", "What is this?", ""],
)
def test_messages_that_ask_for_something_else(message: str) -> None:
    assert not asks_for_overview(message)


def test_it_is_all_only_where_nothing_was_said_before() -> None:
    assert asks_for_overview("What is it about?", first=True)
    assert not asks_for_overview("What is it about?", first=False)


def test_what_is_chosen_covers_most_first_and_then_what_is_left() -> None:
    east, north, between = (1.0, 0.0), (0.0, 1.0), (0.6, 0.8)
    targets = np.array([east, north, north], np.float32)
    candidates = np.array([east, between, north], np.float32)
    # Alone they come to 1, 0.6 + 2 * 0.8 = 2.2 and 2; beside the second, the first adds 0.4 to one
    # target and the third 0.2 to each of two, and the first of equals is taken.
    assert cover(candidates, targets, 1) == [1]
    assert cover(candidates[[0, 2]], targets, 9) == [1, 0]
    assert cover(candidates[:0], targets, 2) == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[Store, WordEncoder]]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "b.txt").write_text(f"{DOGS} Short one.\n", "utf-8")
    (docs / "a.txt").write_text(f"It was warm and quiet there all day. {CATS}\n", "utf-8")
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as opened:
        index_folder(docs, opened, encoder)
        yield opened, encoder


def test_central_sentences_come_in_the_order_of_the_documents(
    store: tuple[Store, WordEncoder],
) -> None:
    opened, encoder = store
    quotes = [e.hit.passage.text[e.start : e.end] for e in central_sentences([opened], encoder)]
    everything = ["It was warm and quiet there all day.", CATS, DOGS, "Short one."]
    assert quotes == everything  # fewer than are wanted, so all
    within = central_sentences([opened], encoder, Filter(("b.txt",)))
    assert [e.start for e in within] == [0, len(DOGS) + 1]


def test_an_overview_is_verbatim_and_claims_no_confidence(bot: Bot) -> None:
    answer = bot.ask("What is this about?")
    assert answer.summary
    assert (answer.confidence, answer.abstained, answer.nearest) == (0.0, False, ())
    assert len(answer.citations) == 5
    assert answer.text == answer.citations[0].quote
    starts = [citation.start for citation in answer.citations]
    assert starts == sorted(starts)
    for citation in answer.citations:
        text = bot.document(citation.document).text
        assert text[citation.start : citation.end] == citation.quote == citation.answer
    again = bot.ask("Summarise, please", history=[("Who is Blinken?", "")])
    assert again.citations == answer.citations
    (path,) = bot.store.files()
    assert bot.summarise(within=[path]).citations == answer.citations


def test_an_empty_store_has_no_central_sentence(tmp_path: Path) -> None:
    encoder = WordEncoder()
    with open_store(tmp_path, encoder) as empty:
        assert central_sentences([empty], encoder) == []

"""The first promise: every quotation is in its document, at its offsets, on any text at all."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from embeddings.documents import parse_document
from embeddings.errors import DocumentError
from embeddings.indexer import index_folder, open_store
from qa.bot import Bot
from qa.confidence import load_calibration
from qa.gold import read_gold
from qa.read import SentenceReader
from tests.toy import WordEncoder

GOLD = Path(__file__).parent / "gold" / "seed.jsonl"

PIECES = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=40),
    st.sampled_from(
        ["\r\n", "\r", "\ufeff", "e\u0301", "👩‍👩‍👧", "\x00", "\u2028", "\t", ". ", "? ", "\n\n"]
    ),
    st.sampled_from(["Who knows. ", "The cat “sat. It” ran ", "x" * 300 + " "]),
)


def assert_verbatim(bot: Bot, question: str) -> int:
    """How many citations the answer has, all of them exact."""
    answer = bot.ask(question, min_confidence=0.0)
    refused = bot.ask(question, min_confidence=1.0)
    for citation in (*answer.citations, *refused.nearest):
        text = bot.document(citation.document).text
        assert text[citation.start : citation.end] == citation.quote
        assert text[citation.answer_start : citation.answer_end] == citation.answer
        assert citation.start <= citation.answer_start < citation.answer_end <= citation.end
    assert answer.text is None or answer.text == answer.citations[0].answer
    return len(answer.citations)


def toy_bot(folder: Path) -> Bot:
    encoder = WordEncoder()
    store = open_store(folder / "index", encoder, max_tokens=30, overlap_tokens=8)
    index_folder(folder / "docs", store, encoder)
    return Bot(
        store, encoder, SentenceReader(encoder), load_calibration("sentences", encoder.name, folder)
    )


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["who knows the cat?", "x"]))
@example("\ufeffé\r\n\r\nA b.\x00 C d. 🙂 " * 20, "é")
def test_on_arbitrary_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, question: str
) -> None:
    folder = tmp_path_factory.mktemp("verbatim")
    (folder / "docs").mkdir()
    (folder / "docs" / "a.txt").write_bytes(text.encode())
    try:
        parse_document(text.encode(), "a.txt")
    except DocumentError:
        return  # no text in it, or taken for a binary
    with toy_bot(folder) as bot:
        assert_verbatim(bot, question)


@pytest.mark.parametrize("unit", ["x", "word ", "né ", "🙂", "A sentence here. ", "a\u0301"])
def test_on_a_megabyte_in_one_line(tmp_path: Path, unit: str) -> None:
    (tmp_path / "docs").mkdir()
    text = unit * (1_000_000 // len(unit.encode()))
    (tmp_path / "docs" / "a.txt").write_bytes(text.encode())
    with toy_bot(tmp_path) as bot:
        assert assert_verbatim(bot, f"what of {unit}?") >= 1


def test_on_every_gold_question(bot: Bot) -> None:
    golds = read_gold(GOLD)
    assert sum(assert_verbatim(bot, gold.question) for gold in golds) >= len(golds)

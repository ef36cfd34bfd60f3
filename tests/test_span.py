import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Encoding, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Metaspace

from embeddings.encoder import BUNDLED, model_folder
from embeddings.errors import ModelError
from embeddings.passages import Passage
from embeddings.runtime import Floats
from embeddings.sentences import Span
from qa.read import Extract
from qa.retrieve import Hit
from qa.span import MAX_ANSWER_TOKENS, SpanReader, decode

QUESTION = "Who sleeps?"
TEXT = "Cats sleep. Dogs bark loudly."
BEFORE = 100
HIT = Hit(
    Passage(1, "d", BEFORE, BEFORE + len(TEXT), TEXT, (Span(100, 111), Span(112, 129))),
    0.5,
    0.3,
    1.0,
)


@pytest.fixture(scope="module")
def encoding() -> Encoding:
    tokenizer = Tokenizer.from_file(str(model_folder(BUNDLED) / "tokenizer.json"))
    tokenizer.no_padding()
    return tokenizer.encode(QUESTION, TEXT)


def logits(encoding: Encoding, **marked: float) -> Floats:
    """Zeros, but for the named tokens of the passage ("cls" is the first token)."""
    found = np.zeros(len(encoding.ids), np.float32)
    for word, value in marked.items():
        at = [
            i
            for i, (token, side) in enumerate(
                zip(encoding.tokens, encoding.sequence_ids, strict=True)
            )
            if token == word and side == 1
        ]
        found[at if word != "cls" else 0] = value
    return found


def decoded(encoding: Encoding, start: Floats, end: Floats) -> dict[str, Extract]:
    """The extracts by the text that they point at."""
    found = decode(encoding, shown(encoding), start, end, HIT)
    return {TEXT[e.start - BEFORE : e.end - BEFORE]: e for _, e in found}


def shown(encoding: Encoding) -> list[int]:
    return [i for i, side in enumerate(encoding.sequence_ids) if side == 1]


def test_each_sentence_has_its_best_span_scored_against_no_answer(encoding: Encoding) -> None:
    start = logits(encoding, cls=1.0, cats=3.0, bark=5.0)
    end = logits(encoding, cls=0.5, cats=2.0, loudly=4.0)
    found = decoded(encoding, start, end)
    assert found["Cats"].score == pytest.approx(3 + 2 - 1.5)
    assert found["bark loudly"].score == pytest.approx(5 + 4 - 1.5)


def test_start_and_end_are_chosen_together_and_never_reversed(encoding: Encoding) -> None:
    # The best start, "loudly", comes after the best end, "dogs": apart they would cross.
    start = logits(encoding, loudly=5.0, dogs=4.0)
    end = logits(encoding, dogs=5.0, loudly=1.0)
    assert "Dogs" in decoded(encoding, start, end)


def test_a_span_never_leaves_its_sentence(encoding: Encoding) -> None:
    start, end = logits(encoding, cats=9.0), logits(encoding, loudly=9.0)
    found = decode(encoding, shown(encoding), start, end, HIT)
    assert all(s.start <= e.start < e.end <= s.end for s, e in found)


def test_a_span_is_never_longer_than_allowed() -> None:
    tokenizer = Tokenizer.from_file(str(model_folder(BUNDLED) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    text = "first " + "word " * 60 + "last"
    encoding = tokenizer.encode(QUESTION, text)
    hit = Hit(Passage(1, "d", 0, len(text), text, (Span(0, len(text)),)), 0.0, 0.0, 0.0)
    start, end = logits(encoding, first=9.0), logits(encoding, last=9.0)
    ((_, extract),) = decode(encoding, shown(encoding), start, end, hit)
    assert len(text[extract.start : extract.end].split()) <= MAX_ANSWER_TOKENS


def test_white_space_before_a_token_is_not_part_of_it() -> None:
    """Some tokenizers count the space before a word to it (Metaspace)."""
    words = {"▁Cats", "▁sleep.", "▁Dogs", "▁bark", "▁loudly.", "▁Who", "▁sleeps?", "▁"}
    vocabulary = {word: number for number, word in enumerate(sorted(words))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="▁"))
    tokenizer.pre_tokenizer = Metaspace()
    encoding = tokenizer.encode(QUESTION, TEXT)
    assert encoding.offsets[4] == (11, 16)  # " Dogs"
    start, end = logits(encoding, **{"▁Dogs": 5.0}), logits(encoding, **{"▁Dogs": 5.0})
    assert decoded(encoding, start, end)["Dogs"].score == 10


def test_of_a_long_message_the_sentence_is_read_that_asks() -> None:
    text = "The harbour was opened by Queen Maud in 1911. It is deep."
    hit = Hit(Passage(1, "d", 0, len(text), text, (Span(0, 45), Span(46, 57))), 1.0, 0.5, 2.0)
    story = "I am writing a long piece for the weekend about the town and what it was like. " * 9
    question = "Who opened the harbour?"
    reader = SpanReader()
    plain = reader.read(question, [hit])
    for message in (f"{story}{question}", f"{question} {story}"):
        assert reader.read(message, [hit]) == plain
    assert len(reader.read("harbour " * 240, [hit])) == 2  # no sentence of any length to be found


def test_a_folder_that_holds_no_reader_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="holds no question-answering model"):
        SpanReader(str(tmp_path))


def test_a_model_that_was_not_trained_to_answer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"no weights for qa_outputs\.bias, qa_outputs\.weight"):
        SpanReader(str(model_folder(BUNDLED)))
    assert not list(tmp_path.iterdir())


def test_a_reader_without_a_fast_tokenizer_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import CanineConfig, CanineForQuestionAnswering, CanineTokenizer

    config = CanineConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    CanineForQuestionAnswering(config).save_pretrained(tmp_path)
    CanineTokenizer().save_pretrained(tmp_path)  # type: ignore[no-untyped-call]
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="has no fast tokenizer"):
        SpanReader(str(tmp_path))


def test_what_transformers_says_of_a_model_stays_off_the_terminal(tmp_path: Path) -> None:
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    BertForQuestionAnswering(config).save_pretrained(tmp_path / "model")
    AutoTokenizer.from_pretrained(model_folder(BUNDLED)).save_pretrained(tmp_path / "model")
    code = "import sys; from qa.span import SpanReader; SpanReader(sys.argv[1])"
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model"],
        capture_output=True,
        text=True,
        env={**os.environ, "PINCITE_CACHE": str(tmp_path)},
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_any_question_answering_model_works_by_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tiny one of another family, which knows no token types."""
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForQuestionAnswering

    folder = tmp_path / "model"
    config = DistilBertConfig(dim=32, n_layers=1, n_heads=2, hidden_dim=64)
    DistilBertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(model_folder(BUNDLED))
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer.model_max_length = 16
    tokenizer.save_pretrained(folder)
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    reader = SpanReader(str(folder))
    assert reader.name.startswith("model@")
    found = reader.read(QUESTION, [HIT])
    assert {(e.start >= 112, e.end <= 129) for e in found} == {(False, True), (True, True)}
    text = "Cats sleep. " * 9
    spans = tuple(Span(12 * n, 12 * n + 11) for n in range(9))
    (hit,) = [replace(HIT, passage=Passage(1, "d", 0, len(text), text, spans))]
    assert len(reader.read(QUESTION, [hit])) == 4  # what the model's window shows


def test_the_reader_points_at_the_answer_of_a_passage_it_never_saw() -> None:
    text = (
        "The harbour light was first lit on 14 October 1871. "
        "Its last keeper, Tomas Relph, left in 1964 for a farm in Calderby."
    )
    spans = (Span(0, 51), Span(52, len(text)))
    hit = Hit(Passage(1, "d", 0, len(text), text, spans), 1.0, 0.5, 2.0)
    reader = SpanReader()

    def answer(question: str) -> str:
        best = reader.read(question, [hit])[0]
        return text[best.start : best.end]

    assert answer("When was the light lit for the first time?") == "14 October 1871"
    assert answer("Who was the last keeper?") == "Tomas Relph"
    assert answer("Where did the keeper go?") == "left in 1964 for a farm in Calderby"
    assert len(reader.read("Who?", [hit])) == 2
    assert reader.read("Who?", []) == []
    known = reader.read("Who was the last keeper?", [hit])[0].score
    assert known > reader.read("What does a ticket cost?", [hit])[0].score


def test_the_last_passages_are_read_only_where_the_first_leave_it_open() -> None:
    texts = [
        "The lighthouse keeper was Tomas Relph.",
        "Ferries leave the harbour at noon.",
        "Tea is served in the hut.",
        "Dogs must be kept on a lead.",
        "The museum opens at ten.",
        "A letter came from the council.",
    ]

    def read(question: str, *scores: float) -> set[int]:
        hits = [
            Hit(Passage(i, str(i), 0, len(t), t, (Span(0, len(t)),)), score, 0.5, 1.0)
            for i, (t, score) in enumerate(zip(texts, scores, strict=True))
        ]
        return {extract.hit.passage.id for extract in SpanReader().read(question, hits)}

    equal = [0.5] * 6
    assert read("Who was the lighthouse keeper?", *equal) == {0, 1, 2, 3}
    assert read("How deep is the sea?", *equal) == {0, 1, 2, 3, 4, 5}
    assert read("How deep is the sea?", 2, 2, 2, 2, 1.5, 0) == {0, 1, 2, 3, 4}


def test_what_is_left_unread_does_not_hang_on_what_no_answer_is_worth() -> None:
    text = "Tea is served in the hut."
    hits = [
        Hit(Passage(i, str(i), 0, len(text), text, (Span(0, len(text)),)), 2 - i / 20, 0.5, 1.0)
        for i in range(40)
    ]

    def read(no_answer: float) -> set[int]:
        reader = SpanReader()
        reader._no_answer = no_answer
        return {e.hit.passage.id for e in reader.read("How deep is the sea?", hits)}

    assert 4 < len(read(0.0)) < 40
    assert read(0.0) == read(5.0)

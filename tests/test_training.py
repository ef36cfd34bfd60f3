import math

import pytest
import torch
from other_forms import keyword_questions, statement_questions
from reader_batches import CLS, Example, Mixture, chunk_batches, collate, epoch_items
from reader_data import Corpus, Passage, Question, encode_questions
from reader_model import load_tokenizer
from tokenizers import Tokenizer
from train_reader import contest_losses

PARAGRAPHS = [
    ["The school was founded in 1842 by Edward Sorin.", "It has two lakes."],
    ["The library is open to students of every college.", "Its tower can be seen from the road."],
    ["He was late.", "When the bell rang, they had gone."],
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    loaded: Tokenizer = load_tokenizer().backend_tokenizer
    return loaded


@pytest.fixture
def corpus(tokenizer: Tokenizer) -> Corpus:
    passages = []
    for sentences in PARAGRAPHS:
        passage = Passage("Notre Dame", " ".join(sentences), "squad")
        for sentence in sentences:
            passage.sentences.append(len(passage.tokens))
            passage.tokens += tokenizer.encode(sentence, add_special_tokens=False).ids
        passages.append(passage)
    asked = [
        Question("when was the school founded?", 0, ("1842",), "squad", spans=[(5, 5)]),
        Question("how many lakes does it have?", 0, ("two",), "squad", spans=[(13, 13)]),
        Question("what can be seen from the road?", 1, ("tower",), "squad", spans=[(12, 12)]),
    ]
    encode_questions(asked, tokenizer)
    return Corpus(passages, asked, [])


def test_a_statement_becomes_a_question_that_its_sentence_answers(
    corpus: Corpus, tokenizer: Tokenizer
) -> None:
    asked = statement_questions(corpus, tokenizer, seed=1)
    assert [q.passage for q in asked] == [0, 1]  # none of "he", none behind "when"
    for question in asked:
        ((first, last),) = question.spans
        passage = corpus.passages[question.passage]
        assert first in passage.sentences
        sentence = tokenizer.decode(passage.tokens[first : last + 1])
        verb, *rest = question.text.rstrip("?").split()
        assert verb in ("was", "is")
        assert f" {verb} " in sentence
        assert sentence.replace(f" {verb} ", " ").startswith(" ".join(rest))


def test_keywords_keep_what_is_asked_and_its_answer(corpus: Corpus, tokenizer: Tokenizer) -> None:
    typed = keyword_questions(corpus, tokenizer, seed=1)
    for question, asked in zip(typed, corpus.answerable, strict=True):
        assert not question.text.endswith("?")
        assert len(question.text) < len(asked.text)
        assert question.spans == asked.spans
    assert {"school", "founded"} <= set(typed[0].text.split())


def test_rivals_are_read_beside_the_passage_that_answers(
    corpus: Corpus, tokenizer: Tokenizer
) -> None:
    mixture = Mixture(beside=0, contests=2, rivals=2)
    items = epoch_items(corpus, {0: [1, 2], 2: [0]}, [], mixture, seed=1, epoch=0)
    shown = {question.text: passages for question, passages, _ in items}
    assert sorted(map(len, shown.values())) == [1, 2, 3]
    assert shown["when was the school founded?"][0] == 0
    titles = {"Notre Dame": tokenizer.encode("notre dame.", add_special_tokens=False).ids}
    (batch,) = chunk_batches(corpus, items, titles, tokens=4000, seed=1, epoch=0, chunk=0)
    for answered, *rivals in batch:
        (span,) = answered.spans
        assert answered.ids[span[0]] not in (CLS, 0)
        assert all(rival.spans == [(0, 0)] for rival in rivals)


def test_a_contest_is_lost_to_the_best_spans_of_any_passage() -> None:
    def example(spans: list[tuple[int, int]]) -> Example:
        return Example([CLS, 7, 7, 7], 1, spans, [0.0] * 4)

    batch = collate([example([(2, 2)]), example([(0, 0)]), example([(1, 3)])])
    low = -50.0
    start = torch.tensor([[0.0, low, 4.0, low], [0.0, low, 4.0, low], [0.0, 1.0, low, low]])
    end = torch.tensor([[0.0, low, 4.0, low], [0.0, low, 4.0, low], [0.0, low, low, 1.0]])
    (contest,) = contest_losses(start, end, batch, [2, 1])  # the third stands alone
    assert contest.item() == pytest.approx(math.log(2) / 2, abs=1e-4)
    start[1, 0] = 20.0  # the rival says that it does not answer
    assert contest_losses(start, end, batch, [2, 1]).item() == pytest.approx(0.0, abs=1e-4)
    assert contest_losses(start, end, batch, [1, 1, 1]).sum().item() == 0.0


def test_an_epoch_follows_from_its_seed_and_number(corpus: Corpus) -> None:
    def order(seed: int, epoch: int) -> tuple[str, ...]:
        items = epoch_items(corpus, {0: [1, 2]}, [], Mixture(), seed=seed, epoch=epoch)
        return tuple(question.text for question, *_ in items)

    assert order(1, 0) == order(1, 0)
    assert len({order(seed, 0) for seed in range(8)}) > 1
    assert len({order(1, epoch) for epoch in range(8)}) > 1

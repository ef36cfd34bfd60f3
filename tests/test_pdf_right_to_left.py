"""What stands on a line from left to right → what is read, where some runs from right to left."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.readers.pdf_bidi import in_logical_order


def read(shown: str, *, drawn: str = "left to right") -> list[str]:
    """The pieces of a line that shows these characters, from its left to its right end.

    A letter is 6 points wide, a space 4, and `|` a wide gap.
    """
    x, chars, boxes = 0.0, "", []
    for char in shown:
        if char == "|":
            x += 40
        elif char == " ":
            x += 4
        elif unicodedata.combining(char):  # above the letter that it follows
            chars += char
            boxes.append((x - 4, 0, x - 2, 12))
        else:
            chars += char
            boxes.append((x, 0, x + 6, 12))
            x += 6
    order = list(range(len(chars)))
    if drawn == "right to left":
        order.reverse()
    codes = np.array([ord(chars[at]) for at in order] + [ord(" ")], np.uint32)
    glyph = np.array([True] * len(chars) + [False])
    places = np.array([boxes[at] for at in order] + [(0, 0, 0, 0)], np.float32)
    found = in_logical_order(
        codes, np.flatnonzero(glyph), places, glyph, np.zeros(len(codes), np.intp)
    )
    text = [chr(found.codes[at]) for at in found.kept]
    return [
        "".join(char for char, part in zip(text, found.parts, strict=True) if part == number)
        for number in dict.fromkeys(found.parts.tolist())
    ]


@pytest.mark.parametrize("drawn", ["left to right", "right to left"])
@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("םולש", "שלום"),
        ("ריע לש תיב", "בית של עיר"),
        (".1847 תנשב", "בשנת 1847."),
        ("םירתכ 3.50", "3.50 כתרים"),
        ("1939–1914 תמחלמ", "מלחמת 1914–1939"),
        ("םירבדה Ann W לש", "של Ann W הדברים"),
        ("(12 ךרכ)", "(כרך 12)"),
        ("50% לש תיב", "בית של 50%"),
        ("ץרמב 14-ב", "ב-14 במרץ"),
        (".ةنيدملا", "المدينة."),
    ],
)
def test_a_line_is_read_from_its_right_end(shown: str, meant: str, drawn: str) -> None:
    assert read(shown, drawn=drawn) == [meant]


def test_words_that_run_the_other_way_inside_english() -> None:
    shown = "The word םולש is old, and so is the word ריע תיב of Dan."
    assert read(shown) == ["The word שלום is old, and so is the word בית עיר of Dan."]


def test_a_vowel_sign_follows_its_letter() -> None:
    assert read("ם" + "ו" + "ל" + "ש" + "\u05b8") == ["ש\u05b8לום"]


def test_a_wide_gap_parts_two_columns_the_right_one_first() -> None:
    assert read("ינש דומע|ןושאר דומע") == ["עמוד ראשון", "עמוד שני"]


def test_lines_without_any_are_left_as_they_are() -> None:
    assert read("Plain words.") == ["Plainwords."]  # their blanks are not touched either


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from("אבג\u05b8اب12.-%() ab"), st.integers(0, 60), st.integers(0, 3)),
        max_size=30,
    )
)
def test_no_letter_is_lost_or_doubled(drawn: list[tuple[str, int, int]]) -> None:
    codes = np.array([ord(char) for char, _, _ in drawn], np.uint32)
    places = [(x, 10 * line, x + 6, 10 * line + 9) for _, x, line in drawn]
    boxes = np.array(places, np.float32).reshape(-1, 4)
    glyph = codes != ord(" ")
    lines = np.array([line for _, _, line in drawn], np.intp)
    found = in_logical_order(codes, np.arange(len(codes)), boxes, glyph, lines)
    assert sorted(at for at in found.kept if glyph[at]) == np.flatnonzero(glyph).tolist()
    assert len(found.parts) == len(found.kept)
    assert len(found.codes) == len(codes)

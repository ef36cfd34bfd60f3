"""The exported conversation: exact text, and what Markdown makes of hostile text."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa.bot import Answer
from qa.chat import Turn
from qa.ui.export import conversation_markdown, plain
from tests.test_ui_render import HEIGHT, HOSTILE, ID, LIT, answered

ANSWERED = Turn("How tall is it?", "The lamp, how tall is it?", answered(HEIGHT, LIT))
NONE = Turn("Why?", "Why?", Answer("Why?", None, 0.2, (), (LIT,), 0.1))
NOTHING = Turn("Who?", "Who?", Answer("Who?", None, 0.0, (), (), 0.1))


def test_a_conversation_is_exported_with_full_references() -> None:
    assert (
        conversation_markdown([ANSWERED, NONE, NOTHING])
        == f"""\
# Questions and answers

## 1. How tall is it?

Understood as: The lamp, how tall is it?

**38 metres** (confidence 93%)

> “The tower is 38 metres tall.”

\\[1\\] The lamp, notes/lamp.txt, characters 10 to 38, SHA-256 {ID}

> “It was lit in 1871.”

\\[2\\] The lamp, notes/lamp.txt, characters 39 to 58, SHA-256 {ID}

## 2. Why?

No answer in these documents. The nearest sentences:

> “It was lit in 1871.”

\\[2\\] The lamp, notes/lamp.txt, characters 39 to 58, SHA-256 {ID}

## 3. Who?

No answer in these documents.
"""
    )


def test_a_reference_names_the_page() -> None:
    paged = answered(dataclasses.replace(HEIGHT, page=7))
    text = conversation_markdown([Turn("How?", "How?", paged)])
    assert "notes/lamp.txt, page 7, characters 10 to 38" in text


def test_a_reference_links_to_the_words_on_the_web_and_to_nothing_else() -> None:
    url = "https://example.org/a_(b)*c*?d=1&copy;=2"
    cited = dataclasses.replace(HEIGHT, source=url)
    text = conversation_markdown([Turn("How?", "How?", answered(cited))])
    address = f"{url}#:~:text=The%20tower%20is%2038%20metres%20tall."
    assert f"SHA-256 {ID}, <{address}>\n" in text
    (link,) = [
        child
        for token in MarkdownIt().parse(text)
        for child in token.children or ()
        if child.type == "link_open"
    ]
    assert link.attrGet("href") == address
    script = dataclasses.replace(HEIGHT, source="javascript:alert(1)")
    assert "javascript" not in conversation_markdown([Turn("How?", "How?", answered(script))])


def test_hostile_text_forges_nothing() -> None:
    cited = dataclasses.replace(HEIGHT, title=HOSTILE, path=HOSTILE, quote=HOSTILE, answer=HOSTILE)
    text = conversation_markdown([Turn(HOSTILE, f"\n# {HOSTILE}", answered(cited))])
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h1", "h2"]
    inside = [child.type for token in tokens for child in token.children or ()]
    assert set(inside) == {"text", "strong_open", "strong_close"}
    assert not [t for t in tokens if t.type.startswith(("html", "fence", "code", "list", "table"))]
    assert [t.content for t in tokens if t.type == "inline"][1] == f"1. {plain(HOSTILE)}"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_markdown_shows_any_text_as_it_stands(text: str) -> None:
    line = " ".join(text.split())
    tokens = MarkdownIt().parse(f"> {plain(text)}\n")
    shown = [child.content for token in tokens for child in token.children or ()]
    assert "".join(shown) == line
    assert {t.type for t in tokens} <= {
        *("blockquote_open", "paragraph_open", "inline", "paragraph_close", "blockquote_close")
    }


def test_an_address_in_a_document_becomes_no_link() -> None:
    assert plain("See https://a.example, www.b.example or c@d.example") == (
        "See https\\://a.example, www\\.b.example or c\\@d.example"
    )

"""The render functions and the page's guard: exact HTML, and hostile text that stays text."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents import Document
from embeddings.sentences import paragraphs
from qa.bot import Answer
from qa.chat import Turn
from qa.cite import Citation
from qa.ui import render, source
from qa.ui.reference import Reference, parse_reference, refer
from qa.ui.security import allowed

ID = "0123456789abcdef" * 4
TEXT = "The lamp\n\nThe tower is 38 metres tall. It was lit in 1871.\n\nNobody was hurt."
TOWER = Document(ID, "notes/lamp.txt", "The lamp", TEXT, ())
HOSTILE = (
    "<script>alert(1)</script></mark></p><img src=x onerror=alert(2)> \"'&amp; {{value}} ${value} "
    "`x` $$x$$ **bold** ![a](http://203.0.113.9/a.png)"
)
HOSTILE_HTML = (
    "&lt;script&gt;alert(1)&lt;/script&gt;&lt;/mark&gt;&lt;/p&gt;&lt;img src=x onerror=alert(2)&gt;"
    " &quot;&#x27;&amp;amp; {{value}} ${value} `x` $$x$$ **bold** ![a](http://203.0.113.9/a.png)"
)


def citation(quote: str, answer: str, *, number: int = 1, text: str = TEXT) -> Citation:
    start = text.index(quote)
    begin = start + quote.index(answer)
    return Citation(
        number=number,
        document=ID,
        path="notes/lamp.txt",
        title="The lamp",
        page=None,
        start=start,
        end=start + len(quote),
        quote=quote,
        answer_start=begin,
        answer_end=begin + len(answer),
        answer=answer,
    )


HEIGHT = citation("The tower is 38 metres tall.", "38 metres")
LIT = citation("It was lit in 1871.", "It was lit in 1871.", number=2)


LINK = (
    '<a class="link" href="?q=How+tall+is+it%3F" role="button" '
    'title="Copy a link that asks this question again">Copy link</a>'
)


def answered(*citations: Citation, confidence: float = 0.93) -> Answer:
    return Answer("How tall is it?", citations[0].answer, confidence, citations, (), 0.1)


class _Reader(HTMLParser):
    """The text, the tags and the text inside each class or tag, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.within: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append((tag, dict(attrs).get("class") or tag))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        for _, name in self._open:
            self.within[name] = self.within.get(name, "") + data


# The chat


def test_an_answer_is_the_sentence_with_the_short_answer_marked() -> None:
    title = 'title="The lamp: open at this sentence"'
    assert render.answer_html(answered(HEIGHT)) == (
        '<div class="answer"><blockquote class="quote">“The tower is <mark>38 metres</mark> '
        f'<span class="tied">tall.”<a class="cite" href="#c:{ID}:10-38:23-32" role="button" '
        f'{title}>1</a></span></blockquote><div class="meta"><span class="from" title="The lamp">'
        'The lamp</span><span class="confidence high" '
        'title="Of 100 answers with this confidence, about 93 are right."><i></i><i></i><i></i>'
        f"High confidence, 93%</span>{LINK}</div></div>"
    )


def test_an_answer_that_is_the_whole_sentence_is_not_marked() -> None:
    html = render.answer_html(answered(LIT))
    assert "<mark>" not in html
    assert "“It was lit in <span class=" in html


def test_further_citations_are_folded_and_numbered() -> None:
    third = citation("Nobody was hurt.", "Nobody", number=3)
    html = render.answer_html(answered(HEIGHT, LIT, third))
    assert "<summary>2 more passages</summary>" in html
    assert f'href="{refer(LIT)}"' in html
    assert "<mark>Nobody</mark> was hurt." in html
    assert html.count('<span class="from"') == 1  # all from one document: named once


def test_another_source_is_named_with_its_page() -> None:
    other = dataclasses.replace(LIT, document="f" * 64, title="A guide", page=7)
    html = render.answer_html(answered(HEIGHT, other))
    assert '<span class="from" title="A guide, page 7">A guide, page 7</span>' in html


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "High confidence, 99%"),
        (0.8, "High confidence, 80%"),
        (0.79, "Medium confidence, 79%"),
        (0.6, "Medium confidence, 60%"),
        (0.59, "Low confidence, 59%"),
        (0.0, "Low confidence, 0%"),
    ],
)
def test_confidence_is_told_in_words_and_per_cent(confidence: float, words: str) -> None:
    assert words in render.answer_html(answered(HEIGHT, confidence=confidence))


def test_a_quotation_that_brings_its_marks_gets_no_others() -> None:
    text = "“It shines,” he said."
    cited = citation(text, text, text=text)
    assert _Reader(render.answer_html(answered(cited))).within["quote"] == text + "1"


def test_no_answer_shows_the_nearest_sentences() -> None:
    answer = Answer("Why?", None, 0.2, (), (HEIGHT, LIT), 0.1)
    html = render.answer_html(answer)
    assert html.startswith(
        '<div class="answer none"><div class="verdict">No answer in these documents</div>'
        '<div class="label">The nearest sentences</div>'
    )
    assert f'href="#c:{ID}:10-38:10-38"' in html  # nothing in them is marked as an answer
    assert f'href="{refer(LIT)}"' in html
    assert "<mark>" not in html
    assert "confidence" not in html


def test_no_answer_without_any_sentence_says_what_to_do() -> None:
    assert "Try other words." in render.answer_html(Answer("Why?", None, 0.0, (), (), 0.1))


def test_a_question_understood_otherwise_is_shown() -> None:
    turn = Turn("And how tall?", "The tower, how tall?", answered(HEIGHT))
    _, bubble = render.turn_messages(turn)
    assert (
        '<div class="note">Understood as: The tower, how tall? '
        '<a class="edit" href="?q=The+tower%2C+how+tall%3F" role="button">Edit</a></div>'
    ) in bubble["content"]
    assert 'class="link" href="?q=The+tower%2C+how+tall%3F"' in bubble["content"]
    plain = Turn("How tall is it?", "How tall is it?", answered(HEIGHT))
    assert "Understood as" not in render.turn_messages(plain)[1]["content"]


def test_a_remark_is_plain_text_and_escaped() -> None:
    _, bubble = render.turn_messages(Turn("thanks", "thanks", None, "You are <b>welcome</b>."))
    assert bubble["content"] == (
        '<div class="answer remark">You are &lt;b&gt;welcome&lt;/b&gt;.</div>'
    )


def test_a_summary_shows_all_its_sentences_and_no_confidence() -> None:
    summary = dataclasses.replace(answered(HEIGHT, LIT, confidence=0.0), summary=True)
    html = render.answer_html(summary)
    assert _Reader(html).within["label"] == "The most central sentences"
    assert _Reader(html).within["cited"].count("The tower is 38 metres tall.") == 1
    assert "It was lit in 1871." in html
    assert "onfidence" not in html
    assert "<details" not in html


def test_a_question_keeps_its_lines_without_a_line_break_that_markdown_would_see() -> None:
    message = render.question_message("one\r\ntwo\n\n# three\u2028four")
    assert message == {
        "role": "user",
        "content": '<div class="question">one<br>two<br><br># three<br>four</div>',
    }


def test_the_welcome_offers_questions_as_links() -> None:
    assert (
        '<div class="examples"><a class="example" href="?q=What+is+A+%26+B%3F" role="button">'
        "What is A &amp; B?</a></div>"
    ) in render.welcome_html(["What is A & B?"])
    assert '<div class="examples"></div>' in render.welcome_html([])


def test_hostile_text_is_escaped_in_the_chat() -> None:
    cited = dataclasses.replace(citation(HOSTILE, "alert(1)", text=HOSTILE), title=HOSTILE)
    html = render.answer_html(answered(cited), understood=HOSTILE)
    assert set(_Reader(html).tags) == {"div", "blockquote", "mark", "span", "a", "i"}
    assert f'title="{HOSTILE_HTML}: open at this sentence"' in html
    assert f"Understood as: {HOSTILE_HTML} <a " in html
    assert f'href="?{urlencode({"q": HOSTILE})}"' in html
    assert _Reader(html).within["quote"] == f"“{HOSTILE}”1"
    assert render.question_message(HOSTILE)["content"] == (
        f'<div class="question">{HOSTILE_HTML}</div>'
    )
    assert render.notice_html(HOSTILE) == f'<div class="notice" role="alert">{HOSTILE_HTML}</div>'


@given(st.text(min_size=1).filter(str.strip), st.data())
def test_any_sentence_comes_out_of_the_chat_on_one_line(text: str, data: st.DataObject) -> None:
    text = text.strip()
    begin = data.draw(st.integers(0, len(text) - 1))
    stop = data.draw(st.integers(begin + 1, len(text)))
    cited = dataclasses.replace(
        HEIGHT,
        start=0,
        end=len(text),
        quote=text,
        answer_start=begin,
        answer_end=stop,
        answer=text[begin:stop],
    )
    html = render.answer_html(answered(cited))
    assert html.splitlines() == [html]
    shown, plain = ("".join(t.split()) for t in (_Reader(html).within["quote"], text))
    assert shown in (f"{plain}1", f"“{plain}”1")


# The source panel


def test_a_document_is_shown_by_its_paragraphs() -> None:
    assert source.document_html(TOWER) == (
        "<h3>The lamp</h3><p>The tower is 38 metres tall. It was lit in 1871.</p>"
        "<p>Nobody was hurt.</p>"
    )


def test_a_row_of_a_table_is_no_heading() -> None:
    long = "A paragraph that goes on and comes to its end with a full stop, as prose does."
    document = dataclasses.replace(TOWER, text=f"Name: Ada\u2029\n\n{long}", title="People")
    assert source.document_html(document) == f"<p>Name: Ada\u2029</p><p>{long}</p>"


def test_line_breaks_are_kept_but_not_those_of_wrapped_prose() -> None:
    wrapped = "A line of prose that somebody wrapped at a fixed width\nlong ago."
    text = f"- one,\n- two.\n\n{wrapped}\n \nAn end."
    assert source.document_html(dataclasses.replace(TOWER, text=text)) == (
        f'<p class="line">- one,</p><p>- two.</p><p>{wrapped}</p><p>An end.</p>'
    )


def test_the_cited_sentence_is_highlighted_and_the_short_answer_marked_in_it() -> None:
    assert source.source_view(TOWER, refer(HEIGHT)) == {
        "ref": f"#c:{ID}:10-38:23-32",
        "document": ID,
        "title": "The lamp",
        "place": "notes/lamp.txt",
        "copy": "“The tower is 38 metres tall.” (The lamp, notes/lamp.txt, characters 10 to 38)",
        "marked": [
            (
                1,
                '<span class="hit">The tower is <mark>38 metres</mark> tall.</span>'
                " It was lit in 1871.",
            )
        ],
        "length": len(TEXT),
        "pdf": False,
        "link": "",
        "site": "",
    }


def test_a_whole_sentence_as_answer_is_highlighted_without_a_mark() -> None:
    assert source.source_view(TOWER, refer(LIT))["marked"] == [
        (1, 'The tower is 38 metres tall. <span class="hit">It was lit in 1871.</span>')
    ]


def test_the_panel_names_the_page() -> None:
    view = source.source_view(dataclasses.replace(TOWER, pages=(0, 39)), refer(LIT))
    assert view["place"] == "notes/lamp.txt, page 2"
    assert "(The lamp, notes/lamp.txt, page 2, characters 39 to 58)" in view["copy"]


def test_the_panel_links_to_the_web_page_that_the_document_is_from() -> None:
    saved = dataclasses.replace(TOWER, source="https://www.example.org/lamp")
    view = source.source_view(saved, refer(LIT))
    assert view["link"] == "https://www.example.org/lamp#:~:text=It%20was%20lit%20in%201871."
    assert view["site"] == "example.org"
    assert source.source_view(saved, Reference(ID))["link"] == "https://www.example.org/lamp"
    view = source.source_view(dataclasses.replace(TOWER, source="javascript:alert(1)"), refer(LIT))
    assert (view["link"], view["site"]) == ("", "")


def test_a_whole_document_is_shown_without_a_place() -> None:
    view = source.source_view(dataclasses.replace(TOWER, pages=(0,)), Reference(ID))
    assert (view["place"], view["copy"], view["marked"]) == ("notes/lamp.txt", "", [])


def test_a_span_over_several_paragraphs_is_highlighted_in_each() -> None:
    marked = source.source_view(TOWER, Reference(ID, 4, 68, 4, 23))["marked"]
    assert marked == [
        (0, 'The <span class="hit"><mark>lamp</mark></span>'),
        (
            1,
            '<span class="hit"><mark>The tower is </mark>38 metres tall. '
            "It was lit in 1871.</span>",
        ),
        (2, '<span class="hit">Nobody w</span>as hurt.'),
    ]


@pytest.mark.parametrize(
    "reference",
    [
        Reference("f" * 64, 10, 38, 23, 32),
        Reference(ID, 10, len(TEXT) + 1, 23, 32),
        Reference(ID, 38, 10, 38, 10),
        Reference(ID, 10, 38, 9, 32),
        Reference(ID, 10, 38, 23, 39),
    ],
)
def test_a_reference_outside_the_document_is_refused(reference: Reference) -> None:
    with pytest.raises(ValueError, match="is no place in"):
        source.source_view(TOWER, reference)


def test_hostile_text_is_escaped_in_the_panel() -> None:
    document = dataclasses.replace(TOWER, text=HOSTILE, title=HOSTILE, path=HOSTILE)
    assert source.document_html(document) == f"<h3>{HOSTILE_HTML}</h3>"
    ((_, html),) = source.source_view(document, Reference(ID, 0, len(HOSTILE), 8, 16))["marked"]
    assert _Reader(html).tags == ["span", "mark"]
    assert _Reader(html).within == {"hit": HOSTILE, "mark": "alert(1)"}


@given(st.text(), st.data())
def test_the_panel_loses_nothing_but_white_space(text: str, data: st.DataObject) -> None:
    document = dataclasses.replace(TOWER, text=text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    begin = data.draw(st.integers(start, end))
    stop = data.draw(st.integers(begin, end))
    spans = paragraphs(text)
    shown = [text[span.start : span.end] for span in spans]
    view = source.source_view(document, Reference(ID, start, end, begin, stop))
    marked = {number: _Reader(html) for number, html in view["marked"]}
    assert "".join("".join(shown).split()) == "".join(text.split())
    assert all(_Reader(html).text == shown[number] for number, html in view["marked"])
    hit = "".join(reader.within["hit"] for reader in marked.values())
    mark = "".join(reader.within.get("mark", "") for reader in marked.values())
    assert "".join(hit.split()) == "".join(text[start:end].split())
    assert "".join(mark.split()) in ("".join(text[begin:stop].split()), "")
    plain = _Reader(source.document_html(document))
    assert "".join(plain.text.split()) == "".join(text.split())


# References come from the browser


def test_a_reference_comes_back_as_it_went_out() -> None:
    assert str(refer(HEIGHT)) == f"#c:{ID}:10-38:23-32"
    assert parse_reference(f"#c:{ID}:10-38:23-32") == refer(HEIGHT)


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        7,
        [f"#c:{ID}:10-38:23-32"],
        {"ref": 1},
        "",
        "#c:../../etc/passwd:0-1:0-1",
        f"#c:{ID}:-1-38:23-32",
        f"#c:{ID}:10-38:23-32\n",
        f"#c:{ID}:１０-38:23-32",
        f"#c:{ID}:{'9' * 13}-38:23-32",
        f"#c:{ID.upper()}:10-38:23-32",
    ],
)
def test_anything_else_is_no_reference(hostile: object) -> None:
    assert parse_reference(hostile) is None


# The rest of the package


def test_the_command_line_and_the_pages_modules_do_not_import_gradio() -> None:
    code = "import sys, qa.cli, qa.ui.page, qa.ui.render; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Who may ask


@pytest.mark.parametrize(
    ("host", "origin", "listening"),
    [
        ("127.0.0.1:7860", None, "127.0.0.1"),
        ("localhost:7860", "http://localhost:7860", "127.0.0.1"),
        ("[::1]:7860", None, "::1"),
        ("192.168.1.5:7860", None, "192.168.1.5"),
        ("192.168.1.5:7860", "http://192.168.1.5:7860", "0.0.0.0"),
    ],
)
def test_the_pages_own_address_is_allowed(host: str, origin: str | None, listening: str) -> None:
    assert allowed(host, origin, listening=listening)


@pytest.mark.parametrize(
    ("host", "origin", "listening"),
    [
        ("evil.example", None, "127.0.0.1"),
        ("127.0.0.1.evil.example:7860", None, "127.0.0.1"),
        ("192.168.1.5:7860", None, "127.0.0.1"),
        ("evil.example:7860", None, "0.0.0.0"),
        ("", None, "127.0.0.1"),
        ("127.0.0.1:7860", "http://127.0.0.1:8000", "127.0.0.1"),
        ("127.0.0.1:7860", "http://evil.example", "127.0.0.1"),
        ("127.0.0.1:7860", "null", "127.0.0.1"),
    ],
)
def test_any_other_address_is_refused(host: str, origin: str | None, listening: str) -> None:
    assert not allowed(host, origin, listening=listening)

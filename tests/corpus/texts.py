"""Plain text in several encodings, Markdown, pages of the web, rich text, JSON Lines."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from tests.corpus.facts import Fact, Made, Told, rows_told, told
from tests.corpus.packing import gzipped
from tests.corpus.pdf_prose import plain
from tests.corpus.stories import stories


def texts() -> Iterator[Made]:
    """The files, one after the other."""
    yield from plain_texts()
    yield from markdown()
    yield from web_pages()
    yield rich_text()
    yield json_lines()


def prose_of(facts: list[Told], each: int = 4) -> list[str]:
    """The sentences as paragraphs of so many."""
    sentences = plain(facts)
    return [" ".join(sentences[at : at + each]) for at in range(0, len(sentences), each)]


def plain_texts() -> Iterator[Made]:
    story = stories("town", "Aldmoor")
    yield told("aldmoor.txt", "\n\n".join(prose_of(story)).encode(), story)

    story = stories("company", "Zoë Müller & Söhne")
    text = "\r\n\r\n".join(prose_of(story))
    yield told("windows-1252.txt", text.encode("cp1252"), story)

    story = stories("museum", "Þingholt")
    text = "\r\n".join(plain(story))
    yield told("utf-16.txt", text.encode("utf-16"), story)

    story = stories("school", "Brzeźno")
    text = "\ufeff" + "\n".join(plain(story))
    yield told("byte-order-mark.txt", text.encode(), story)

    # A sentence in wrapped prose keeps the line ends it was written with.
    story = stories("expedition", "Kvitoya")
    lines = textwrap.wrap(" ".join(plain(story)), 68)
    wrapped = []
    rest = "\n".join(lines)
    for one in story:
        length = len(one.sentence)
        sentence, rest = rest[:length], rest[length + 1 :]
        assert " ".join(sentence.split()) == one.sentence
        answer = next(form for form in (one.answer, *_broken(one.answer)) if form in sentence)
        wrapped.append(Told(sentence, one.question, answer))
    yield told("hard-wrapped.txt", "\n".join(lines).encode(), wrapped)

    story = [
        Told("Маяк на мысе Сокол построил в 1884 году инженер Павел Громов.",
             "Кто построил маяк на мысе Сокол?", "инженер Павел Громов"),
        Told("Смотритель держал на скале трёх коз и глухую собаку.",
             "Сколько коз держал смотритель?", "трёх коз"),
        Told("В декабре свет виден за сорок вёрст.", "Когда свет виден за сорок вёрст?",
             "В декабре"),
    ]  # fmt: skip
    yield told("windows-1251.txt", " ".join(plain(story)).encode("cp1251"), story)

    story = stories("ship", "Borealis")
    yield told("borealis.txt.gz", gzipped("\n\n".join(prose_of(story)).encode()), story)


def _broken(words: str) -> Iterator[str]:
    """The words with a line end for each of their spaces."""
    for at, char in enumerate(words):
        if char == " ":
            yield words[:at] + "\n" + words[at + 1 :]


def markdown() -> Iterator[Made]:
    story = stories("museum", "Calderbrook")
    first, *rest = plain(story)
    body = f"""---
title: A visitor's guide
author: Dora Birk
date: 2023-09-14
---
# The museum

{first.replace("clocks", "[clocks](https://example.org/clocks)")}

## Practical things

{" ".join(rest[:3])}

- {rest[3]}
- {rest[4]}
  - {rest[5]}

> {rest[6]}
"""
    yield told("guide.md", body.encode(), story)

    rows = [("Skiff", "1921", "oak"), ("Yawl", "1934", "larch"), ("Punt", "1958", "elm")]
    facts = rows_told(
        ("Boat", "Built", "Wood"),
        [(row, f"Of which wood is the {row[0].lower()}?", row[2]) for row in rows],
    )
    code = Told("pump --start 7", "How is the pump started?", "pump --start 7")
    body = "# Boats in the shed\n\n| Boat | Built | Wood |\n|---|---|---|\n"
    body += "".join(f"| {' | '.join(row)} |\n" for row in rows)
    body += "\n```\npump --start 7\n```\n"
    yield told("boats.markdown", body.encode(), [*facts, code])


def web_pages() -> Iterator[Made]:
    story = stories("town", "Marlholm")
    paragraphs = "".join(f"<p>{text}</p>\n" for text in prose_of(story, 3))
    page = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Marlholm, street by street</title>
<link rel="canonical" href="https://marlholm.example/history">
<meta name="author" content="Lasse Ilves">
<meta property="article:published_time" content="2022-11-30T08:00:00Z">
<script>var tracker = "Scripted words";</script><style>p {{ color: black }}</style></head><body>
<nav><ul><li><a href="/">Home page</a></li><li><a href="/shop">Souvenir shop</a></li></ul></nav>
<main><article><h1>Marlholm, street by street</h1>
{paragraphs}<p hidden>Hidden words of the editor.</p></article></main>
<aside><p>Subscribe to the Marlholm bulletin for ever.</p></aside>
<footer><p>All rights reserved by nobody.</p></footer></body></html>"""
    absent = ["Scripted words", "Souvenir shop", "Hidden words", "Subscribe", "All rights"]
    made = told("marlholm.html", page.encode(), story)
    yield Made(made.name, made.data, made.facts, absent)

    terms = [
        ("Fetch", "A fetch is the stretch of water that the wind crosses before it meets a ship."),
        ("Groyne", "A groyne is a low wall that keeps the beach from wandering off."),
        ("Neap", "At neap the tide moves least, which is when the divers of Hallow Quay work."),
    ]
    questions = [
        ("What is the stretch of water that the wind crosses called?", "A fetch"),
        ("What keeps the beach from wandering off?", "a low wall"),
        ("When do the divers of Hallow Quay work?", "At neap"),
    ]
    facts = [
        Told(said, question, answer)
        for (_, said), (question, answer) in zip(terms, questions, strict=True)
    ]
    page = "<html><head><title>Words of the shore</title></head><body><h1>Words of the shore</h1>"
    page += f"<dl>{''.join(f'<dt>{term}<dd>{said}' for term, said in terms)}</dl></body></html>"
    yield told("glossary.htm", page.encode(), facts)

    story = stories("school", "Châtelard-sur-Orge")
    page = '<html><head><meta charset="iso-8859-1"><title>L’école</title></head><body>'
    page += "".join(f"<p>{sentence}</p>" for sentence in plain(story)) + "</body></html>"
    data = page.replace("’", "&rsquo;").encode("iso-8859-1")
    yield told("iso-8859-1.html", data, story)

    rows = [("Heron", "14 March", "the reed bed"), ("Osprey", "2 April", "the dead pine"),
            ("Swift", "9 May", "the church tower")]  # fmt: skip
    facts = rows_told(
        ("Bird", "Seen", "Where"),
        [(row, f"On which day did the {row[0].lower()} arrive?", row[1]) for row in rows],
    )
    page = "<html><body><h1>First birds of the year</h1><p>This is what the wardens saw.</p><table>"
    page += "<tr><th>Bird</th><th>Seen</th><th>Where</th></tr>"
    for row in rows:
        page += "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield told("first-birds.html", (page + "</table></body></html>").encode(), facts)


def rich_text() -> Made:
    story = stories("expedition", "Étoile")
    paragraphs = ["".join(_rtf(char) for char in text) for text in prose_of(story, 3)]
    data = (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman Times;}}"
        r"{\info{\title The road to the glacier}{\author Ulla Thorne}}\f0 {\b The road}\par "
        + r"\par ".join(paragraphs)
        + r"\par}"
    )
    return told("glacier.rtf", data.encode("ascii"), story)


def _rtf(char: str) -> str:
    if char in "\\{}":
        return "\\" + char
    return char if ord(char) < 128 else f"\\u{ord(char)}?"


def json_lines() -> Made:
    """Records, as programs export them."""
    names = ("Vestby", "Solheim", "Kongsdal")
    told_of = {name: stories("museum", name, 4) for name in names}
    lines = [
        json.dumps({"id": n, "title": f"The museum of {name}", "text": " ".join(plain(story))})
        for n, (name, story) in enumerate(told_of.items())
    ]
    name = "museums.jsonl"
    data = "\n".join(lines).encode()
    return Made(name, data, [Fact(one, name) for story in told_of.values() for one in story])

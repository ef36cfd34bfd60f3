"""HTML → plain text: the main text as trafilatura finds it, else all the visible text."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from embeddings.readers.content import Content, parsing
from embeddings.readers.page_particulars import page_particulars
from embeddings.readers.rows import prose_table_blocks
from embeddings.readers.text import decode, normalise

_ADVICE = "open it in a browser and save it again, or remove it"
_CHARSET = re.compile(rb"""<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""", re.I)
_UNSEEN = (
    "//script|//style|//template|//noscript|//iframe|//object|//svg|//select|//textarea|//*[@hidden]"
    "|//a[.='¶' or .='§' or .='#']"  # the anchors that manuals put behind their headings
    "|//*[contains(translate(@style,' ',''),'display:none')]"
    "|//*[contains(translate(@style,' ',''),'visibility:hidden')]"
)
_ASIDE = (
    "//nav|//aside|//footer[not(ancestor::article)]|//*[@id='comments']|//*[@role='navigation' "
    "or @role='contentinfo' or @role='complementary' or @role='search']"
)
_TELLING = re.compile(r"[.!?…。！？][\"'”’»)]*$| \| |\u2029$")
_TITLES = ("//meta[@property='og:title']/@content", "//title", "//h1")
_WHITE = re.compile(r"[ \t\n\r\f]+")
# trafilatura's names and HTML's; `head` is trafilatura's heading, HTML's is never walked
_BLOCKS = frozenset(
    (
        *("head", "item", "list", "quote", "row", "ab", "p", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("div", "section", "article", "main", "header", "footer", "nav", "aside", "address"),
        *("body", "hgroup", "ul", "ol", "menu", "li", "dl", "dt", "dd", "table", "caption"),
        *("thead", "tbody", "tfoot", "tr", "td", "th", "blockquote", "pre", "center", "figure"),
        *("figcaption", "details", "summary", "form", "fieldset", "legend", "hr"),
    )
)
_BREAKS = frozenset({"br", "lb"})
_ROWS = frozenset({"tr", "row"})
_LINES_KEPT = frozenset({"pre", "code", "quote"})


def read_html(data: bytes) -> Content:
    """The page's main text, blocks parted by blank lines; all its text where that loses some.

    The title is og:title, else <title>, else the first <h1>. Nothing is fetched.
    """
    text = _decode(data)
    tree = _tree(text)
    if tree is None:
        return Content(None, "")
    author, date, source = page_particulars(tree, text)
    language = tree.get("lang") or tree.get("xml:lang")
    _drop(tree, _UNSEEN)
    title, main, visible = _title(tree), _main_blocks(tree), _visible_blocks(tree)
    body = "\n\n".join(visible if _falls_short(main, visible) else main)
    return Content(title, body, author=author, date=date, source=source, language=language)


def page_blocks(data: bytes) -> list[str]:
    """All the text of a page but what HTML itself sets apart, a string per block."""
    tree = _parse(_decode(data))
    return [] if tree is None else _visible_blocks(tree)


def fragment_blocks(markup: str) -> list[str]:
    """The visible text of a piece of HTML, a string per block."""
    tree = _parse(markup)
    return [] if tree is None else _tree_blocks(_body(tree))


def _decode(data: bytes) -> str:
    declared = _CHARSET.search(data, 0, 4096) or _XML_ENCODING.match(data)
    return decode(data, declared[1].decode("ascii") if declared else None)


def _parse(text: str) -> Any | None:
    """The tree without what a browser does not show; `None` where there is no element."""
    tree = _tree(text)
    if tree is not None:
        _drop(tree, _UNSEEN)
    return tree


def _tree(text: str) -> Any | None:
    from lxml import etree, html  # type: ignore[import-untyped, unused-ignore]

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    with parsing("HTML", _ADVICE):
        try:
            return html.document_fromstring(normalise(text).encode(), parser=parser)
        except etree.ParserError:  # lxml's word for an empty document
            return None


def _drop(tree: Any, path: str) -> None:
    for element in tree.xpath(path):
        if element.getparent() is not None:
            element.drop_tree()


def _body(tree: Any) -> Any:
    body = tree.find("body")
    return tree if body is None else body


def _main_blocks(tree: Any) -> list[str]:
    import trafilatura

    with parsing("HTML", _ADVICE):
        found: Any = trafilatura.bare_extraction(
            copy.deepcopy(tree), favor_recall=True, include_tables=True, include_comments=False
        )
    return [] if found is None else _tree_blocks(found.body)


def _visible_blocks(tree: Any) -> list[str]:
    """All the text of the page but what HTML itself sets apart; takes that out of `tree`."""
    everything = _tree_blocks(_body(tree))
    _drop(tree, _ASIDE)
    return _tree_blocks(_body(tree)) or everything


def _falls_short(main: list[str], visible: list[str]) -> bool:
    """Whether `main` lacks a tenth of the sentences and table rows, or is a page in one lump.

    trafilatura leaves out half of some manuals (definition lists, <details>), and of very short
    pages it makes one paragraph, with spaces for tags inside words. A line too much does less
    harm than a sentence that cannot be found.
    """
    found = _squeezed("".join(main))
    if len(main) == 1 and sum(_squeezed(block) in found for block in visible) > 1:
        return True
    telling = [block for block in visible if _TELLING.search(block)] or visible
    lost = sum(len(block) for block in telling if _squeezed(block) not in found)
    return lost * 10 > sum(map(len, telling))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _title(tree: Any) -> str | None:
    for path in _TITLES:
        for found in tree.xpath(path)[:1]:
            title = found if isinstance(found, str) else found.text_content()
            if title.strip():
                return str(title)
    return None


@dataclass(slots=True)
class _Flow:
    """Blocks that are done, and the pieces of the one being gathered."""

    blocks: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def add(self, text: str | None, *, lines_kept: bool) -> None:
        if text and not lines_kept:
            text = _WHITE.sub(" ", text)
            if not self.pieces or self.pieces[-1][-1] in " \n":
                text = text.lstrip(" ")
        if text:
            self.pieces.append(text)

    def line_end(self) -> None:
        if self.pieces:
            self.pieces[-1] = self.pieces[-1].rstrip(" ")
        self.pieces.append("\n")

    def end(self) -> None:
        text = "".join(self.pieces)
        if text.strip():
            self.blocks.append(text.rstrip().lstrip("\n"))
        self.pieces.clear()


def _tree_blocks(root: Any) -> list[str]:
    flow = _Flow()
    _walk(root, flow, lines_kept=False)
    flow.end()
    return flow.blocks


def _walk(element: Any, flow: _Flow, *, lines_kept: bool) -> None:
    tag = element.tag
    parent = element.getparent()
    if tag in _BREAKS:
        flow.line_end()
    if tag == "table" and (rows := _data_table(element)) is not None:
        flow.end()
        flow.blocks += rows
        return
    if tag in _ROWS:
        flow.end()
        flow.blocks += _row(element)
        return
    # trafilatura calls <q> a quote too
    is_block = tag in _BLOCKS and not (tag == "quote" and parent is not None and parent.tag == "p")
    if is_block:
        flow.end()
    lines_kept = lines_kept or tag in _LINES_KEPT
    flow.add(element.text, lines_kept=lines_kept)
    for child in element:
        _walk(child, flow, lines_kept=lines_kept)
        flow.add(child.tail, lines_kept=lines_kept)
    if is_block:
        flow.end()


def _data_table(table: Any) -> list[str] | None:
    """The caption and the rows of a table of data; None for one that lays out a page."""
    rows = list(table.iter(*_ROWS))
    if next(table.iterdescendants("table"), None) is not None or not rows:
        return None
    cells = [[_tree_blocks(cell) for cell in row] for row in rows]
    if max(map(len, cells)) < 2 or any(len(blocks) > 1 for row in cells for blocks in row):
        return None
    texts = [["".join(blocks) for blocks in row] for row in cells]
    caption = [block for each in table.iter("caption") for block in _tree_blocks(each)]
    said = "".join([*caption, *("".join(row) for row in texts)])
    if len(_squeezed(said)) < len(_squeezed(table.xpath("string()"))):
        return None  # something stands between the rows
    heads = rows[0]
    headed = all(cell.tag == "th" or cell.get("role") == "head" for cell in heads)
    return caption + prose_table_blocks(texts, headed=headed)


def _row(row: Any) -> list[str]:
    """One line for a row of data; all the blocks where a table lays out a page."""
    cells = [_tree_blocks(cell) for cell in row]
    if any(len(blocks) > 1 for blocks in cells):
        return [block for blocks in cells for block in blocks]
    line = " | ".join(block.replace("\n", " ") for blocks in cells for block in blocks)
    return [line] if line else []

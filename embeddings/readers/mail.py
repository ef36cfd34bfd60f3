"""Mail (.eml) and mailboxes (.mbox) → plain text: a header line, then the words of the writer."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from embeddings.errors import DocumentError
from embeddings.readers.content import Content, parsing
from embeddings.readers.html import fragment_blocks
from embeddings.readers.rows import row_block
from embeddings.readers.text import decode, normalise

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_KNOWN = re.compile(rb"^(from|to|date|subject|received|message-id|return-path):", re.I | re.M)
_ENVELOPE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\d:\d\d[^\r\n]*\r?\n")
_ESCAPED = re.compile(rb"^>(>*From )", re.M)
_QUOTED = re.compile(r" ?((?:> ?)+)")
_LIST_ITEM = re.compile(r"[-*•]\s|\d{1,3}[.)]\s")


def read_eml(data: bytes) -> Content:
    """The message's header, its text and the names of its attachments; its subject is the title.

    The header is one line, `From: Ada; To: …; Date: …; Subject: …`. Plain text goes before HTML.
    What the message quotes stands in paragraphs of its own that begin with `>`.
    """
    if not _KNOWN.search(data, 0, 100_000):
        raise DocumentError("no mail (no header From, To, Date or Subject); save it again as .eml")
    with parsing("mail", "save it again from the mail program, or remove it"):
        message = email.message_from_bytes(data)
        title = _header(message, "Subject") or None
        author, date = _header(message, "From"), _header(message, "Date")
        return Content(title, "\n\n".join(_message(message)), author=author, date=date)


def read_mbox(data: bytes) -> Content:
    """The messages in order, each as in `read_eml`; a mailbox has no title of its own."""
    starts = list(_ENVELOPE.finditer(data))
    if not starts or data[: starts[0].start()].strip():
        raise DocumentError("no mailbox (no line 'From …' at its start); export it again as mbox")
    ends = [start.start() for start in starts[1:]] + [len(data)]
    blocks: list[str] = []
    with parsing("mailbox", "export it again from the mail program, or remove it"):
        for start, end in zip(starts, ends, strict=True):
            raw = _ESCAPED.sub(rb"\1", data[start.end() : end])
            blocks += _message(email.message_from_bytes(raw))
    return Content(None, "\n\n".join(blocks))


def _message(message: Message) -> list[str]:
    attached: list[str] = []
    body = [block for part in _texts(message, attached) for block in part]
    headers = [f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))]
    if attached:
        headers.append(f"Attachments: {', '.join(attached)}")
    return list(filter(None, [row_block(headers), *body]))


def _header(message: Message, name: str) -> str:
    """The header decoded and on one line; as it stands where it cannot be decoded."""
    raw = str(message.get(name, ""))
    try:
        value = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        value = raw
    return " ".join(normalise(value).split())


def _texts(part: Message, attached: list[str]) -> Iterator[list[str]]:
    """The blocks of each part that is text; the other parts' names are added to `attached`."""
    kind = part.get_content_type()
    name = part.get_filename()
    if part.get_content_disposition() == "attachment" or name:
        attached.append(" ".join((name or kind).split()))
    elif part.is_multipart() and kind == "multipart/alternative":
        yield from _alternative(list(_children(part)), attached)
    elif kind == "message/rfc822" and part.is_multipart():
        attached.extend(_header(child, "Subject") or kind for child in _children(part))
    elif part.is_multipart():
        for child in _children(part):
            yield from _texts(child, attached)
    elif kind in ("text/plain", "text/html"):
        try:
            yield _blocks(part)
        except DocumentError:  # no text under a text's type
            attached.append(kind)


def _alternative(parts: list[Message], attached: list[str]) -> Iterator[list[str]]:
    """The plain text if there is any in it, else the part that the writer's program likes best."""
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    for part in (*plain, *reversed([part for part in parts if part not in plain])):
        texts = [blocks for blocks in _texts(part, attached) if blocks]
        if texts:
            yield from texts
            return


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (child for child in payload if isinstance(child, Message))


def _blocks(part: Message) -> list[str]:
    payload = part.get_payload(decode=True)
    text = decode(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""
    if part.get_content_type() == "text/html":
        return fragment_blocks(text)
    return list(_quotes_apart(normalise(text).split("\n")))


def _quotes_apart(lines: list[str]) -> Iterator[str]:
    """The paragraphs of plain text; a quoted one is put on one line behind its marks."""
    gathered: list[str] = []
    depth = 0
    for line in [*lines, ""]:
        match = _QUOTED.match(line)
        marks = match[1].count(">") if match else 0
        line = (line[match.end() :] if match else line).rstrip()
        if gathered and (not line or marks != depth or (marks and _LIST_ITEM.match(line))):
            yield f"{'>' * depth} {' '.join(gathered)}" if depth else "\n".join(gathered)
            gathered = []
        depth = marks
        if line:
            gathered.append(line.strip() if marks else line)

"""Mail and mailboxes: one header line, the writer's words, what is quoted apart."""

from email.message import EmailMessage

import pytest

from embeddings.documents import parse_document
from embeddings.errors import DocumentError
from embeddings.sentences import ROW_END
from tests.formats import MAIL, sentences_of, text_of

HEADER = (
    "From: Ada Lövelace <ada@example.org>; To: Charles Babbage <charles@example.org>; "
    "Date: Mon, 5 Jun 1843 10:00:00 +0000; Subject: Notes on the engine. A question"
)
BLOCKS = [
    HEADER + ROW_END,
    "Dear Charles,",
    "I finished note G in the café. It took nine days.\nOn Sunday, Charles wrote:",
    "> Have you finished? I must print it by Friday.",
    ">> I have not begun.",
    "> - bring the cards",
    "Yes.",
]


def test_a_mail_keeps_what_it_quotes_apart_from_its_own_words() -> None:
    document = parse_document(MAIL, "a.eml")
    assert document.text.split("\n\n") == BLOCKS
    assert document.title == "Notes on the engine. A question"


def test_the_header_of_a_mail_is_one_sentence() -> None:
    assert sentences_of(MAIL, "a.eml")[:6] == [
        HEADER,
        "Dear Charles,",
        "I finished note G in the café.",
        "It took nine days.",
        "On Sunday, Charles wrote:",
        "> Have you finished?",
    ]


def mail_with(plain: str | None, html: str, *, attach: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "ada@example.org", "Hours"
    if plain is None:
        message.set_content(html, subtype="html")
    else:
        message.set_content(plain)
        message.add_alternative(html, subtype="html")
    if attach:
        message.add_attachment(
            b"%PDF-", maintype="application", subtype="pdf", filename="täble.pdf"
        )
        message.add_attachment("Attached words.", filename="note.txt")
        message.add_attachment(EmailMessage())
    return message.as_bytes()


HTML = "<p>We open at <b>nine</b>.</p><script>x</script><blockquote>When?</blockquote>"


def test_plain_text_goes_before_html() -> None:
    header = f"From: ada@example.org; Subject: Hours{ROW_END}\n\n"
    assert text_of(mail_with("At nine. Plainly.", HTML), "a.eml") == header + "At nine. Plainly."
    expected = header + "We open at nine.\n\nWhen?"
    assert text_of(mail_with(None, HTML), "a.eml") == expected
    assert text_of(mail_with(" \n", HTML), "a.eml") == expected


def test_attachments_are_listed_by_name_and_not_read() -> None:
    text = text_of(mail_with("At nine.", HTML, attach=True), "a.eml")
    assert text == (
        "From: ada@example.org; Subject: Hours; "
        f"Attachments: täble.pdf, note.txt, message/rfc822{ROW_END}\n\nAt nine."
    )


def test_a_part_that_is_no_text_is_listed_as_if_attached() -> None:
    raw = b"Subject: x\nContent-Type: text/plain\n\n\x89PNG\r\n\x1a\n"
    assert text_of(raw, "a.eml") == f"Subject: x; Attachments: text/plain{ROW_END}"


MBOX = (
    b"From ada@x Mon Jun  5 10:00:00 1843\n"
    + MAIL.replace(b"Yes.", b">From me, yes.")
    + (
        b"\nFrom bob@x Tue Jun  6 10:00:00 1843\nFrom: bob@x\n"
        b"Subject: =?nowhere?q?=ff?= =?broken\n\n"
        b"From here it is one line\nFrom bob, still the same mail.\n"
    )
)


def test_a_mailbox_is_its_mails_in_order() -> None:
    document = parse_document(MBOX, "old_mail.mbox")
    *first, second = document.text.split("\n\nFrom: bob@x; ")
    assert first[0].split("\n\n") == [*BLOCKS[:-1], "From me, yes."]
    assert second == (
        f"Subject: =?nowhere?q?=ff?= =?broken{ROW_END}\n\n"
        "From here it is one line\nFrom bob, still the same mail."
    )
    assert document.title == "old mail"


def test_a_mailbox_with_windows_line_ends() -> None:
    windows = MBOX.replace(b"\n", b"\r\n")
    assert text_of(windows, "a.mbox") == text_of(MBOX, "a.mbox")


def test_mail_within_mail_without_end_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"^a\.eml: broken mail \(maximum recursion depth"):
        parse_document(b"Subject: x\n" + nested(1200), "a.eml")


def nested(depth: int) -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    return head + b"\nDeep.\n"


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (
            b"",
            "a.eml",
            "a.eml: no mail (no header From, To, Date or Subject); save it again as .eml",
        ),
        (b"Some words.", "a.eml", "a.eml: no mail (no header From, To, Date or Subject); save it"),
        (MAIL, "a.mbox", "a.mbox: no mailbox (no line 'From …' at its start); export it again"),
        (b"", "a.mbox", "a.mbox: no mailbox (no line 'From …' at its start); export it again as"),
        (b"From: \n\n", "a.eml", "a.eml: no text in it; fill it or remove it"),
    ],
)
def test_what_is_no_mail_is_refused(data: bytes, path: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(data, path)
    assert str(caught.value).startswith(message)

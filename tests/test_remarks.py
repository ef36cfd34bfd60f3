import pytest

from qa.remarks import HELP, remark


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Thanks!", "You are welcome."),
        ("thank you so much :)", "You are welcome."),
        ("Hi there, how are you?", "Hello. What would you like to know from your documents?"),
        ("OK, thanks. Bye!", "Goodbye."),
        ("That’s all", "Goodbye."),
        ("ok", "Good. Ask on whenever you like."),
        ("help", HELP),
        ("What can you do?", HELP),
    ],
)
def test_small_talk_gets_its_line(message: str, line: str) -> None:
    assert remark(message) == line


@pytest.mark.parametrize(
    "message",
    [
        "Thanks, and who spoke there?",
        "Help the homeless",
        "hello world program",
        "Who said goodbye?",
        "okra",
        "的",
        "🙂",
        "?",
        "",
    ],
)
def test_a_message_that_says_more_is_no_small_talk(message: str) -> None:
    assert remark(message) is None

"""Messages that ask nothing of the documents, such as "thanks", and the fixed line each gets."""

from __future__ import annotations

import re

HELP = (
    "Ask a question about your documents. The answer is quoted from them, with its place; if they "
    "do not answer, you are told so. A question may lean on the ones before it: “And in 2023?” "
    "“Summarise” shows the most central sentences. What you put in double quotation marks must "
    "stand in the passage that answers."
)
_REMARKS = {
    HELP: "help|help me|help please|commands|what can you do|what can i (?:do|ask)|"
    "how (?:do|can) i use (?:this|you|it)|how do(?:es)? (?:this|you|it) work|who are you|"
    "what are you",
    "Goodbye.": "bye|bye bye|goodbye|good bye|good night|see you|see you later|exit|quit|"
    "that is all|that's all",
    "You are welcome.": "thanks|thank you|thx|ty|cheers|many thanks|thanks a lot|thanks so much|"
    "thank you (?:very|so) much|much appreciated",
    "Hello. What would you like to know from your documents?": "hello|hi|hey|hello there|hi there|"
    "good (?:morning|afternoon|evening|day)|greetings|how are you|how are you doing",
    "Good. Ask on whenever you like.": "ok|okay|great|good|fine|perfect|cool|nice|awesome|"
    "excellent|very good|got it|i see|understood|i understand|alright|all right|well done",
}
"""The line and the messages that get it; of several in one message the uppermost counts."""
_KINDS = {line: re.compile(rf"\b(?:{messages})\b") for line, messages in _REMARKS.items()}
_SMALL_TALK = re.compile(rf"(?:(?:{'|'.join(_REMARKS.values())})(?:\s+|$))+")


def remark(message: str) -> str | None:
    """The line that answers small talk or a call for help; None for anything else.

    The whole message must be of that kind: "Thanks, and who spoke there?" is a question.
    """
    bare = re.sub(r"[^\w'’]+", " ", message).replace("’", "'").strip().lower()
    if not _SMALL_TALK.fullmatch(bare):
        return None
    return next(line for line, kind in _KINDS.items() if kind.search(bare))

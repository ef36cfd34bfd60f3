"""What a question may be, known without loading what answers it."""

import re

MAX_QUESTION_CHARS = 2000
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""A surrogate: JSON and a terminal can spell half a character, UTF-8 cannot."""


def checked(question: str) -> str:
    """The question without white space at its ends. Raises `ValueError` for one not to be asked."""
    question = question.strip()
    if not question:
        raise ValueError("The question is empty. Ask something, in a sentence or a few words.")
    if HALF_CHARACTER.search(question):
        raise ValueError("The question holds half a character. Type it anew, in UTF-8.")
    if len(question) > MAX_QUESTION_CHARS:
        raise ValueError(
            f"The question has {len(question):,} characters, at most {MAX_QUESTION_CHARS:,} are "
            "read. Shorten it to what you want to know."
        )
    return question

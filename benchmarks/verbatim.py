"""Is every quotation in its document, at its offsets? The promise, over real questions.

    python benchmarks/verbatim.py DOCS GOLD [--questions 200]

Asks the questions with abstention off and again with abstention forced, and compares each citation
with the document's text, and with the raw file where that is plain text. Exits 1 on any difference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from qa.bot import Bot
from qa.gold import read_gold, sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--index", type=Path)
    arguments = parser.parse_args()
    golds = sample(read_gold(arguments.gold), arguments.questions)
    citations = exact = raw = plain = 0
    with Bot.open(arguments.docs, index=arguments.index) as bot:
        for gold in golds:
            answer = bot.ask(gold.question, history=gold.history, min_confidence=0.0)
            refusal = bot.ask(gold.question, history=gold.history, min_confidence=1.0)
            for cited in (*answer.citations, *refusal.nearest):
                text = bot.document(cited.document).text
                citations += 1
                exact += (
                    text[cited.start : cited.end] == cited.quote
                    and text[cited.answer_start : cited.answer_end] == cited.answer
                )
                if cited.path.endswith(".txt"):
                    plain += 1
                    file = (arguments.docs / cited.path).read_text("utf-8-sig")
                    raw += file[cited.start : cited.end] == cited.quote
    print(
        f"{len(golds)} questions, {citations} citations: {exact} equal to the document's text, "
        f"{raw} of {plain} from .txt files equal to the raw file"
    )
    sys.exit(citations != exact or plain != raw)


if __name__ == "__main__":
    main()

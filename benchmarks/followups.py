"""What is a follow-up question understood as, and what does it find? Four ways, in one run.

    python -m benchmarks.followups canard ../shared/data ~/development/canard [--half develop]
    python -m benchmarks.followups doc2dial ../shared/data ~/development/doc2dial-turns
    python -m benchmarks.followups alone ../shared/data ~/development/squad11

`canard` are QuAC's dialogues with CANARD's rewrites. They come without their articles, so the
answers that are known make the documents: one for each article, named after it, a paragraph for
each answer; the paragraphs of Natural Questions dev stand among them. A question must find the
document, and the sentence that answered it. Its history is the article and the section, which
QuAC's people saw, and the turns before. `doc2dial` is as `training/development_sets.py` makes it.
`alone` asks questions of SQuAD in the middle of some other conversation, which must not change
what they find. Half of the dialogues, by the hash of their name, is for development, the other
half for report.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from embeddings.sentences import split_sentences
from qa.bot import Answer, Bot
from qa.evaluate import first_right, is_right
from qa.followup import understand
from qa.gold import Gold, read_gold
from qa.metrics import f1, mean, percentile

UNKNOWN = "I don't know."
MIN_ANSWER_WORDS = 5
"""Of a shorter answer, such as "in 1999", one cannot say which question it answers."""
MAX_HISTORY_WORDS = 45
"""What the reader takes of a question, 64 word pieces, less a message."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A gold question, the dialogue that it is from, and what a person made of it, if any did."""

    gold: Gold
    dialogue: str
    rewrite: str | None


def canard(data: Path, target: Path) -> list[Asked]:
    """The questions whose answer is known; writes the documents where they are not yet."""
    with gzip.open(data / "canard-half.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    longest: dict[str, list[str]] = {}
    for row in rows:
        name, history = row["QuAC_dialog_id"], row["History"]
        longest[name] = max(longest.get(name, []), history, key=len)
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for history in longest.values():
        answers = (answer for answer in history[3::2] if answer != UNKNOWN)
        texts[history[0]].update(dict.fromkeys(answers))
    docs = target / "docs"
    docs.mkdir(parents=True, exist_ok=True)
    with gzip.open(data / "natural-questions-dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        other = {json.loads(line)["context"] for line in lines}
    for number, text in enumerate(sorted(other)):
        (docs / f"{number:04}.txt").write_text(text, "utf-8")
    for title, paragraphs in texts.items():
        (docs / _file(title)).write_text("\n\n".join(paragraphs) + "\n", "utf-8")
    asked = []
    for row in rows:
        name, history, question = row["QuAC_dialog_id"], row["History"], row["Question"]
        later = longest[name][len(history) :]
        if later[:1] != [question] or later[1] == UNKNOWN:
            continue
        if len(later[1].split()) < MIN_ANSWER_WORDS:
            continue
        said = ["" if text == UNKNOWN else text for text in history]
        gold = Gold(
            id=f"{name}#{row['Question_no']}",
            question=question,
            answers=tuple(later[1][s.start : s.end] for s in split_sentences(later[1])),
            sentence=None,
            document=_file(history[0]),
            history=tuple(zip(said[::2], said[1::2], strict=True)),
        )
        asked.append(Asked(gold, name.rsplit("_", 1)[0], row["Rewrite"]))
    return asked


def doc2dial(_data: Path, target: Path) -> list[Asked]:
    """The later questions of the dialogues."""
    golds = read_gold(target / "gold.jsonl")
    return [Asked(gold, gold.id.rsplit("_", 1)[0], None) for gold in golds]


def alone(_data: Path, target: Path) -> list[Asked]:
    """Questions that stand alone, each after one to three questions from elsewhere."""
    golds = read_gold(target / "gold.jsonl")
    chance = random.Random(0)
    asked = []
    for gold in golds:
        turns = chance.sample(golds, chance.randint(1, 3))
        history = tuple((turn.question, turn.answers[0]) for turn in turns)
        asked.append(Asked(replace(gold, history=history), gold.id, None))
    return asked


def _file(title: str) -> str:
    return re.sub(r"[^\w() .,'&-]", "_", title).strip(".") + ".txt"


SETS: dict[str, Callable[[Path, Path], list[Asked]]] = {
    "canard": canard,
    "doc2dial": doc2dial,
    "alone": alone,
}
History = Sequence[tuple[str, str]]


def ways(asked: Asked) -> Iterator[tuple[str, str, History]]:
    """Each way to ask: its name, the question and the history that the bot gets."""
    gold = asked.gold
    yield "bare", gold.question, ()
    yield "history in front", _in_front(gold), ()
    yield "ours", gold.question, gold.history
    if asked.rewrite is not None:
        yield "human rewrite", asked.rewrite, ()


def _in_front(gold: Gold) -> str:
    said = " ".join(text for turn in gold.history for text in turn)
    plain = re.sub('["“”„‟]', "", said).split()[-MAX_HISTORY_WORDS:]
    return " ".join([*plain, gold.question])


def finds(bot: Bot, gold: Gold, question: str, history: History) -> tuple[bool, ...]:
    """Whether the right document comes first, a right passage first, and among the first five."""
    hits = bot.search(question, 5, history=history)
    first = [bot.document(p.document).path for hit in hits[:1] for p in hit.places]
    rank = first_right(gold, [hit.places for hit in hits], bot.document, bot.paths)
    return gold.document in first, rank == 1, rank is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("data", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--half", choices=("develop", "report"), default="report")
    parser.add_argument("--ways", nargs="+", metavar="WAY", help="only these, as in: bare ours")
    parser.add_argument("--questions", type=int, help="at most so many")
    parser.add_argument("--read", type=int, help="only the first so many are read and answered")
    arguments = parser.parse_args()
    asked = [
        a
        for a in SETS[arguments.set](arguments.data, arguments.target)
        if zlib.crc32(a.dialogue.encode()) % 2 == (arguments.half == "report")
    ]
    random.Random(0).shuffle(asked)
    asked = asked[: arguments.questions]
    found: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    answers: dict[str, list[Answer]] = defaultdict(list)
    right: dict[str, list[bool]] = defaultdict(list)
    with Bot.open(arguments.target / "docs", index=arguments.index) as bot:
        threshold = bot.calibration.threshold
        for number, one in enumerate(asked):
            for name, question, history in ways(one):
                if arguments.ways and name not in arguments.ways:
                    continue
                found[name].append(finds(bot, one.gold, question, history))
                if arguments.read is None or number < arguments.read:
                    answer = bot.ask(question, history=history, min_confidence=0.0)
                    first = answer.citations[0] if answer.citations else None
                    answers[name].append(answer)
                    right[name].append(
                        first is not None and is_right(one.gold, first.quote, first.path)
                    )
    read = max(map(len, answers.values()))
    print(f"{arguments.set}, {arguments.half}: {len(asked)} questions, {read} read")
    near = []
    for one in asked:
        if one.rewrite is not None:
            ours = understand(one.gold.question, one.gold.history).question
            near.append([f1(question, (one.rewrite,)) for question in (one.gold.question, ours)])
    if near:
        shares = [mean(side) for side in zip(*near, strict=True)]
        print(f"words as in the human rewrite, F1: bare {shares[0]:.3f}, ours {shares[1]:.3f}")
    print(f"{'':21} document@1 passage@1 passage@5  sentence  answered  right   p50 ms")
    for name in found:
        sure = [a.confidence >= threshold for a in answers[name]]
        cells = [
            *(mean(share) for share in zip(*found[name], strict=True)),
            mean(right[name]),
            mean(sure),
            mean(r for r, s in zip(right[name], sure, strict=True) if s),
        ]
        times = [1000 * answer.seconds for answer in answers[name]]
        shown = "".join(f"{'' if cell is None else f'{cell:.3f}':>10}" for cell in cells)
        print(f"{name:21} {shown}{percentile(times, 50):9.0f}")


if __name__ == "__main__":
    main()

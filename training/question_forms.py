"""How well are questions answered in other forms: keywords, other words, or for a yes or no?

    python training/question_forms.py ~/development/squad11 --wordnet ~/wordnet

Asks so many gold questions of the set as they are, as keywords and in other words
(`paraphrases.py`), and as many statements of its documents as questions (`other_forms.py`), of all
of its documents.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path

from other_forms import keyword_questions, statement_questions
from paraphrases import WordNet, paraphrase_questions
from reader_data import Corpus, Passage, Question, normalise_question, sentence_starts
from reader_model import load_tokenizer
from tokenizers import Tokenizer

from qa.bot import Bot
from qa.calibrate import judge
from qa.confidence import logistic
from qa.gold import Gold, read_gold, sample

SEED = 9


def as_keywords(golds: list[Gold], tokenizer: Tokenizer) -> list[Gold]:
    """The questions as somebody might type them into a search box."""
    asked = [Question(normalise_question(g.question), n, (), "") for n, g in enumerate(golds)]
    typed = keyword_questions(Corpus([], asked, []), tokenizer, seed=SEED)
    return [replace(golds[t.passage], question=t.text) for t in typed]


def in_other_words(
    golds: list[Gold], documents: list[Path], wordnet: WordNet, tokenizer: Tokenizer
) -> list[Gold]:
    """Those of the questions that WordNet has other words for."""
    folder = Passage("", "\n".join(path.read_text("utf-8") for path in documents), "")
    asked = [Question(normalise_question(g.question), n, (), "") for n, g in enumerate(golds)]
    corpus = Corpus([folder] * len(golds), asked, [])
    changed = paraphrase_questions(corpus, tokenizer, wordnet, questions=len(golds), seed=SEED)
    return [replace(golds[c.passage], question=c.text) for c in changed]


def statements(documents: list[Path], count: int, tokenizer: Tokenizer) -> list[Gold]:
    """Questions whether what a sentence says is so; the sentence is their gold."""
    chosen = random.Random(SEED).sample(documents, min(2 * count, len(documents)))
    passages, offsets = [], []
    for path in chosen:
        text = path.read_text("utf-8")
        encoding = tokenizer.encode(text, add_special_tokens=False)
        starts = sentence_starts(text, encoding.offsets)
        passages.append(Passage(path.name, text, "", encoding.ids, starts))
        offsets.append(encoding.offsets)
    golds: list[Gold] = []
    for asked in statement_questions(Corpus(passages, [], []), tokenizer, seed=SEED)[:count]:
        ((first, last),), places = asked.spans, offsets[asked.passage]
        sentence = passages[asked.passage].text[places[first][0] : places[last][1]]
        golds.append(Gold(str(len(golds)), asked.text, (), sentence, None, ()))
    return golds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a set made by development_sets.py")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--wordnet", type=Path, help="WordNet's database files")
    arguments = parser.parse_args()
    docs = arguments.folder / "docs"
    tokenizer = load_tokenizer().backend_tokenizer
    golds = sample(read_gold(arguments.folder / "gold.jsonl"), arguments.questions)
    documents = sorted(docs.rglob("*.txt"))
    forms = {
        "as asked": list(golds),
        "keywords": as_keywords(list(golds), tokenizer),
        "yes or no": statements(documents, arguments.questions, tokenizer),
    }
    if arguments.wordnet:
        wordnet = WordNet(arguments.wordnet)
        forms["other words"] = in_other_words(list(golds), documents, wordnet, tokenizer)
    with Bot.open(docs) as bot:
        for name, asked in forms.items():
            judged = [(logistic(bot.calibration, f), right) for f, right in judge(bot, asked)]
            answered = sum(c >= bot.calibration.threshold for c, _ in judged)
            print(
                f"{name:<11} {len(asked)} questions, right sentence when made to answer "
                f"{sum(right for _, right in judged) / len(asked):.3f}, "
                f"answered {answered / len(asked):.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

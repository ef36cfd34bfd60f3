"""Fits the calibration that ships with the project (`qa/data/calibration.json`).

    python training/calibration.py ~/development squad11 squad20 nq written --questions 300

Asks so many questions of each of these sets (made by `development_sets.py`). Each set's figures
are those of a calibration fitted on the other sets alone; the one that is kept is fitted on all.
Sets named behind `--unseen` are measured with that one and fitted on never.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from qa.bot import Bot
from qa.calibrate import fit, judge
from qa.confidence import FEATURES, Calibration, logistic
from qa.gold import read_gold, sample
from qa.metrics import auroc, expected_calibration_error

TARGET = Path(__file__).parent.parent / "qa" / "data" / "calibration.json"
Judged = list[tuple[tuple[float, ...], bool]]


def judged(folder: Path, reader: str | None, questions: int) -> tuple[tuple[str, str], Judged]:
    """The names of reader and encoder, and features and rightness of so many of the questions.

    A set is a folder with documents and questions, or many such folders, and a part from each.
    """
    files = sorted(folder.rglob("gold.jsonl"))
    if not files:
        raise FileNotFoundError(f"{folder} has no questions: make it with development_sets.py")
    rows: Judged = []
    for file in files:
        golds = sample(read_gold(file), -(-questions // len(files)))
        with Bot.open(file.parent / "docs", reader=reader) as bot:
            names = bot.reader.name, bot.encoder.name
            rows += judge(bot, golds)
    return names, rows


def fitted(names: tuple[str, str], sets: list[Judged], precision: float) -> Calibration:
    """A calibration fitted on these sets."""
    rows = [row for rows in sets for row in rows]
    return fit(*names, [f for f, _ in rows], [r for _, r in rows], precision=precision)


def report(name: str, calibration: Calibration, rows: Judged) -> None:
    """Prints how well the confidences of these rows agree with what was right."""
    pairs = [(logistic(calibration, features), right) for features, right in rows]
    answered = [right for confidence, right in pairs if confidence >= calibration.threshold]
    ece = expected_calibration_error([c for c, _ in pairs], [r for _, r in pairs])
    print(
        f"{name:<16} right {sum(r for _, r in pairs) / len(pairs):.3f}, "
        f"AUROC {auroc([c for c, r in pairs if r], [c for c, r in pairs if not r]):.3f}, "
        f"ECE {ece:.3f}, answered {len(answered) / len(pairs):.3f}, "
        f"precision {sum(answered) / max(1, len(answered)):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--unseen", nargs="*", default=[], help="sets to measure alone")
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--precision", type=float, default=0.8)
    parser.add_argument("--reader", help="as in `pincite ask --reader`")
    arguments = parser.parse_args()
    sets: dict[str, Judged] = {}
    for name in arguments.sets:
        names, sets[name] = judged(arguments.folder / name, arguments.reader, arguments.questions)
    for name, rows in sets.items():
        others = [other for key, other in sets.items() if key != name] or [rows]
        report(name, fitted(names, others, arguments.precision), rows)
    calibration = fitted(names, list(sets.values()), arguments.precision)
    for name in arguments.unseen:
        _, rows = judged(arguments.folder / name, arguments.reader, arguments.questions)
        report(name, calibration, rows)
    print(dict(zip(FEATURES, calibration.weights, strict=True)), calibration.threshold)
    kind = calibration.reader.partition("@")[0]
    kept = json.loads(TARGET.read_text("utf-8")) | {kind: asdict(calibration)}
    TARGET.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

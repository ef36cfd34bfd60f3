r"""Fits the calibration that ships with the project (`qa/data/calibration.json`).

    python training/calibration.py ../shared/data/squad-dev-v1.1.json.gz \
        ../shared/data/squad-dev-v2.0.json.gz --questions 1000

Asks so many questions of each file over that file's paragraphs, fits the confidence on the even
ones and says how it does on the odd ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from qa.bot import Bot
from qa.calibrate import fit, judge
from qa.confidence import FEATURES, Calibration, logistic
from qa.gold import read_gold, read_squad_paragraphs
from qa.metrics import auroc, expected_calibration_error

TARGET = Path(__file__).parent.parent / "qa" / "data" / "calibration.json"


def judged(
    gold: Path, reader: str | None, questions: int
) -> tuple[str, list[tuple[tuple[float, ...], bool]]]:
    """The reader's name, and features and rightness of so many questions of the file."""
    golds = read_gold(gold)
    golds = golds[:: max(1, len(golds) // questions)][:questions]
    with TemporaryDirectory(prefix="pincite-") as folder:
        for path, text in read_squad_paragraphs(gold):
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="")
        with Bot.open(folder, reader=reader) as bot:
            return bot.reader.name, list(judge(bot, golds))


def report(name: str, calibration: Calibration, rows: list[tuple[tuple[float, ...], bool]]) -> None:
    """Prints how well the confidences of these rows agree with what was right."""
    confidences = [logistic(calibration, features) for features, _ in rows]
    right = [r for _, r in rows]
    sure, unsure = (
        [c for c, r in zip(confidences, right, strict=True) if r is kind] for kind in (True, False)
    )
    answered = [r for c, r in zip(confidences, right, strict=True) if c >= calibration.threshold]
    print(
        f"{name:<40} right {sum(right) / len(right):.3f}, AUROC {auroc(sure, unsure):.3f}, "
        f"ECE {expected_calibration_error(confidences, right):.3f}, "
        f"answered {len(answered) / len(right):.3f}, "
        f"precision {sum(answered) / max(1, len(answered)):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--reader", help="as in `pincite ask --reader`")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--precision", type=float, default=0.8)
    arguments = parser.parse_args()
    files = {}
    for gold in arguments.gold:
        name, files[gold.name] = judged(gold, arguments.reader, arguments.questions)
    even = [row for rows in files.values() for row in rows[::2]]
    calibration = fit(
        name, [f for f, _ in even], [r for _, r in even], precision=arguments.precision
    )
    print(dict(zip(FEATURES, calibration.weights, strict=True)), calibration)
    for name, rows in files.items():
        report(f"{name} (held out)", calibration, rows[1::2])
    kept = json.loads(TARGET.read_text("utf-8")) | {name.partition("@")[0]: asdict(calibration)}
    TARGET.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

from pathlib import Path

from benchmarks.killing import Killing
from tests.toy import WordEncoder


def test_nothing_is_lost_or_doubled_when_indexing_is_killed(tmp_path: Path) -> None:
    pool = []
    for number in range(12):
        path = tmp_path / f"pool-{number}.txt"
        sentences = [f"Story {number} has a line {i * 7919} of its own." for i in range(150)]
        path.write_text("\n\n".join(sentences))
        pool.append(path)
    killing = Killing(tmp_path, pool, 40, WordEncoder())
    killing.kill(10)
    killing.finish()
    tally = killing.tally
    assert tally.faults == []
    assert tally.kills == 10
    assert tally.cut_short > 0  # the others were killed before the first change or after the last
    assert tally.answers > 20

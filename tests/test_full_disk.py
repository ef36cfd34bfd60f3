import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(mount).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said_and_leaves_the_index_as_it_was(
    small_disk: Path, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The lighthouse was built in 1871.")
    index = ["index", str(docs), "--index", str(small_disk / "index")]

    def pincite(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from qa.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
        )

    assert pincite(*index).returncode == 0
    (docs / "b.txt").write_text("A long book.\n" + "\n" * 1_500_000 + "The end.")
    result = pincite(*index)
    assert result.returncode == 1
    assert "Free some space on that disk" in result.stderr
    assert "Traceback" not in result.stderr
    (docs / "b.txt").unlink()
    assert pincite(*index).stdout.startswith("0 added, 0 changed, 1 unchanged, 0 removed")

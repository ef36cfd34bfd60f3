import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.bot import Bot

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the seed documents, so that tests leave no index in the checkout."""
    folder = tmp_path_factory.mktemp("docs") / "seeds"
    shutil.copytree(ROOT / "seeds", folder, ignore=shutil.ignore_patterns(".pincite"))
    return folder


@pytest.fixture(scope="session")
def bot(seeds: Path) -> Iterator[Bot]:
    """The real bot over the seed documents."""
    with Bot.open(seeds) as opened:
        yield opened

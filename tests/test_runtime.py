import shutil
from pathlib import Path

import pytest

from embeddings.errors import ModelError
from embeddings.runtime import cache_folder
from qa.span import EXPORT_VERSION, SpanReader


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the exported reader that a test may damage."""
    SpanReader()
    shutil.copytree(cache_folder() / "readers", tmp_path / "readers")
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    return tmp_path / "readers" / f"{SpanReader().name}-v{EXPORT_VERSION}"


@pytest.mark.parametrize("name", ["settings.json", "tokenizer.json"])
def test_a_damaged_export_is_named_with_what_to_do(own_cache: Path, name: str) -> None:
    (own_cache / name).write_text("rubbish")
    with pytest.raises(ModelError, match=r"is damaged .*Delete that folder"):
        SpanReader()


def test_a_damaged_graph_is_named_with_what_to_do(own_cache: Path) -> None:
    (own_cache / "model.xml").write_text("rubbish")
    shutil.rmtree(own_cache / "compiled")
    with pytest.raises(ModelError, match=r"is damaged .*Delete that folder"):
        list(SpanReader()._graph.run([SpanReader()._graph.tokenizer.encode("Who?", "Ann.")]))


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="PINCITE_CACHE"):
        SpanReader()

import os
import shutil
import time
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from embeddings.errors import ModelError
from embeddings.runtime import Graph, cache_folder, export
from qa.span import EXPORT_VERSION, SpanReader


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the exported reader that a test may damage."""
    name = f"{SpanReader().name}-v{EXPORT_VERSION}"
    shutil.copytree(cache_folder() / "readers" / name, tmp_path / "readers" / name)
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path))
    return tmp_path / "readers" / name


@pytest.mark.parametrize("name", ["settings.json", "tokenizer.json"])
def test_a_damaged_export_is_named_with_what_to_do(own_cache: Path, name: str) -> None:
    (own_cache / name).write_text("rubbish")
    with pytest.raises(ModelError, match=r"is damaged .*Delete that folder"):
        SpanReader()


def test_a_damaged_graph_is_named_with_what_to_do(own_cache: Path) -> None:
    (own_cache / "model.xml").write_text("rubbish")
    shutil.rmtree(own_cache / "compiled", ignore_errors=True)
    with pytest.raises(ModelError, match=r"is damaged .*Delete that folder"):
        list(SpanReader()._graph.run([SpanReader()._graph.tokenizer.encode("Who?", "Ann.")]))


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="PINCITE_CACHE"):
        SpanReader()


class Table(torch.nn.Module):
    """The smallest model there is."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 4)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.table(input_ids)
        return found


def exported(folder: Path) -> Table:
    """A model that is exported to `folder`."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "who": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    settings = {"inputs": ["input_ids"], "pad_id": 0, "window": 64}
    module = Table()
    export(module, tokenizer, settings, folder, max_error=1e-3)
    return module


def test_exports_that_nobody_uses_any_more_make_room(tmp_path: Path) -> None:
    month_ago = time.time() - 31 * 24 * 3600
    modules = {name: exported(tmp_path / name) for name in ("used", "unused")}
    for name in modules:
        os.utime(tmp_path / name, (month_ago, month_ago))
    Graph(tmp_path / "used", lambda: modules["used"])
    exported(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "used"]


def test_a_graph_is_compiled_once_where_it_stays(tmp_path: Path) -> None:
    module = exported(tmp_path / "table")
    assert not (tmp_path / "table" / "compiled").exists()
    for _ in range(2):
        graph = Graph(tmp_path / "table", lambda: module)
        ((numbers, (rows,)),) = graph.run([graph.tokenizer.encode("who asks")])
        assert numbers == [0]
        assert rows[0] == pytest.approx(module.table.weight.detach().numpy()[[1, 0]], abs=0.02)
    assert len(list((tmp_path / "table" / "compiled").glob("*.blob"))) == 1

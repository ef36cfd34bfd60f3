import shutil
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


def test_a_graph_is_compiled_once_where_it_stays(tmp_path: Path) -> None:
    class Table(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(5, 4)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.table(input_ids)
            return found

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "who": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    settings = {"inputs": ["input_ids"], "pad_id": 0, "window": 64}
    module = Table()
    export(module, tokenizer, settings, tmp_path / "table", max_error=1e-3)
    assert not (tmp_path / "table" / "compiled").exists()
    for _ in range(2):
        graph = Graph(tmp_path / "table", lambda: module)
        ((numbers, (rows,)),) = graph.run([graph.tokenizer.encode("who asks")])
        assert numbers == [0]
        assert rows[0] == pytest.approx(module.table.weight.detach().numpy()[[1, 0]], abs=0.02)
    assert len(list((tmp_path / "table" / "compiled").glob("*.blob"))) == 1

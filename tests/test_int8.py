import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from embeddings import int8
from embeddings.encoder import BUNDLED, model_folder
from embeddings.runtime import Graph, export


class Tiny(nn.Module):
    """Two matrices large enough to be rounded, one that is not."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.table = nn.Embedding(30522, 384)
        self.layers = nn.Sequential(nn.Linear(384, 384), nn.GELU(), nn.Linear(384, 384))
        self.head = nn.Linear(384, 2)

    def forward(self, input_ids: Tensor) -> Tensor:
        result: Tensor = self.head(self.layers(self.table(input_ids)))
        return result.flatten(1)


@pytest.mark.parametrize("lacks", [False, True])
def test_a_processor_without_bf16_gets_the_matrices_in_int8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: bool
) -> None:
    from tokenizers import Tokenizer

    monkeypatch.setattr(int8, "lacks_bf16", lambda: lacks)
    module = Tiny()
    tokenizer = Tokenizer.from_file(str(model_folder(BUNDLED) / "tokenizer.json"))
    settings = {"inputs": ["input_ids"], "pad_id": 0, "window": 64, "int8": True}
    export(module, tokenizer, settings, tmp_path / "model", max_error=1e-3)
    kept = json.loads((tmp_path / "model" / "settings.json").read_text())
    assert kept["runtime"] == "openvino"
    matrices = 2 * 384 * 384
    without = 4 * (30522 * 384 + matrices)
    saved = without - (tmp_path / "model" / "model.bin").stat().st_size
    assert (saved > 2.9 * matrices) == lacks
    graph = Graph(tmp_path / "model", lambda: module)
    ((_, (found,)),) = graph.run([tokenizer.encode("Who co-hosted the summit?")])
    ids = torch.tensor([tokenizer.encode("Who co-hosted the summit?").ids])
    expected = module(ids).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=0.02)

from pathlib import Path

import torch
from safetensors.torch import save_file

from qa.weights import MOST, layers_of, load_weights, packed

MATRIX = "bert.encoder.layer.11.output.dense.weight"


def saved(tensors: dict[str, torch.Tensor], folder: Path) -> dict[str, torch.Tensor]:
    save_file(packed(tensors), folder / "weights.safetensors")
    return load_weights(folder / "weights.safetensors")


def test_a_matrix_comes_back_within_half_a_step_of_its_rows_scale(tmp_path: Path) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(6, 40) * torch.tensor([[1e-3], [0.02], [0.1], [1.0], [5.0], [0.0]])
    back = saved({MATRIX: matrix}, tmp_path)[MATRIX]
    steps = matrix.abs().amax(1, keepdim=True) / MOST
    assert bool(((back - matrix).abs() <= 0.51 * steps + 1e-6).all())
    assert (tmp_path / "weights.safetensors").stat().st_size < 2 * matrix.numel() + 200


def test_what_was_packed_once_is_packed_again_without_loss(tmp_path: Path) -> None:
    once = saved({MATRIX: torch.randn(8, 64)}, tmp_path)
    assert torch.equal(saved(once, tmp_path)[MATRIX], once[MATRIX])


def test_heads_and_vectors_are_kept_in_fp16(tmp_path: Path) -> None:
    tensors = {
        "qa_outputs.weight": torch.randn(2, 384),
        "bert.encoder.layer.0.output.dense.bias": torch.randn(384),
    }
    for name, tensor in saved(tensors, tmp_path).items():
        assert torch.equal(tensor, tensors[name].half().float())


def test_layers_are_counted_by_their_names() -> None:
    names = dict.fromkeys([MATRIX, MATRIX.replace("11", "0"), "qa_outputs.bias"])
    assert layers_of(names) == 2

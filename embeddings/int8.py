"""A graph's matrices in int8, for processors that do not multiply in bf16.

There OpenVINO multiplies int8 by int8 (VNNI), the other factor rounded as it comes, in groups:
twice as fast as float32. A processor that has neither multiplies in float32 at its usual speed.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import openvino

GROUP = 128
"""How many numbers of the other factor are rounded with one scale: 32 are a third slower and stray
as bf16 does, all 384 are as fast and stray twice as far."""
LEAST = 100_000
"""Smaller matrices than this many numbers stay as they are."""
_X86 = {"x86_64", "amd64"}


def lacks_bf16() -> bool:
    """Whether this is an x86 processor without bf16; others have a faster half precision."""
    import openvino

    capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return platform.machine().lower() in _X86 and "BF16" not in capabilities


def round_matrices(graph: openvino.Model) -> dict[str, Any]:
    """Rounds the matrices of `graph`, in place, and gives the properties to compile it with.

    Each row has a scale of its own, a 127th of its largest number; where weights are multiples of
    that already (`qa.weights`) nothing is lost.
    """
    from openvino import opset13 as ops

    for product in graph.get_ordered_ops():
        constant = product.input_value(1).get_node() if product.get_input_size() > 1 else None
        if (
            product.get_type_name() != "MatMul"
            or constant is None
            or constant.get_type_name() != "Constant"
            or len(constant.shape) != 2
            or np.prod(constant.shape) < LEAST
        ):
            continue
        weights = constant.data
        axis = 1 if product.get_attributes()["transpose_b"] else 0
        scale = np.maximum(np.abs(weights).max(axis, keepdims=True) / 127, np.float32(1e-12))
        whole = ops.constant(np.round(weights / scale).astype(np.int8), dtype=np.int8)
        rounded = ops.multiply(ops.convert(whole, np.float32), ops.constant(scale))
        product.input(1).replace_source_output(rounded.output(0))
    return {"DYNAMIC_QUANTIZATION_GROUP_SIZE": str(GROUP)}

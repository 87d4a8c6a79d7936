"""How fast one core multiplies matrices of the model's shapes: what there is to be reached.

Each shape is timed by itself, over and over, with weights laid out for oneDNN as the engine has them and
without; the quickest is the peak. An activation, a residual, LayerNorm and attention are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import linear

from benchmarks.inference_rounds import Contender, Timing

ROWS: Final = 1_024  # tokens of a micro-batch
_SHAPES: Final = {
    "minilm": ((384, 1_152), (384, 384), (384, 1_536), (1_536, 384)),
    "bert-base": ((768, 2_304), (768, 768), (768, 3_072), (3_072, 768)),
}
_DTYPES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16}
_GFLOP_A_TURN: Final = 20.0


def peak_contenders(shapes: list[str]) -> Iterator[Contender]:
    """Give a contender for each product; its unit is GFLOP."""
    for shape in shapes:
        for precision, dtype in _DTYPES.items():
            for inner, outer in _SHAPES[shape]:
                gflop = 2 * ROWS * inner * outer / 1e9
                count = max(1, round(_GFLOP_A_TURN / gflop))
                for way, multiply in _products(inner, outer, dtype).items():
                    name = f"{precision} {inner}x{outer} {way}"
                    yield Contender(f"peak {shape}", name, 1, count, _repeated(multiply), unit=gflop)


def peak_gflops(timings: Mapping[str, Timing], shape: str, precision: str) -> float:
    """Give the peak of a core in GFLOP for a second of processor time."""
    start = f"peak {shape} / {precision} "
    return max(timing.cpu_rate for key, timing in timings.items() if key.startswith(start))


def _products(inner: int, outer: int, dtype: torch.dtype) -> dict[str, Callable[[], Tensor]]:
    states, weight = torch.randn(ROWS, inner, dtype=dtype), torch.randn(outer, inner, dtype=dtype)
    bias = torch.randn(outer, dtype=dtype)
    found: dict[str, Callable[[], Tensor]] = {"plain": lambda: linear(states, weight, bias)}
    if hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)
        found["laid out"] = lambda: torch.ops.mkldnn._linear_pointwise(states, laid_out, bias, "none", [], "")
    return found


def _repeated(multiply: Callable[[], Tensor]) -> Callable[[int], float]:
    def run(count: int) -> float:
        with torch.inference_mode():
            for _ in range(count):
                multiply()
        return 0.0

    return run

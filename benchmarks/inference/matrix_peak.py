"""How fast one core multiplies matrices of the model's shapes: the most that can be reached.

Each shape is timed by itself, with weights laid out for oneDNN as in the engine, and without. The faster one
is the peak. Activations, residuals, LayerNorm and attention are not part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, cast

import torch
from torch import Tensor
from torch.nn.functional import linear

from benchmarks.inference.interleaving import TimedTask, Timing
from models.device import has_fast_bfloat16

ROWS: Final = 1_024  # tokens of a micro-batch
_SHAPES: Final = {
    "minilm": ((384, 1_152), (384, 384), (384, 1_536), (1_536, 384)),
    "base": ((768, 2_304), (768, 768), (768, 3_072), (3_072, 768)),
}
_GFLOP_PER_ROUND: Final = 20.0


def peak_encoder(case: str) -> str:
    """Return which shapes a case multiplies: all encoders of 12 layers of width 768 have the same."""
    return "base" if "-base" in case else "minilm"


def peak_tasks(encoders: Sequence[str]) -> Iterator[TimedTask]:
    """Yield a task for each product, in the precisions that this processor has. Its unit is GFLOP."""
    for encoder in encoders:
        for precision, dtype in _dtypes().items():
            for inner, outer in _SHAPES[encoder]:
                gflop = 2 * ROWS * inner * outer / 1e9
                count = max(1, round(_GFLOP_PER_ROUND / gflop))
                for layout, multiply in _products(inner, outer, dtype).items():
                    name = f"{precision} {inner}x{outer} {layout}"
                    yield TimedTask(f"peak {encoder}", name, 1, count, _repeat(multiply), unit=gflop)


def peak_gflops(timings: Mapping[str, Timing], encoders: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return the peak of a core by encoder and precision, in GFLOP per second of CPU time."""
    return {
        (encoder, precision): max(
            timing.cpu_rate
            for key, timing in timings.items()
            if key.startswith(f"peak {encoder} / {precision} ")
        )
        for encoder in encoders
        for precision in _dtypes()
    }


def _dtypes() -> dict[str, torch.dtype]:
    dtypes = {"fp32": torch.float32}
    return dtypes | {"bf16": torch.bfloat16} if has_fast_bfloat16() else dtypes


def _products(inner: int, outer: int, dtype: torch.dtype) -> dict[str, Callable[[], Tensor]]:
    states, weight = torch.randn(ROWS, inner, dtype=dtype), torch.randn(outer, inner, dtype=dtype)
    bias = torch.randn(outer, dtype=dtype)
    products: dict[str, Callable[[], Tensor]] = {"plain": lambda: linear(states, weight, bias)}
    with suppress(AttributeError, RuntimeError):  # of builds and processors without this layout
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)

        def multiply() -> Tensor:
            product = torch.ops.mkldnn._linear_pointwise(states, laid_out, bias, "none", [], "")
            return cast(Tensor, product)

        multiply()
        products["laid out"] = multiply
    return products


def _repeat(multiply: Callable[[], Tensor]) -> Callable[[int], float]:
    def run(count: int) -> float:
        with torch.inference_mode():
            for _ in range(count):
                multiply()
        return 0.0

    return run

"""Which precision of matrix products is faster on this processor: measured on the shapes of a bundle.

The instructions of a processor suggest which one is faster. The measurement overrides that only where it
contradicts it clearly, and never for small layers. So a busy machine changes nothing, and all workers on
one kind of machine agree. If two workers differ after all, nothing fails: both precisions are allowed, as on
unlike processors.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Final

import torch

from models.device import Precision, prefers_bfloat16
from models.network import NetworkPart, NetworkWeights
from models.options import PrecisionChoice
from models.runtime.gemm import Gemm

_ROWS: Final = 64  # tokens of a trial; few, since bfloat16 may be very slow
_ROUNDS: Final = 5
_SECONDS: Final = 0.7  # no further round starts after this
_FEWEST_WEIGHTS: Final = 250_000  # of a layer; in smaller layers, chance decides which one is faster
_MATRICES: Final = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")
_MARGIN: Final = 1.3  # times as fast as the expected precision, in the median and in all rounds but one


@dataclass(frozen=True)
class PrecisionTrial:
    """The precision of an engine, and why.

    Attributes:
        precision: the chosen one.
        reason: for people, such as in a log: a part of a sentence.
        milliseconds: of the products of one layer by precision, the median; empty if nothing was measured.
    """

    precision: Precision
    reason: str
    milliseconds: tuple[tuple[Precision, float], ...] = ()

    @property
    def text(self) -> str:
        """The choice and its reason, on one line."""
        measured = ", ".join(f"{name} {time:.1f} ms" for name, time in self.milliseconds)
        return f"{self.precision}, {self.reason}{f' ({measured} for a layer)' if measured else ''}"


def choose_precision(
    choice: PrecisionChoice, device: torch.device, weights: NetworkWeights
) -> PrecisionTrial:
    """Return the precision of a setting; `auto` measures, on a CPU, for less than a second.

    Args:
        choice: of the setting.
        device: where the network runs.
        weights: of the network; a layer of it is multiplied.
    """
    if choice != "auto":
        return PrecisionTrial(choice, "as model.precision states")
    expected: Precision = "bf16" if prefers_bfloat16(device) else "fp32"
    if device.type != "cpu":
        return PrecisionTrial(expected, "by the device")
    layer = _measured_layer(weights)
    if sum(layer.affine(part).weight.numel() for part in _MATRICES) < _FEWEST_WEIGHTS:
        return PrecisionTrial(expected, "by the instructions of the processor, since the layers are small")
    rounds = _measure(layer)
    names: tuple[Precision, Precision] = ("fp32", "bf16")
    figures = tuple((name, 1_000 * statistics.median(times[name] for times in rounds)) for name in names)
    other: Precision = "fp32" if expected == "bf16" else "bf16"
    ratios = sorted(times[expected] / times[other] for times in rounds)
    # All rounds but one: a pause of the machine in one of them decides nothing.
    if len(ratios) > 2 and statistics.median(ratios) >= _MARGIN and ratios[1] >= _MARGIN:
        return PrecisionTrial(other, "faster on this processor", figures)
    return PrecisionTrial(expected, "as the instructions of the processor suggest", figures)


def _measured_layer(weights: NetworkWeights) -> NetworkPart:
    """Return the first layer of the encoder."""
    return weights.layers("trunk" if weights.shape.frozen_layers else "shared", 1)[0]


def _measure(layer: NetworkPart) -> list[dict[Precision, float]]:
    """Return the seconds of a layer's products in each precision, round by round."""
    precisions: tuple[Precision, Precision] = ("fp32", "bf16")
    products = {name: [Gemm([layer.affine(part)], name) for part in _MATRICES] for name in precisions}
    generator = torch.Generator().manual_seed(0)
    inputs = [
        torch.randn(_ROWS, layer.affine(part).weight.shape[1], generator=generator) for part in _MATRICES
    ]
    started = time.perf_counter()
    rounds: list[dict[Precision, float]] = []
    with torch.inference_mode():
        for number in range(1 + _ROUNDS):
            times: dict[Precision, float] = {}
            for name in precisions:
                began = time.thread_time()
                for gemm, states in zip(products[name], inputs, strict=True):
                    gemm(states)
                times[name] = max(time.thread_time() - began, 1e-9)
            if number:  # the first round prepares the code of the products
                rounds.append(times)
            if rounds and time.perf_counter() - started > _SECONDS:
                break
    return rounds

"""One bundle in several numbers: fp32, bf16, and with a quantized body where OpenVINO and NNCF are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Final, Literal

import torch

from benchmarks.inference_tweets import labelled_tweets
from models.bundle import Bundle, Thresholds
from models.runtime import Precision, resolve_precision
from models.scoring.pipeline import Pipeline

Variant = Literal["fp32", "bf16", "int8"]

_CALIBRATION_SEED: Final = 1  # other tweets than those that are judged


class Variants:
    """Makes pipelines of a bundle; what is quantized is quantized once.

    Args:
        bundle: the exact one.
        thresholds: of all pipelines.
        names: of the variants.
        calibration: tweets that the quantized body is made with.
    """

    def __init__(
        self, bundle: Bundle, thresholds: Thresholds, names: Sequence[Variant], calibration: int
    ) -> None:
        self._thresholds = thresholds
        # The heads, the last layers and the spans of a quantized bundle are not quantized.
        auto = resolve_precision("auto", torch.device("cpu"))
        self._made: dict[Variant, tuple[Bundle, Precision]] = {}
        for name in names:
            if name != "int8":
                self._made[name] = bundle, name
            elif can_quantize():
                self._made[name] = _quantized(bundle, calibration), auto

    def __iter__(self) -> Iterator[Variant]:
        return iter(self._made)

    def pipeline(self, name: Variant, lanes: int) -> Pipeline:
        """Make a pipeline with so many lanes."""
        bundle, precision = self._made[name]
        return Pipeline.of(bundle, precision=precision, lanes=lanes, thresholds=self._thresholds)


def can_quantize() -> bool:
    """Tell whether what quantizing needs is installed."""
    return find_spec("openvino") is not None and find_spec("nncf") is not None


def _quantized(bundle: Bundle, calibration: int) -> Bundle:
    from training.quantization import refit_heads, round_body

    examples = labelled_tweets(calibration, _CALIBRATION_SEED)
    return refit_heads(round_body(bundle, examples, seed=0)).bundle

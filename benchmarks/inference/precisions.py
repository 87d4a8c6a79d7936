"""One bundle in several precisions: those that this machine has, and how far they move the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import torch

from benchmarks.inference.tweet_sample import labelled_sample
from models import ModelError
from models.bundle import Bundle, Thresholds
from models.device import has_fast_bfloat16
from models.predictions import TweetPrediction
from models.runtime import Precision, resolve_precision
from models.scoring import Pipeline

CasePrecision = Literal["fp32", "bf16", "int8"]

_CALIBRATION_SEED: Final = 1  # for other tweets than those that are scored


def missing_precisions() -> dict[str, str]:
    """Return the precisions that this machine lacks, with the reasons.

    A processor without bf16 instructions emulates them, which takes several times as long as fp32.
    """
    missing: dict[str, str] = {}
    if not has_fast_bfloat16():
        missing["bf16"] = "this processor has no instructions for bfloat16"
    try:
        from training.errors import RunError
        from training.quantization import require_nncf

        require_nncf()
    except (RunError, ModelError) as error:
        missing["int8"] = str(error)
    return missing


class PrecisionPipelines:
    """Makes pipelines of a bundle in several precisions. The bundle is quantized once.

    Args:
        bundle: the exact bundle.
        thresholds: of all pipelines.
        precisions: those to make. Precisions that this machine lacks are left out; if it has none of them,
            there is fp32.
        calibration: number of tweets that the body is quantized with.
    """

    def __init__(
        self, bundle: Bundle, thresholds: Thresholds, precisions: Sequence[CasePrecision], calibration: int
    ) -> None:
        self._thresholds = thresholds
        # The heads, the last layers and the spans of a quantized bundle are not quantized.
        auto = resolve_precision("auto", torch.device("cpu"))
        self._bundles: dict[CasePrecision, tuple[Bundle, Precision]] = {}
        missing = missing_precisions()
        for precision in [name for name in precisions if name not in missing] or ["fp32"]:
            if precision == "int8":
                self._bundles[precision] = _quantize(bundle, calibration), auto
            else:
                self._bundles[precision] = bundle, precision

    def __iter__(self) -> Iterator[CasePrecision]:
        return iter(self._bundles)

    def pipeline(self, name: CasePrecision, lanes: int) -> Pipeline:
        """Make a pipeline with this number of lanes."""
        bundle, precision = self._bundles[name]
        return Pipeline.of(bundle, precision=precision, lanes=lanes, thresholds=self._thresholds)


def _quantize(bundle: Bundle, calibration: int) -> Bundle:
    from training.quantization import quantize_body, refit_heads

    examples = labelled_sample(calibration, _CALIBRATION_SEED)
    return refit_heads(quantize_body(bundle, examples, seed=0)).bundle


def measure_drift(
    case: str, exact: Pipeline, pipelines: PrecisionPipelines, texts: Sequence[str]
) -> list[dict[str, Any]]:
    """Score the same tweets at fp32 and in other precisions.

    Returns:
        For each precision the largest and the mean change of the probability, and how many tweets have
        another label, other spans, or other codes.
    """
    expected = exact.score(texts)
    return [
        {"case": case, "numbers": precision, "tweets": len(texts)}
        | _changes(expected, pipelines.pipeline(precision, lanes=2).score(texts))
        for precision in pipelines
        if precision != "fp32"
    ]


def _changes(exact: Sequence[TweetPrediction], other: Sequence[TweetPrediction]) -> dict[str, Any]:
    pairs = list(zip(exact, other, strict=True))
    moves = [abs(before.probability - after.probability) for before, after in pairs]
    same_spans = [(before, after) for before, after in pairs if _spans(before) == _spans(after)]
    return {
        "positives": sum(prediction.label == "ADE" for prediction in exact),
        "max_move": round(max(moves), 4),
        "mean_move": round(sum(moves) / len(moves), 5),
        "labels_changed": sum(before.label != after.label for before, after in pairs),
        "spans_changed": len(pairs) - len(same_spans),
        "codes_changed": sum(_codes(before) != _codes(after) for before, after in same_spans),
    }


def _spans(prediction: TweetPrediction) -> list[tuple[int, int]]:
    return [(mention.start, mention.end) for mention in prediction.mentions]


def _codes(prediction: TweetPrediction) -> list[str | None]:
    return [mention.ptid for mention in prediction.mentions]

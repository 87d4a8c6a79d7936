"""Cases that compare two of our own pipelines: a baseline, and variants with another reader or an exit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch

from benchmarks.inference.interleaving import TimedTask, Timing
from benchmarks.inference.precisions import CasePrecision, PrecisionPipelines
from benchmarks.inference.timed_tasks import OurCascade
from models.bundle import Bundle, Thresholds

OWN_CASES: Final = ("two-readers", "early-exit")
"""Names of the cases whose baseline is a pipeline of ours."""


@dataclass(frozen=True)
class BundleVariant:
    """A bundle that is timed.

    Attributes:
        name: such as "both readers".
        bundle: in memory.
        thresholds: of its pipeline.
        share: of the tweets that take the other way: that a second reader reads, or that leave at an exit;
            None for the baseline.
    """

    name: str
    bundle: Bundle
    thresholds: Thresholds
    share: float | None = None


@dataclass(frozen=True)
class VariantCase:
    """Variants of a bundle on the same tweets.

    Attributes:
        name: of the case.
        texts: the tweets.
        share_of: what `BundleVariant.share` counts, for people.
        baseline: every ratio is against it.
        variants: all others.
    """

    name: str
    texts: tuple[str, ...]
    share_of: str
    baseline: BundleVariant
    variants: tuple[BundleVariant, ...]


def quantile(values: Sequence[float], share: float) -> float:
    """Return a number such that about this share of the values is less."""
    return float(torch.tensor(values, dtype=torch.float64).quantile(share))


def variant_tasks(
    case: VariantCase, precisions: Sequence[CasePrecision], cores: Sequence[int]
) -> Iterator[TimedTask]:
    """Yield each variant in each precision that this machine has, on one core and on two."""
    for variant in (case.baseline, *case.variants):
        pipelines = PrecisionPipelines(variant.bundle, variant.thresholds, precisions, calibration=0)
        for precision in pipelines:
            for number in cores:
                cascade = OurCascade(pipelines.pipeline(precision, number), case.texts, number)
                name = _task_name(variant, precision)
                yield TimedTask(case.name, name, number, len(case.texts), cascade.run)


def variant_rows(
    case: VariantCase, tasks: Sequence[TimedTask], timings: Mapping[str, Timing]
) -> list[dict[str, Any]]:
    """Return the figures of each variant: its speed, as a ratio to the baseline, and its share."""
    by_name = {(task.name, task.cores): timings[task.key] for task in tasks if task.case == case.name}
    rows = []
    for variant in (case.baseline, *case.variants):
        for (name, cores), timing in by_name.items():
            if not name.startswith(f"{variant.name}, "):
                continue
            precision = name.removeprefix(f"{variant.name}, ")
            baseline = by_name[_task_name(case.baseline, precision), cores]
            row: dict[str, Any] = {
                "case": case.name,
                "who": variant.name,
                "numbers": precision,
                "cores": cores,
                "tweets_a_second": round(timing.rate, 1),
                "tweets_a_cpu_second": round(timing.cpu_rate, 1),
            }
            if variant is not case.baseline:
                row |= {
                    "baseline": case.baseline.name,
                    "x_baseline": round(timing.speedup_over(baseline), 3),
                    "x_baseline_cpu": round(timing.cpu_speedup_over(baseline), 3),
                    "share": variant.share,
                    "share_of": case.share_of,
                }
            rows.append(row)
    return rows


def _task_name(variant: BundleVariant, precision: str) -> str:
    return f"{variant.name}, {precision}"

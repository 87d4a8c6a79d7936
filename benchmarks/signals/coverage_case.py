"""How often the corrected intervals cover the truth of simulated weeks.

`python -m benchmarks.signals.coverage_case [--quick]` prints one JSON object per setting, and one with all of
them together in the last line. Each figure is a share of weeks: `covered`, and by side `too_high` (the whole
interval is above the truth) and `too_low`. With 1,000 weeks, a share of 0.95 has a standard error of 0.007.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from itertools import product
from typing import Final

import numpy as np

from benchmarks.signals.simulated_weeks import (
    DRUGS,
    GROUPS,
    PairWeek,
    Setting,
    World,
    draw_pair,
    draw_verdicts,
    draw_world,
    strata,
)
from monitor.signals.corrected_counts import corrected, corrected_prr, corrected_ror, corrected_total
from monitor.signals.misclassification import CredibleInterval, ErrorRates, estimate_error

SETTINGS: Final = [
    Setting(verdicts, precision, miss_rate)
    for verdicts, precision, miss_rate in product((50, 100, 200, 500), (0.5, 0.7, 0.9), (0.05, 0.2, 0.4))
]
QUICK_SETTINGS: Final = [Setting(50, 0.5, 0.05), Setting(500, 0.9, 0.4)]

Sides = list[int]
"""+1 if an interval is above the truth, -1 if it is below, 0 if it covers it."""


def side_of(interval: CredibleInterval, truth: float) -> int:
    """Return +1 if the interval is above the truth, -1 if it is below, 0 if it covers it."""
    return int(interval.low > truth) - int(interval.high < truth)


def rate_sides(rates: ErrorRates, world: World) -> dict[str, Sides]:
    """Return the sides of the intervals of the rates."""
    assert rates.overall_precision and rates.overall_miss_rate
    true, posts = world.true, world.true + world.false
    first = [column for column, (drug, _) in enumerate(GROUPS) if drug == DRUGS[0]]
    shares = true / posts
    sides: dict[str, Sides] = {
        "precision": [side_of(rates.overall_precision, true[2:].sum() / posts[2:].sum())],
        "miss_rate": [side_of(rates.overall_miss_rate, true[:2].sum() / true.sum())],
        "miss_rate_of_drug": [
            side_of(rates.miss_rate[DRUGS[0]], true[:2, first].sum() / true[:, first].sum())
        ],
        "true_reports": [side_of(corrected_total(rates), true.sum())],
        "precision_of_stratum": [],
        "omission_of_stratum": [],
    }
    for names, row in zip(strata(), shares, strict=True):
        for name, share in zip(names, row, strict=True):
            kind = "precision" if name.flagged else "omission"
            interval = (rates.precision if name.flagged else rates.omission)[name]
            sides[f"{kind}_of_stratum"].append(side_of(interval, float(share)))
    return sides


def pair_sides(rates: ErrorRates, pair: PairWeek) -> dict[str, Sides]:
    """Return the sides of the intervals of a pair."""
    both, drug, event, total = pair.cells
    return {
        "cases_of_pair": [side_of(corrected(both, rates), pair.true_cases)],
        "prr": [side_of(corrected_prr(both, drug, event, total, rates), pair.true_prr)],
        "ror": [side_of(corrected_ror(both, drug, event, total, rates), pair.true_ror)],
    }


def simulate(setting: Setting, weeks: int, seed: int) -> tuple[dict[str, Sides], int]:
    """Return the sides of all intervals in all weeks, and the weeks whose negatives showed no positive."""
    random = np.random.default_rng(seed)
    sides: dict[str, Sides] = defaultdict(list)
    without_positives = 0
    for week in range(weeks):
        world = draw_world(setting, random)
        verdicts = draw_verdicts(world, setting.verdicts, random)
        rates = estimate_error(verdicts, seed=week)
        for name, values in (rate_sides(rates, world) | pair_sides(rates, draw_pair(world, random))).items():
            sides[name] += values
        without_positives += not any(entry.positives for entry in verdicts if not entry.stratum.flagged)
    return sides, without_positives


def shares_of(sides: dict[str, Sides]) -> dict[str, dict[str, float]]:
    """Return the share of intervals that cover the truth, and of those on each side of it."""
    return {
        name: {
            "covered": round(values.count(0) / len(values), 4),
            "too_high": round(values.count(1) / len(values), 4),
            "too_low": round(values.count(-1) / len(values), 4),
        }
        for name, values in sides.items()
    }


def main() -> None:
    """Simulate all settings, and print a line for each and one for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signals.coverage_case", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two settings with 60 weeks each; within 50 s")
    parser.add_argument("--weeks", type=int, default=1000, help="weeks per setting (default: 1000)")
    options = parser.parse_args()
    weeks = 60 if options.quick else options.weeks
    joint: dict[str, Sides] = defaultdict(list)
    least: dict[str, float] = {}
    for seed, setting in enumerate(QUICK_SETTINGS if options.quick else SETTINGS):
        sides, without_positives = simulate(setting, weeks, seed)
        shares = shares_of(sides)
        for name, values in sides.items():
            joint[name] += values
            least[name] = min(least.get(name, 1.0), shares[name]["covered"])
        line = {
            "verdicts": setting.verdicts,
            "precision": setting.precision,
            "miss_rate": setting.miss_rate,
            "weeks_without_positives_in_negatives": without_positives,
        }
        print(json.dumps({"setting": line, **shares}), flush=True)
    summary = {name: {**values, "least": least[name]} for name, values in shares_of(joint).items()}
    print(json.dumps({"benchmark": "coverage", "quick": options.quick, "weeks": weeks, **summary}))


if __name__ == "__main__":
    main()

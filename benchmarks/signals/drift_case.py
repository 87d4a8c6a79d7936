"""How often the test for drift of precision raises an alarm: without a drop, and with one.

`python -m benchmarks.signals.drift_case [--quick]` prints one JSON object per setting, and one with the
highest share of false alarms in the last line. `alarms` is a share of comparisons, at `alpha` 0.01.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from typing import Final

import numpy as np

from monitor.signals.precision_drift import ALPHA, precision_drift
from monitor.signals.verdict_strata import Stratum, StratumVerdicts

BANDS: Final = ("0.50-0.80", "0.80-1.00")
REFERENCE_WEEKS: Final = 12
SPREAD: Final = 0.15
"""The precision of the bands is this much below and above that of both."""


def draw_weeks(
    reviewed: int, precision: float, weeks: int, random: np.random.Generator
) -> list[StratumVerdicts]:
    """Return `weeks` weeks of verdicts; each band gets half of the `reviewed` posts of a week."""
    entries = []
    for band, shift in zip(BANDS, (-SPREAD, SPREAD), strict=True):
        sampled = reviewed * weeks // 2
        positives = int(random.binomial(sampled, min(0.99, precision + shift)))
        entries.append(StratumVerdicts(Stratum("all", "und", band, True), sampled, sampled, positives))
    return entries


def share_of_alarms(reviewed: int, precision: float, drop: float, runs: int, seed: int) -> float:
    """Return the share of single weeks that raise an alarm after precision fell by `drop`."""
    random = np.random.default_rng(seed)
    alarms = 0
    for _ in range(runs):
        reference = draw_weeks(reviewed, precision, REFERENCE_WEEKS, random)
        alarms += precision_drift(reference, draw_weeks(reviewed, precision - drop, 1, random)).dropped
    return alarms / runs


def main() -> None:
    """Simulate all settings, and print a line for each and one for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signals.drift_case", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="400 comparisons per setting; within 50 s")
    options = parser.parse_args()
    runs = 400 if options.quick else 5000
    false_alarms = []
    for reviewed, precision, drop in product((50, 200), (0.6, 0.8), (0.0, 0.1, 0.2)):
        alarms = share_of_alarms(reviewed, precision, drop, runs, seed=1)
        if not drop:
            false_alarms.append(alarms)
        setting = {"reviewed": reviewed, "precision": precision, "drop": drop}
        print(json.dumps({**setting, "alarms": round(alarms, 4)}), flush=True)
    most = round(max(false_alarms), 4)
    print(json.dumps({"benchmark": "drift", "runs": runs, "alpha": ALPHA, "most_false_alarms": most}))


if __name__ == "__main__":
    main()

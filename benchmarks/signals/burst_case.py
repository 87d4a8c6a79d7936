"""False and true alarms of the rules for bursts and for changes of the rate.

`python -m benchmarks.signals.burst_case [--quick]` simulates 52 weeks of a pair with a weekday pattern. It
prints one JSON object per setting, and one with the highest shares of false alarms in the last line.

- `false_days`: share of the days with a threshold that are above it though nothing happened (`alpha` 0.001).
- `false_changes`: share of the series with a change though the rate stayed; `alpha` is 0.01.
- `found_bursts`: share of the series in which three days with five times the cases are found.
- `found_changes`: share of the series in which a rate that doubles after 26 weeks is found.
- `ms_per_series`: time of both rules, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitor.signals.series.bursts import ALPHA, compare_days
from monitor.signals.series.change_points import find_changes
from monitor.signals.series.daily_series import DailySeries

DAYS: Final = 364
START: Final = date(2026, 1, 5)
WEEKDAY_MENTIONS: Final = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.8, 0.8])
WEEKDAY_RATES: Final = np.array([1.3, 1.1, 1.0, 0.9, 0.9, 0.8, 1.0])
BURST_DAYS: Final = slice(200, 203)


def draw_series(
    cases_per_day: float, dispersion: float, factors: NDArray[np.float64], random: np.random.Generator
) -> DailySeries:
    """Return a series with these expected cases per day, times `factors` ([days])."""
    weekdays = np.arange(DAYS) % 7
    mentions = random.poisson(400 * cases_per_day**0.5 * WEEKDAY_MENTIONS[weekdays])
    rates = WEEKDAY_RATES[weekdays] * cases_per_day / (400 * cases_per_day**0.5)
    means = mentions * rates * factors
    if dispersion > 1:
        means = random.gamma(means / (dispersion - 1) + 1e-9, dispersion - 1)
    return DailySeries(START, random.poisson(means), mentions)


def measure(cases_per_day: float, dispersion: float, runs: int) -> dict[str, Any]:
    """Return the figures of one setting."""
    random = np.random.default_rng(1)
    steady, burst, doubled = np.ones(DAYS), np.ones(DAYS), np.ones(DAYS)
    burst[BURST_DAYS] = 5
    doubled[DAYS // 2 :] = 2
    false_days, days, false_changes, found_bursts, found_changes = 0, 0, 0, 0, 0
    start = time.process_time()
    for _ in range(runs):
        series = draw_series(cases_per_day, dispersion, steady, random)
        compared = compare_days(series)
        days += int(np.isfinite(compared.p_values).sum())
        false_days += int(compared.above.sum())
        false_changes += bool(find_changes(series))
    seconds = time.process_time() - start
    for _ in range(runs):
        series = draw_series(cases_per_day, dispersion, burst, random)
        found_bursts += bool(compare_days(series).above[BURST_DAYS].any())
        found_changes += bool(find_changes(draw_series(cases_per_day, dispersion, doubled, random)))
    return {
        "false_days": round(false_days / days, 5),
        "false_changes": round(false_changes / runs, 4),
        "found_bursts": round(found_bursts / runs, 4),
        "found_changes": round(found_changes / runs, 4),
        "ms_per_series": round(1000 * seconds / runs, 1),
    }


def main() -> None:
    """Simulate all settings, and print a line for each and one for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signals.burst_case", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="8 series per setting; within 50 s")
    options = parser.parse_args()
    runs = 8 if options.quick else 200
    results = []
    for cases_per_day, dispersion in product((0.2, 2.0, 20.0), (1.0, 2.0)):
        results.append(measure(cases_per_day, dispersion, runs))
        setting = {"cases_per_day": cases_per_day, "dispersion": dispersion}
        print(json.dumps({**setting, **results[-1]}), flush=True)
    most = {name: max(result[name] for result in results) for name in ("false_days", "false_changes")}
    print(json.dumps({"benchmark": "bursts", "series": runs, "alpha_of_days": ALPHA, "most": most}))


if __name__ == "__main__":
    main()

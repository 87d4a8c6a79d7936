"""What the measures of a table cost: `python -m benchmarks.signals.measure_case [--quick]`.

The pairs are drawn: few drugs and events have most cases, and some pairs are reported far more often than by
chance. Each figure is processor time of one core in seconds, the least of some rounds, for all pairs at once.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from benchmarks.measured_process import memory_mb
from monitor.signals.consensus import consensus, measure_pairs
from monitor.signals.disproportionality import PairCounts, ic, prr, ror, yates
from monitor.signals.gamma_poisson import ebgm
from monitor.signals.multiplicity import benjamini_hochberg, p_values
from monitor.signals.prior_fitting import fit_prior
from monitor.signals.unmasking import Identifiers, unmask

PAIRS: Final = 100_000
QUICK_PAIRS: Final = 5_000
ROUNDS: Final = 3
SHARE_OF_SIGNALS: Final = 0.03
"""Share of pairs with a ratio far above 1."""


def draw_table(pairs: int, seed: int = 1) -> tuple[PairCounts, Identifiers, Identifiers]:
    """Draw `pairs` pairs that have at least one case, with the drug and the event of each.

    Frequencies of drugs and events fall with their rank (Zipf). The number of cases is about four per pair.
    """
    draw = np.random.default_rng(seed)
    drugs, events = max(20, round(pairs**0.5)), max(50, round(4 * pairs**0.5))
    drug_share, event_share = (1 / np.arange(2.0, size + 2) for size in (drugs, events))
    means = np.outer(drug_share / drug_share.sum(), event_share / event_share.sum()) * pairs * 6
    strong = draw.random(means.shape) < SHARE_OF_SIGNALS
    ratios = np.where(strong, draw.gamma(6.0, 1.0, means.shape), draw.gamma(5.0, 0.2, means.shape))
    cells = draw.poisson(means * ratios).astype(np.float64)
    drug_ids, event_ids = np.nonzero(cells)
    chosen = np.sort(draw.permutation(len(drug_ids))[:pairs])
    drug_ids, event_ids = drug_ids[chosen], event_ids[chosen]
    counts = PairCounts(
        cells[drug_ids, event_ids],
        cells.sum(axis=1)[drug_ids],
        cells.sum(axis=0)[event_ids],
        np.asarray(cells.sum()),
    )
    return counts, drug_ids, event_ids


def seconds(step: Callable[[], object]) -> float:
    """Return the least processor time of a step, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    return round(min(times), 4)


def measure(pairs: int) -> dict[str, Any]:
    """Measure each step on a table of some pairs."""
    counts, drugs, events = draw_table(pairs)
    prior = fit_prior(counts.both, counts.expected)
    measures, p = measure_pairs(counts, prior), p_values(counts)
    marked = consensus(measures)
    steps: dict[str, Callable[[], object]] = {
        "prr_s": lambda: prr(counts),
        "ror_s": lambda: ror(counts),
        "yates_s": lambda: yates(counts),
        "ic_s": lambda: ic(counts),
        "fit_prior_s": lambda: fit_prior(counts.both, counts.expected),
        "ebgm_s": lambda: ebgm(counts, prior),
        "p_values_s": lambda: p_values(counts),
        "benjamini_hochberg_s": lambda: benjamini_hochberg(p),
        "consensus_s": lambda: consensus(measures),
        "unmask_s": lambda: unmask(counts, drugs, events),
    }
    figures = {name: seconds(step) for name, step in steps.items()}
    return {
        "pairs": len(counts),
        "cases": int(counts.both.sum()),
        **figures,
        "all_s": round(sum(figures.values()), 4),
        "marked_by_consensus": int(marked.reached.sum()),
        "prior_is_fitted": prior.fallback is None,
        "peak_mb": round(memory_mb("VmHWM")),
    }


def main() -> None:
    """Print the cost as a table, and as one JSON object in the last line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.signals.measure_case",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAIRS:,} pairs")
    options = parser.parse_args()
    figures = measure(QUICK_PAIRS if options.quick else options.pairs)
    for name, value in figures.items():
        print(f"{name:22} {value:>12,}")
    print(json.dumps({"benchmark": "signals.measures", "quick": options.quick, **figures}))


if __name__ == "__main__":
    main()

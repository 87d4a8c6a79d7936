"""One pair of the measured ones as a row of the table."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from monitor.signals.consensus import METHODS
from monitor.signals.disproportionality import Estimates
from monitor.signals.signal_pairs import MeasuredPairs
from monitor.signals.signal_report import SignalPair


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What is known of a pair apart from its counts; see `SignalPair`."""

    event: str
    indication: bool
    listedness: str
    masked_by: str | None
    masked_share: float
    prr_unmasked: float | None
    first_day: date
    is_first_seen: bool
    rising: bool | None
    mentions: int | None


def shown_pair(pairs: MeasuredPairs, pair: int, facts: PairFacts) -> SignalPair:
    """Return the row of a pair.

    Args:
        pairs: all pairs.
        pair: its index.
        facts: what else is known of it.
    """
    table, measures = pairs.table, pairs.measures
    counts = table.counts
    cases = int(counts.both[pair])
    per_thousand = 1000 * cases / facts.mentions if facts.mentions else None
    known: dict[str, Any] = asdict(facts)
    known["prr_unmasked"] = None if facts.prr_unmasked is None else _number(facts.prr_unmasked)
    return SignalPair(
        drug=table.drugs[table.drug[pair]],
        code=table.events[table.event[pair]],
        cases=cases,
        authors=int(table.authors[pair]),
        drug_cases=int(counts.drug[pair]),
        event_cases=int(counts.event[pair]),
        all_cases=int(counts.total[pair]),
        expected=float(counts.expected[pair]),
        **_interval("prr", "prr_low", "prr_high", measures.prr, pair),
        **_interval("ror", "ror_low", "ror_high", measures.ror, pair),
        chi_square=_number(float(measures.chi_square[pair])),
        **_interval("ic", "ic025", "ic975", measures.ic, pair),
        **_interval("ebgm", "eb05", "eb95", measures.ebgm, pair),
        q=float(pairs.q[pair]),
        methods=tuple(name for name in METHODS if getattr(pairs.consensus, name)[pair]),
        signal=bool(pairs.signal[pair]),
        per_thousand_mentions=per_thousand,
        **known,
    )


def _interval(name: str, low: str, high: str, estimates: Estimates, pair: int) -> dict[str, Any]:
    values = (estimates.estimate[pair], estimates.low[pair], estimates.high[pair])
    return {key: _number(float(value)) for key, value in zip((name, low, high), values, strict=True)}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None

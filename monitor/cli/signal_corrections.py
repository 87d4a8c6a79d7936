"""Cases and PRR of shown pairs, corrected for the errors of the model that reviews have found."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from monitor.findings import INGREDIENT_SEPARATOR

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.signals.misclassification import ErrorRates
    from monitor.signals.signal_report import SignalPair, SignalReport, SignalRequest
    from monitor.signals.verdict_strata import Stratum
    from monitor.store.signals.case_strata import CaseStratum


def with_corrections(settings: Settings, request: SignalRequest, report: SignalReport) -> SignalReport:
    """Return the report with corrected cases and PRR, if they are asked for and the window was reviewed.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    if not request.corrected or not report.pairs:
        return report
    from monitor.review.error_rates import read_stratum_verdicts
    from monitor.signals.event_choice import choose_events
    from monitor.signals.misclassification import estimate_error
    from monitor.signals.verdict_strata import pooled
    from monitor.store.signals.case_strata import read_case_strata

    window, coverage = request.window, report.coverage
    first, last = window.since or coverage.first, window.until or coverage.last
    if first is None or last is None:
        return report
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last if window.until else last + timedelta(days=1), time(), UTC)
    verdicts = pooled(read_stratum_verdicts(settings, start, end))
    reviewed = sum(entry.sampled for entry in verdicts)
    if not reviewed:
        return report
    rates = estimate_error(verdicts)
    choice = choose_events(settings, request)
    cases = read_case_strata(settings, window)
    pairs = [_corrected(pair, cases, choice.pts_of(pair.code), rates) for pair in report.pairs]
    return replace(report, pairs=pairs, reviewed=reviewed)


def _corrected(
    pair: SignalPair, cases: Counter[CaseStratum], ptids: frozenset[str], rates: ErrorRates
) -> SignalPair:
    from monitor.signals.corrected_counts import corrected, corrected_prr

    counts: dict[str, Counter[Stratum]] = {name: Counter() for name in ("both", "drug", "event", "total")}
    for place, number in cases.items():
        stratum = _stratum(place, rates)
        has_drug = pair.drug in place.drug.split(INGREDIENT_SEPARATOR)
        has_event = place.ptid in ptids
        chosen = {"both": has_drug and has_event, "drug": has_drug, "event": has_event, "total": True}
        for name, is_in in chosen.items():
            if is_in:
                counts[name][stratum] += number
    if not counts["both"]:
        return pair
    count = corrected(counts["both"], rates)
    ratio = corrected_prr(**counts, rates=rates)
    fields: dict[str, Any] = {
        "corrected_cases": count.estimate,
        "corrected_low": count.low,
        "corrected_high": count.high,
        "corrected_prr": ratio.estimate,
        "corrected_prr_low": ratio.low,
        "corrected_prr_high": ratio.high,
    }
    return replace(pair, **fields)


def _stratum(place: CaseStratum, rates: ErrorRates) -> Stratum:
    """Return the stratum of a case: rare drugs and languages share theirs."""
    from monitor.signals.verdict_strata import Stratum
    from monitor.store.reviews.post_strata import OTHER

    drugs = {stratum.drug for stratum in rates.precision}
    languages = {stratum.language for stratum in rates.precision}
    return Stratum(
        place.drug if place.drug in drugs else OTHER,
        place.lang if place.lang in languages else OTHER,
        place.band,
        flagged=True,
    )

"""Cases and PRR of shown pairs, corrected for the errors of the model that reviews have found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.review.error_rates import read_stratum_verdicts
from monitor.settings import Settings
from monitor.signals.corrected_counts import corrected, corrected_prr
from monitor.signals.event_choice import choose_events
from monitor.signals.indications import codes_of
from monitor.signals.misclassification import ErrorRates, estimate_error
from monitor.signals.pair_table import pts_left_out
from monitor.signals.signal_report import SignalPair, SignalReport, SignalRequest
from monitor.signals.verdict_strata import Stratum, pooled
from monitor.store.reviews.post_strata import OTHER
from monitor.store.signals.case_strata import CaseStratum, read_case_strata


class _StratumCases(NamedTuple):
    """Cases of a drug and a PT, with the stratum of the review that their first posts are in."""

    ingredients: frozenset[str]
    ptid: str
    stratum: Stratum
    cases: int


def with_corrections(settings: Settings, request: SignalRequest, report: SignalReport) -> SignalReport:
    """Return the report with corrected cases and PRR, if they are asked for and the window was reviewed.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    if not request.corrected or not report.pairs:
        return report

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
    places = _counted(request, read_case_strata(settings, window), choice.pt_names)
    cases = _in_strata(places, rates)
    pairs = [_corrected(pair, cases, choice.pts_of(pair.code), rates) for pair in report.pairs]
    return replace(report, pairs=pairs, reviewed=reviewed)


def _counted(
    request: SignalRequest, places: Counter[CaseStratum], pt_names: Mapping[str, str]
) -> Counter[CaseStratum]:
    """Return the cases that the table counts: without those of drugs with their indications, if so asked."""

    if not request.without_indications:
        return places
    indications = codes_of(request.indications, pt_names)
    left_out = {drug: pts_left_out(drug, indications) for drug in {place.drug for place in places}}
    return Counter(
        {place: number for place, number in places.items() if place.ptid not in left_out[place.drug]}
    )


def _in_strata(places: Counter[CaseStratum], rates: ErrorRates) -> list[_StratumCases]:
    """Return cases with their strata. These do not depend on a pair, so they are looked up once."""
    drugs = {entry.stratum.drug for entry in rates.verdicts}
    languages = {entry.stratum.language for entry in rates.verdicts}
    return [
        _StratumCases(
            frozenset(place.drug.split(INGREDIENT_SEPARATOR)),
            place.ptid,
            _stratum(place, rates, drugs, languages),
            number,
        )
        for place, number in places.items()
    ]


def _stratum(
    place: CaseStratum, rates: ErrorRates, drugs: Collection[str], languages: Collection[str]
) -> Stratum:
    """Return the stratum that the sample has put such posts into.

    Rare drugs and languages are "other" there. Strata with few posts are merged, and are "other" in both
    (`monitor.review.allocation`). A place without any of these keeps the names of its posts.

    Args:
        place: of the cases.
        rates: the errors by stratum.
        drugs: those with strata of their own.
        languages: the same for languages.
    """

    drug = place.drug if place.drug in drugs else OTHER
    lang = place.lang if place.lang in languages else OTHER
    names = ((drug, lang), (OTHER, OTHER), (OTHER, lang))
    candidates = [Stratum(*name, place.band, flagged=True) for name in names]
    return next((stratum for stratum in candidates if stratum in rates.precision), candidates[0])


def _corrected(
    pair: SignalPair, cases: list[_StratumCases], ptids: frozenset[str], rates: ErrorRates
) -> SignalPair:

    counts: dict[str, Counter[Stratum]] = {name: Counter() for name in ("both", "drug", "event", "total")}
    for ingredients, ptid, stratum, number in cases:
        has_drug = pair.drug in ingredients
        has_event = ptid in ptids
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

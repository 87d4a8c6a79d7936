"""Make the table of signals: read the counts, measure all pairs, choose those that are asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from monitor.settings import Settings
from monitor.signals.disproportionality import prr
from monitor.signals.event_choice import EventChoice, choose_events
from monitor.signals.indications import codes_of
from monitor.signals.pair_table import build_pairs, without_pairs
from monitor.signals.shown_pairs import PairFacts, shown_pair
from monitor.signals.signal_pairs import MeasuredPairs, measure_window, sorted_pairs
from monitor.signals.signal_report import EventLevel, SignalPair, SignalReport, SignalRequest
from monitor.signals.time_marks import PairName, first_seen_pairs, rising_pairs
from monitor.signals.unmasking import NO_MASK, unmask
from monitor.store.listed_effects import NO_LISTED_EFFECTS, ListedEffects, load_listed_effects
from monitor.store.signals import read_coverage, read_window
from monitor.store.signals.drug_mentions import count_mentions

EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What is known of pairs apart from their counts.

    Attributes:
        indications: codes of the PTs that a drug is taken for.
        listed: what labels list.
        first_seen: the first day of pairs that are new.
        rising: pairs that rise; None if that was not asked for.
    """

    indications: Mapping[str, frozenset[str]]
    listed: ListedEffects
    first_seen: Mapping[PairName, date]
    rising: Collection[PairName] | None


def read_signals(settings: Settings, request: SignalRequest) -> SignalReport:
    """Return the table.

    Args:
        settings: which database; a login of `ade_reader` is enough.
        request: which table.

    Raises:
        UnknownEventError: no case has the PT that is asked for.
        NoReleaseError: events are groups, but no release was imported.
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    choice = choose_events(settings, request)
    coverage = read_coverage(settings)
    counts = read_window(settings, request.window, strata=request.adjust)
    indications = codes_of(request.indications, choice.pt_names)
    if request.without_indications:
        counts = without_pairs(counts, indications)
    table = build_pairs(counts, choice.events_of)
    pairs = measure_window(table, request.criteria, request.method)
    window = request.window
    marks = _Marks(
        indications,
        load_listed_effects(settings) if request.by is EventLevel.PT else NO_LISTED_EFFECTS,
        first_seen_pairs(settings, window, coverage, choice.events_of),
        rising_pairs(settings, window, coverage, table, choice.events_of) if request.rising else None,
    )
    chosen = _chosen(request, choice, pairs, marks)
    shown = sorted_pairs(pairs, chosen, request.method)[: request.limit]
    return SignalReport(
        pairs=_rows(settings, request, pairs, shown, choice, marks),
        matching=len(chosen),
        drugs=len(table.drugs),
        events=len(table.events),
        all_cases=table.total,
        uncoded=counts.uncoded,
        without_drug=counts.without_drug,
        coverage=coverage,
        prior_fallback=pairs.prior.fallback if len(table) else None,
    )


def _chosen(
    request: SignalRequest, choice: EventChoice, pairs: MeasuredPairs, marks: _Marks
) -> npt.NDArray[np.intp]:
    """Return the indexes of the pairs that match."""
    table = pairs.table
    matches = table.counts.both >= request.criteria.cases
    if request.only_signals:
        matches &= pairs.signal
    if request.is_drug is not None:
        matches &= np.array([request.is_drug(drug) for drug in table.drugs], bool)[table.drug]
    if choice.shown is not None:
        matches &= np.array([code in choice.shown for code in table.events], bool)[table.event]
    return np.array(
        [pair for pair in np.flatnonzero(matches).tolist() if _has_marks(_name(pairs, pair), request, marks)],
        np.intp,
    )


def _has_marks(name: PairName, request: SignalRequest, marks: _Marks) -> bool:
    if request.first_seen and name not in marks.first_seen:
        return False
    if marks.rising is not None and name not in marks.rising:
        return False
    return request.listedness is None or marks.listed.verdict(*name).listedness is request.listedness


def _rows(
    settings: Settings,
    request: SignalRequest,
    pairs: MeasuredPairs,
    shown: npt.NDArray[np.intp],
    choice: EventChoice,
    marks: _Marks,
) -> Sequence[SignalPair]:
    if not len(shown):
        return ()
    table = pairs.table
    unmasked = unmask(table.counts, table.drug, table.event)
    unmasked_prr = prr(unmasked.counts.at(shown)).estimate
    mentions = _mentions(settings, request, {_name(pairs, pair)[0] for pair in shown.tolist()})
    rows = []
    for position, pair in enumerate(shown.tolist()):
        drug, code = name = _name(pairs, pair)
        by = int(unmasked.by[pair])
        facts = PairFacts(
            event=choice.names.get(code, code),
            indication=not choice.pts_of(code).isdisjoint(marks.indications.get(drug, ())),
            listedness=marks.listed.verdict(drug, code).listedness,
            masked_by=None if by == NO_MASK else table.drugs[by],
            masked_share=float(unmasked.share[pair]),
            prr_unmasked=float(unmasked_prr[position]),
            first_day=EPOCH + timedelta(days=int(table.first_day[pair])),
            is_first_seen=name in marks.first_seen,
            rising=None if marks.rising is None else name in marks.rising,
            mentions=None if mentions is None else mentions.get(drug, 0),
        )
        rows.append(shown_pair(pairs, pair, facts))
    return rows


def _name(pairs: MeasuredPairs, pair: int) -> PairName:
    table = pairs.table
    return table.drugs[table.drug[pair]], table.events[table.event[pair]]


def _mentions(settings: Settings, request: SignalRequest, drugs: set[str]) -> Mapping[str, int] | None:
    """Return how many posts name each drug, or None if cases of one platform or language are counted."""
    window = request.window
    if window.platform is not None or window.lang is not None:
        return None
    return count_mentions(settings, drugs, window.since, window.until)

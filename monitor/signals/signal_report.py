"""The table of signals: what is asked for, and each pair as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from models.terminology import GroupKind
from monitor.errors import MonitorError
from monitor.signals.consensus import Criteria
from monitor.signals.indications import Indications
from monitor.signals.signal_pairs import SignalMethod
from monitor.store.group_filters import GroupFilter
from monitor.store.listed_effects import Listedness
from monitor.store.signals import Coverage, Window

WARNINGS: Final = (
    "These are leads for people who read the cases, not evidence. Disproportion in social media does not "
    "show that a drug causes an effect, how often it does, or that one drug is safer than another.",
    "In the studies of WEB-RADR, such measures on social media hardly told true signals from others: their "
    "AUC was near 0.5, which is chance.",
)
"""What the field warns of, shown with every table. Source: van Stekelenborg et al., Drug Safety 42 (2019),
1393-1407 (recommendations of WEB-RADR), and Caster et al., Drug Safety 41 (2018), 1355-1369 (the AUCs)."""


class EventLevel(StrEnum):
    """What an event is."""

    PT = "pt"
    SMQ = "smq"
    SMQ_BROAD = "smq-broad"
    SOC = "soc"


GROUPS_OF: Final = {
    EventLevel.SMQ: GroupKind.SMQ_NARROW,
    EventLevel.SMQ_BROAD: GroupKind.SMQ_BROAD,
    EventLevel.SOC: GroupKind.PRIMARY_SOC,
}
"""The groups of PTs that are events. Each PT has one primary SOC, so that its cases count once."""


class UnknownEventError(MonitorError):
    """No case has such a PT, and the imported release has no such code."""


class NoReleaseError(MonitorError):
    """Groups of PTs are asked for, but no release was imported."""


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """Which table to make. Only `window`, `by`, `adjust` and `without_indications` change numbers.

    Attributes:
        window: which cases are counted. Cases of another platform or language are not in the background then.
        by: what an event is.
        method: what decides about signals.
        criteria: thresholds of the methods, with the least number of cases of a pair that is shown.
        adjust: `platform`, `lang` or both: IC and EBGM compare within each of these, by expected cases of
            strata.
        indications: what drugs are taken for.
        without_indications: leave the cases of drugs with their indications out of all counts.
        is_drug: only pairs whose drug it accepts; None for all.
        pt: code or name of a PT; of groups, those that have the PT.
        groups: only PTs that belong to all of these groups.
        listedness: only pairs with this verdict of the labels.
        only_signals: only pairs that are signals.
        first_seen: only pairs whose first case ever is in the window.
        rising: only pairs with more cases per mention in the window than before it.
        corrected: correct the cases for the errors of the model, if the window was reviewed.
        limit: largest number of pairs; None for all.
    """

    window: Window = field(default_factory=Window)
    by: EventLevel = EventLevel.PT
    method: SignalMethod = SignalMethod.CONSENSUS
    criteria: Criteria = field(default_factory=Criteria)
    adjust: tuple[str, ...] = ()
    indications: Indications = field(default_factory=dict)
    without_indications: bool = False
    is_drug: Callable[[str], bool] | None = None
    pt: str | None = None
    groups: tuple[GroupFilter, ...] = ()
    listedness: Listedness | None = None
    only_signals: bool = False
    first_seen: bool = False
    rising: bool = False
    corrected: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SignalPair:
    """A pair of a drug and an event; `docs/signals.md` explains each field.

    A measure that is infinite or not defined is None.
    """

    drug: str
    code: str
    event: str
    cases: int
    authors: int
    drug_cases: int
    event_cases: int
    all_cases: int
    expected: float
    prr: float | None
    prr_low: float | None
    prr_high: float | None
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    chi_square: float | None
    ic: float | None
    ic025: float | None
    ic975: float | None
    ebgm: float | None
    eb05: float | None
    eb95: float | None
    q: float
    methods: tuple[str, ...]
    signal: bool
    indication: bool
    listedness: str
    masked_by: str | None
    masked_share: float
    prr_unmasked: float | None
    first_day: date
    is_first_seen: bool
    rising: bool | None = None
    mentions: int | None = None
    per_thousand_mentions: float | None = None
    corrected_cases: float | None = None
    corrected_low: float | None = None
    corrected_high: float | None = None
    corrected_prr: float | None = None
    corrected_prr_low: float | None = None
    corrected_prr_high: float | None = None


@dataclass(frozen=True, slots=True)
class SignalReport:
    """The table with what people must know about it.

    Attributes:
        pairs: the pairs that are shown.
        matching: number of pairs that match, shown or not.
        drugs: number of drugs with a coded case in the window.
        events: number of events.
        all_cases: coded cases with a drug.
        uncoded: cases with a drug, but without a code. They are left out.
        without_drug: cases without a drug. They are left out.
        coverage: which days were counted.
        prior_fallback: why the prior of EBGM was not fitted; None if it was.
        reviewed: number of posts with a verdict behind `corrected_cases`; 0 if nothing was reviewed.
    """

    pairs: Sequence[SignalPair]
    matching: int
    drugs: int
    events: int
    all_cases: int
    uncoded: int
    without_drug: int
    coverage: Coverage
    prior_fallback: str | None
    reviewed: int = 0


EventNames = Mapping[str, str]
"""Names of events by their codes."""

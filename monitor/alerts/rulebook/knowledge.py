"""What rules know about an effect that its post does not state: its groups, and whether a label lists it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from monitor.store.listed_effects import Listedness


class Verdict(Protocol):
    """Whether an effect is listed, and the sentence of the label."""

    @property
    def listedness(self) -> str:
        """A value of `Listedness`."""
        ...

    @property
    def sentence(self) -> str | None:
        """The sentence of the label that lists the effect, or None."""
        ...


class GroupsOfEffect(Protocol):
    """The groups of a PT; each set has codes and casefolded names."""

    @property
    def soc(self) -> frozenset[str]:
        """System Organ Classes."""
        ...

    @property
    def hlgt(self) -> frozenset[str]:
        """High Level Group Terms."""
        ...

    @property
    def hlt(self) -> frozenset[str]:
        """High Level Terms."""
        ...

    @property
    def smq_broad(self) -> frozenset[str]:
        """SMQs whose broad search has the PT."""
        ...

    @property
    def smq_narrow(self) -> frozenset[str]:
        """SMQs whose narrow search has the PT."""
        ...

    @property
    def ime(self) -> bool:
        """True if the PT is an important medical event."""
        ...

    @property
    def dme(self) -> bool:
        """True if the PT is a designated medical event."""
        ...


@dataclass(frozen=True, slots=True)
class KnownVerdict:
    """A verdict with its sentence."""

    listedness: str
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class KnownGroups:
    """The groups of a PT."""

    soc: frozenset[str] = frozenset()
    hlgt: frozenset[str] = frozenset()
    hlt: frozenset[str] = frozenset()
    smq_broad: frozenset[str] = frozenset()
    smq_narrow: frozenset[str] = frozenset()
    ime: bool = False
    dme: bool = False


NO_GROUPS: Final = KnownGroups()
NOT_KNOWN: Final = KnownVerdict(Listedness.UNKNOWN)


def _no_groups(_: str) -> GroupsOfEffect:
    return NO_GROUPS


def _not_known(_drug: str, _ptid: str, _is_fatal: bool) -> Verdict:
    return NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What rules look up.

    Attributes:
        groups_of: returns the groups of a PT by its code.
        verdict: returns whether the labels of a drug list a PT; the third argument is True if it was fatal.
        group_names: codes and casefolded names of all groups, by kind ("soc", "hlgt", "hlt", "smq_broad",
            "smq_narrow"); empty if no terminology was imported.
        shown_names: names of all groups as the release writes them, by kind, for suggestions.
        ptids: codes of all PTs of the imported terminology; if empty, codes are not checked.
        has_labels: True if product labels were imported.
    """

    groups_of: Callable[[str], GroupsOfEffect] = _no_groups
    verdict: Callable[[str, str, bool], Verdict] = _not_known
    group_names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    has_labels: bool = False
    shown_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ptids: Collection[str] = frozenset()

    @property
    def has_terminology(self) -> bool:
        """True if a terminology was imported."""
        return bool(self.group_names)


NO_KNOWLEDGE: Final = Knowledge()
"""Of a monitor without terminology and labels."""

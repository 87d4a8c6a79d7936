"""What another release changes: codes, SOCs, SMQs, and the numbers of mentions in each.

Before is the original code of a mention, with the groups of the imported release. After is its code by the
other release, with the groups of that one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.terminology import GroupedRelease, GroupKind
from monitor.settings import Settings
from monitor.store.coding_changes import CodePair, count_code_pairs, count_not_recoded
from monitor.store.effect_groups import load_group_members

REPORTED_KINDS: Final = (GroupKind.PRIMARY_SOC, GroupKind.SMQ_NARROW, GroupKind.SMQ_BROAD)
"""The groups whose counts are compared. By primary SOC, each mention counts once."""


class CodeChange(StrEnum):
    """How the code of a mention changed."""

    NEW_CODE = "another code"
    RENAMED = "another name"
    LOST = "no code now"
    GAINED = "no code before"


@dataclass(frozen=True, slots=True)
class ChangedCode:
    """Mentions whose code changed in the same way."""

    change: CodeChange
    pair: CodePair


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """A group whose number of mentions changed, or that only one of the two releases has.

    Attributes:
        kind: of the group.
        code: of the group.
        name: by the newer release, if it has the group.
        before: number of mentions by their original codes; None if the earlier release lacks the group.
        after: number of mentions by their new codes; None if the newer release lacks the group.
    """

    kind: GroupKind
    code: str
    name: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """What changes.

    Attributes:
        release: version of the release.
        mentions: mentions that were recoded.
        left: mentions that were not recoded yet.
        unchanged: recoded mentions with the same code and name.
        codes: what changed, with the most mentions first.
        groups: by kind and name; empty if no release was imported to compare with.
        compared: whether an imported release was there to compare groups with.
    """

    release: str
    mentions: int
    left: int
    unchanged: int
    codes: tuple[ChangedCode, ...]
    groups: tuple[ChangedGroup, ...]
    compared: bool

    @property
    def changed(self) -> int:
        """Mentions whose code or name changed."""
        return self.mentions - self.unchanged


def report_changes(settings: Settings, release: GroupedRelease) -> ChangeReport:
    """Compare the codes of the recoded mentions with the original ones.

    Args:
        settings: of the database.
        release: that mentions were recoded with.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    version = release.terminology.version
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    codes: list[ChangedCode] = []
    mentions = unchanged = 0
    for pair in count_code_pairs(settings, version):
        mentions += pair.mentions
        if pair.ptid is not None:
            before[pair.ptid] += pair.mentions
        if pair.new_ptid is not None:
            after[pair.new_ptid] += pair.mentions
        change = _change_of(pair)
        if change is None:
            unchanged += pair.mentions
        else:
            codes.append(ChangedCode(change, pair))
    earlier = load_group_members(settings)
    counts_before = {
        (GroupKind(group.kind), group.code): (group.name, sum(before[ptid] for ptid in group.ptids))
        for group in earlier
        if group.kind in REPORTED_KINDS
    }
    groups = _changed_groups(counts_before, _counts_by_group(release, after)) if earlier else ()
    left = count_not_recoded(settings, version)
    return ChangeReport(version, mentions, left, unchanged, tuple(codes), groups, bool(earlier))


def _change_of(pair: CodePair) -> CodeChange | None:
    if pair.ptid == pair.new_ptid:
        return None if pair.pt_name == pair.new_pt_name else CodeChange.RENAMED
    if pair.new_ptid is None:
        return CodeChange.LOST
    return CodeChange.GAINED if pair.ptid is None else CodeChange.NEW_CODE


GroupCounts = Mapping[tuple[GroupKind, str], tuple[str, int]]


def _counts_by_group(release: GroupedRelease, after: Mapping[str, int]) -> GroupCounts:
    counts: dict[tuple[GroupKind, str], tuple[str, int]] = {}
    for group in release.groups():
        if group.kind in REPORTED_KINDS:
            _, count = counts.get((group.kind, group.code), ("", 0))
            counts[group.kind, group.code] = group.name, count + after.get(group.ptid, 0)
    return counts


def _changed_groups(before: GroupCounts, after: GroupCounts) -> tuple[ChangedGroup, ...]:
    changed = []
    for kind, code in {**before, **after}:
        earlier, later = before.get((kind, code)), after.get((kind, code))
        group = ChangedGroup(
            kind,
            code,
            (later or earlier or ("", 0))[0],
            None if earlier is None else earlier[1],
            None if later is None else later[1],
        )
        if group.before != group.after:
            changed.append(group)
    return tuple(
        sorted(changed, key=lambda group: (REPORTED_KINDS.index(group.kind), group.name, group.code))
    )

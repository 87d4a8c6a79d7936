"""What the events of a table are, and which of them are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from monitor.settings import Settings
from monitor.signals.pair_table import EventsOf
from monitor.signals.signal_report import (
    GROUPS_OF,
    EventLevel,
    EventNames,
    NoReleaseError,
    SignalRequest,
    UnknownEventError,
)
from monitor.store.effect_groups import GroupMembers, load_group_members
from monitor.store.known_pts import close_names
from monitor.store.signals import read_event_names


@dataclass(frozen=True, slots=True)
class EventChoice:
    """The events of a table.

    Attributes:
        names: names of the events by their codes.
        pt_names: names of the PTs of cases by their codes.
        events_of: the groups of a PT; None if PTs are the events.
        pts_of: the PTs of an event.
        shown: codes of the events that are shown; None for all.
    """

    names: EventNames
    pt_names: EventNames
    events_of: EventsOf | None
    pts_of: Callable[[str], frozenset[str]]
    shown: frozenset[str] | None


def choose_events(settings: Settings, request: SignalRequest) -> EventChoice:
    """Return the events that a table has and shows.

    Raises:
        UnknownEventError: no case has the PT that is asked for, and the release does not know it.
        NoReleaseError: events are groups, but no release was imported.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    pt_names = read_event_names(settings, request.window.coding)
    needs_groups = request.by is not EventLevel.PT or request.groups or request.pt is not None
    groups = load_group_members(settings) if needs_groups else []
    ptids = None if request.pt is None else _codes_of_pt(request.pt, pt_names, groups)
    for chosen in request.groups:
        members = _members(groups, chosen.kind, chosen.code)
        ptids = members if ptids is None else ptids & members
    if request.by is EventLevel.PT:
        return EventChoice(pt_names, pt_names, None, lambda code: frozenset((code,)), ptids)
    kind = GROUPS_OF[request.by]
    events = {group.code: group for group in groups if group.kind == kind}
    if not events:
        what = (
            "no release of MedDRA was imported" if not groups else "the imported release has no such groups"
        )
        raise NoReleaseError(
            f"--by {request.by}: {what}", "import one with `ade-monitor terminology import --release DIR`"
        )
    members_of = {code: frozenset(group.ptids) for code, group in events.items()}
    shown = None if ptids is None else frozenset(code for code, pts in members_of.items() if pts & ptids)
    return EventChoice(
        {code: group.name for code, group in events.items()},
        pt_names,
        _groups_of(members_of),
        lambda code: members_of.get(code, frozenset()),
        shown,
    )


def _groups_of(members_of: Mapping[str, frozenset[str]]) -> EventsOf:
    groups: dict[str, list[str]] = {}
    for code, ptids in members_of.items():
        for ptid in ptids:
            groups.setdefault(ptid, []).append(code)
    none: Sequence[str] = ()
    return lambda ptid: groups.get(ptid, none)


def _members(groups: Sequence[GroupMembers], kind: str, code: str) -> frozenset[str]:
    return frozenset(
        ptid for group in groups if (group.kind, group.code) == (kind, code) for ptid in group.ptids
    )


def _codes_of_pt(label: str, names: EventNames, groups: Sequence[GroupMembers]) -> frozenset[str]:
    """Return the codes of the PT that a user names by its code, or by its name in any case."""
    name_or_code = label.strip().casefold()
    codes = {code for code, name in names.items() if name_or_code in (code, name.casefold())}
    if not codes and any(name_or_code in group.ptids for group in groups):
        codes = {name_or_code}
    if codes:
        return frozenset(codes)
    close = close_names(label, names.values())
    raise UnknownEventError(
        f"no case has a PT with the name or the code '{label}'",
        f"did you mean {close}?" if close else "write the PT as MedDRA does, such as Nausea",
    )

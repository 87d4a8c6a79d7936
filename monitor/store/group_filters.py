"""Filters by groups of PTs: which group a user means, and its condition in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select, text

from models.terminology import GroupKind
from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.enrichment_tables import pt_groups
from monitor.store.known_pts import close_names

NOUNS: Final = {
    GroupKind.SOC: "SOC",
    GroupKind.PRIMARY_SOC: "SOC",
    GroupKind.HLGT: "HLGT",
    GroupKind.HLT: "HLT",
    GroupKind.SMQ_BROAD: "SMQ",
    GroupKind.SMQ_NARROW: "SMQ",
    GroupKind.IME: "list of important medical events",
    GroupKind.DME: "list of designated medical events",
}
"""What users call each kind of group."""

_FIND_NAMES: Final = text("SELECT DISTINCT code, name FROM pt_groups WHERE kind = :kind ORDER BY name, code")
_IS_IMPORTED: Final = text("SELECT EXISTS (SELECT FROM terminology_releases)")


class UnknownGroupError(MonitorError):
    """The imported release has no such group, or none of its kind."""


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """Lets the PTs of a group through.

    Attributes:
        kind: of the group.
        code: of the group, as `pt_groups` has it.
    """

    kind: GroupKind
    code: str


def find_groups(settings: Settings, requests: Sequence[tuple[GroupKind, str]]) -> tuple[GroupFilter, ...]:
    """Return the filter for each group that a user names, by its code or by its name in any case.

    Args:
        settings: of the database.
        requests: kind, and code or name; of the lists of events, their kind.

    Raises:
        UnknownGroupError: there is no such group, or no release was imported.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    if not requests:
        return ()
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        names = {kind: connection.execute(_FIND_NAMES, {"kind": kind}).all() for kind, _ in requests}
        is_imported = bool(connection.scalar(_IS_IMPORTED))
    return tuple(GroupFilter(kind, _code_of(kind, name, names[kind], is_imported)) for kind, name in requests)


def group_filters_of(
    settings: Settings,
    *,
    soc: str | None = None,
    hlgt: str | None = None,
    hlt: str | None = None,
    smq: str | None = None,
    ime: bool = False,
    dme: bool = False,
) -> tuple[GroupFilter, ...]:
    """Return the filters of the groups that a user names; the database is not asked if there is none.

    Args:
        settings: of the database.
        soc: a SOC; with `:primary` only PTs of which it is the primary one.
        hlgt: an HLGT.
        hlt: an HLT.
        smq: an SMQ, by its narrow search, or with `:broad` by the broad one.
        ime: only important medical events.
        dme: only designated medical events.

    Raises:
        UnknownGroupError: the imported release has no such group; the message has names that are close.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    requests: list[tuple[GroupKind, str]] = []
    if soc is not None:
        name, is_primary = _without_suffix(soc, ":primary")
        requests.append((GroupKind.PRIMARY_SOC if is_primary else GroupKind.SOC, name))
    if hlgt is not None:
        requests.append((GroupKind.HLGT, hlgt))
    if hlt is not None:
        requests.append((GroupKind.HLT, hlt))
    if smq is not None:
        name, is_broad = _without_suffix(smq, ":broad")
        name, _ = _without_suffix(name, ":narrow")
        requests.append((GroupKind.SMQ_BROAD if is_broad else GroupKind.SMQ_NARROW, name))
    lists = {GroupKind.IME: ime, GroupKind.DME: dme}
    requests.extend((kind, kind.value) for kind, is_chosen in lists.items() if is_chosen)
    return find_groups(settings, requests)


def _without_suffix(text: str, suffix: str) -> tuple[str, bool]:
    """Return a text without a suffix in any case, and whether it had it."""
    if text.casefold().endswith(suffix):
        return text[: -len(suffix)], True
    return text, False


def group_condition(ptid: ColumnElement[Any], group: GroupFilter) -> ColumnElement[bool]:
    """Return the condition that a PT belongs to a group.

    Args:
        ptid: the column with the code of the PT.
        group: the group.
    """
    members = select(pt_groups.c.ptid).where(pt_groups.c.kind == group.kind, pt_groups.c.code == group.code)
    return ptid.in_(members)


def unknown_group(kind: GroupKind, label: str, names: Sequence[str]) -> UnknownGroupError:
    """Return the error about a group that the imported release does not have, with names that are close.

    Args:
        kind: of the group.
        label: its code or name, as the user wrote it.
        names: the names of all groups of this kind.
    """
    fact = f"the imported release has no {NOUNS[kind]}"
    if not names:
        return UnknownGroupError(fact, _how_to_import(kind))
    close = close_names(label, names)
    advice = f"did you mean {close}?" if close else f"write its name or its code, for example {names[0]}"
    return UnknownGroupError(f"{fact} '{label}'", advice)


def _code_of(kind: GroupKind, label: str, groups: Sequence[Any], is_imported: bool) -> str:
    """Return the code of the group.

    Raises:
        UnknownGroupError: there is none.
    """
    if not groups and not is_imported:
        raise UnknownGroupError("no release of MedDRA was imported", _how_to_import(kind))
    folded = label.strip().casefold()
    for code, name in groups:
        if folded in (code.casefold(), name.casefold()):
            return str(code)
    raise unknown_group(kind, label, [name for _, name in groups])


def _how_to_import(kind: GroupKind) -> str:
    option = f" --{kind} FILE" if kind in (GroupKind.IME, GroupKind.DME) else ""
    return f"import one with `ade-monitor terminology import --release DIR{option}`"

"""The groups of effects in memory, for rules: SOCs, HLGTs, HLTs, SMQs, and lists of important events.

A worker reads them at its start, and asks every minute whether another release was imported. 27,000 PTs with
190,000 memberships take about 12 MB.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.terminology import GroupKind
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

FIND_RELEASE: Final = text("SELECT release, imported_at FROM terminology_releases ORDER BY imported_at DESC")

# A row for each group, not for each PT in it.
READ_GROUPS: Final = text(
    "SELECT kind, code, name, array_agg(ptid) AS ptids FROM pt_groups GROUP BY kind, code, name"
)


@dataclass(frozen=True, slots=True)
class EffectGroups:
    """The groups of a PT; each set has the codes of its groups, and their names in lower case (casefolded).

    Attributes:
        soc: System Organ Classes, the primary one and all others.
        primary_soc: the primary System Organ Class.
        hlgt: High Level Group Terms.
        hlt: High Level Terms.
        smq_broad: SMQs whose broad search has the PT; narrow terms belong to it, too.
        smq_narrow: SMQs whose narrow search has the PT.
        ime: True if the PT is on the list of important medical events.
        dme: True if the PT is on the list of designated medical events.
    """

    soc: frozenset[str] = frozenset()
    primary_soc: frozenset[str] = frozenset()
    hlgt: frozenset[str] = frozenset()
    hlt: frozenset[str] = frozenset()
    smq_broad: frozenset[str] = frozenset()
    smq_narrow: frozenset[str] = frozenset()
    ime: bool = False
    dme: bool = False


NO_EFFECT_GROUPS: Final = EffectGroups()
"""The groups of a PT that the release does not have, and of words without a code."""


@dataclass(frozen=True, slots=True)
class ImportedRelease:
    """Which release is in the database.

    Attributes:
        release: its version, such as "26.1".
        imported_at: when; another import of the same release has another time.
    """

    release: str
    imported_at: datetime


@dataclass(frozen=True, eq=False)
class PtGroups:
    """The groups of all PTs.

    Attributes:
        release: the release that they are from; None if none was imported.
        group_names: the codes and the casefolded names of all groups, by kind.
        shown_names: the names of all groups as the release writes them, by kind, in their order.
    """

    release: ImportedRelease | None = None
    group_names: Mapping[GroupKind, frozenset[str]] = field(default_factory=dict)
    shown_names: Mapping[GroupKind, Sequence[str]] = field(default_factory=dict)
    _groups: Sequence[tuple[GroupKind, frozenset[str]]] = ()
    _positions: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def ptids(self) -> Collection[str]:
        """The codes of all PTs that are in a group."""
        return self._positions.keys()

    def groups_of(self, ptid: str) -> EffectGroups:
        """Return the groups of a PT by its code; takes about 20 µs."""
        positions = self._positions.get(ptid)
        if positions is None:
            return NO_EFFECT_GROUPS
        sets: dict[GroupKind, frozenset[str]] = {}
        for position in positions:
            kind, names = self._groups[position]
            sets[kind] = sets.get(kind, frozenset()) | names
        none: frozenset[str] = frozenset()
        return EffectGroups(
            soc=sets.get(GroupKind.SOC, none),
            primary_soc=sets.get(GroupKind.PRIMARY_SOC, none),
            hlgt=sets.get(GroupKind.HLGT, none),
            hlt=sets.get(GroupKind.HLT, none),
            smq_broad=sets.get(GroupKind.SMQ_BROAD, none),
            smq_narrow=sets.get(GroupKind.SMQ_NARROW, none),
            ime=GroupKind.IME in sets,
            dme=GroupKind.DME in sets,
        )


NO_PT_GROUPS: Final = PtGroups()
"""What a database without an imported release has."""


async def read_pt_groups(connection: AsyncConnection, earlier: PtGroups = NO_PT_GROUPS) -> PtGroups:
    """Read the groups of all PTs, or return `earlier` itself if they did not change.

    Args:
        connection: in a transaction.
        earlier: what was read before.
    """
    row = (await connection.execute(FIND_RELEASE)).first()
    if (release := row and ImportedRelease(row.release, row.imported_at)) == earlier.release:
        return earlier
    rows = (await connection.execute(READ_GROUPS)).all()
    return _pt_groups(release or None, rows)


def load_pt_groups(settings: Settings) -> PtGroups:
    """Read the groups of all PTs, for a command.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        row = connection.execute(FIND_RELEASE).first()
        release = ImportedRelease(row.release, row.imported_at) if row else None
        return _pt_groups(release, connection.execute(READ_GROUPS).all())


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """A group with its PTs.

    Attributes:
        kind: a value of `GroupKind`.
        code: of the group.
        name: of the group.
        ptids: codes of its PTs.
    """

    kind: str
    code: str
    name: str
    ptids: Sequence[str]


def load_group_members(settings: Settings) -> list[GroupMembers]:
    """Read the groups of the imported release with their PTs; none if no release was imported.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return [GroupMembers(*row) for row in connection.execute(READ_GROUPS)]


def _pt_groups(release: ImportedRelease | None, rows: Iterable[Any]) -> PtGroups:
    known = {kind.value: kind for kind in GroupKind}
    groups: list[tuple[GroupKind, frozenset[str]]] = []
    positions: dict[str, list[int]] = {}
    names: dict[GroupKind, set[str]] = {}
    shown: dict[GroupKind, set[str]] = {}
    for row in rows:
        kind = known.get(row.kind)
        if kind is None:
            continue  # of a newer version of this package
        both = frozenset((row.code, row.name.casefold()))
        names.setdefault(kind, set()).update(both)
        shown.setdefault(kind, set()).add(row.name)
        for ptid in row.ptids:
            positions.setdefault(ptid, []).append(len(groups))
        groups.append((kind, both))
    return PtGroups(
        release,
        {kind: frozenset(texts) for kind, texts in names.items()},
        {kind: sorted(texts) for kind, texts in shown.items()},
        groups,
        {ptid: tuple(of_pt) for ptid, of_pt in positions.items()},
    )

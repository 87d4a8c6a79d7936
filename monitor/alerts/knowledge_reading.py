"""What rules look up in the database: the groups of PTs, and which effects labels list.

A worker reads it at its start, and again every minute. Commands read it once.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.alerts.rulebook import NO_KNOWLEDGE, Knowledge
from monitor.alerts.rulebook.knowledge import Verdict
from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries
from monitor.settings import DatabaseSettings, Settings
from monitor.store import translate_driver_errors
from monitor.store.effect_groups import NO_PT_GROUPS, PtGroups, load_pt_groups, read_pt_groups
from monitor.store.listed_effects import (
    NO_LISTED_EFFECTS,
    ListedEffects,
    load_listed_effects,
    read_listed_effects,
)

log = structlog.get_logger()

INTERVAL: Final = 60.0
"""Seconds between two looks for another import."""


class KnowledgeWatch:
    """Keeps what the rules look up as new as the database.

    Args:
        settings: the database, for messages.
        engine: its connections. They belong to the caller.
    """

    def __init__(self, settings: DatabaseSettings, engine: AsyncEngine) -> None:
        self._settings = settings
        self._engine = engine
        self._knowledge = NO_KNOWLEDGE
        self._groups = NO_PT_GROUPS
        self._listed = NO_LISTED_EFFECTS

    def now(self) -> Knowledge:
        """Return what was read last."""
        return self._knowledge

    async def run(self) -> None:
        """Read again every `INTERVAL`, until cancelled. What is known stays while the database is away."""
        backoff = Backoff(first=INTERVAL / 10, longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, "groups and labels are read later"))
        while True:
            await retries.repeat(self.read, on=MonitorError)
            await asyncio.sleep(INTERVAL)

    async def read(self) -> None:
        """Read what has changed.

        Raises:
            MonitorError: the database is away or refuses.
        """
        await self._read_groups()
        await self._read_labels()

    async def read_at_start(self) -> None:
        """Read what there is. A worker can start without labels: `run` reads them later.

        Raises:
            MonitorError: the database is away or refuses.
        """
        await self._read_groups()
        try:
            await self._read_labels()
        except MonitorError as error:
            log.warning("the labels cannot be read yet; listedness is unknown until then", error=str(error))

    async def _read_groups(self) -> None:
        with translate_driver_errors(self._settings):
            async with self._engine.connect() as connection:
                groups = await read_pt_groups(connection, self._groups)
        if groups is not self._groups:
            log.info("groups of effects read", release=groups.release and groups.release.release)
            self._groups = groups
            self._knowledge = knowledge_of(groups, self._listed)

    async def _read_labels(self) -> None:
        with translate_driver_errors(self._settings):
            async with self._engine.connect() as connection:
                listed = await read_listed_effects(connection, self._listed)
        if listed is not self._listed:
            log.info("labels read", labels=listed.state[0], drugs=len(listed.drugs))
            self._listed = listed
            self._knowledge = knowledge_of(self._groups, listed)


def load_knowledge(settings: Settings) -> Knowledge:
    """Read what rules look up, for a command.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    return knowledge_of(load_pt_groups(settings), load_listed_effects(settings))


def knowledge_of(groups: PtGroups, listed: ListedEffects = NO_LISTED_EFFECTS) -> Knowledge:
    """Return the groups of PTs, and what labels list, as rules need them."""

    def verdict(drug: str, ptid: str, is_fatal: bool) -> Verdict:
        return listed.verdict(drug, ptid, fatal=is_fatal)

    return Knowledge(
        groups_of=groups.groups_of,
        verdict=verdict,
        has_labels=bool(listed.drugs),
        group_names={kind.value: names for kind, names in groups.group_names.items()},
        shown_names={kind.value: names for kind, names in groups.shown_names.items()},
        ptids=groups.ptids,
    )

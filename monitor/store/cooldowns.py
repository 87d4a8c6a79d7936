"""Cooldowns of alerts: after an alert, a rule raises no other one of the same kind for some time.

They are rows of `alert_cooldowns`, so all workers share them and a restart forgets none. A row is taken in
the transaction that writes the alert: without the alert, there is no cooldown.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Alert

Granted = AbstractSet[tuple[str, str]]
"""Requests that passed, each as its key and the id of its alert."""


@dataclass(frozen=True, slots=True)
class CooldownRequest:
    """An alert that is raised unless its cooldown runs.

    Attributes:
        key: what the cooldown is about: a digest of the rule's name and, for example, of drug and effect.
        seconds: how long it lasts.
        alert_id: the alert.
    """

    key: str
    seconds: int
    alert_id: str


class EffectDecisions(Protocol):
    """What the rules decided about the effects of a batch."""

    @property
    def detected_at(self) -> datetime:
        """When the effects were found, timezone-aware; cooldowns start at this time."""
        ...

    @property
    def cooldowns(self) -> Sequence[CooldownRequest]:
        """The requests, in the order of the effects."""
        ...

    def tags_of(self, tweet_id: str, effect: str) -> tuple[str, ...]:
        """Return the tags of an effect; see `effect_of`."""
        ...

    def alerts(self, granted: Granted) -> Sequence[Alert]:
        """Return the alerts, in the order of the effects.

        Args:
            granted: the requests that passed.
        """
        ...


RAISED: Final = text(
    "SELECT alert_id FROM alert_outbox WHERE alert_id = ANY(CAST(:ids AS text[])) AND action = 'publish'"
)

# `ON CONFLICT` waits for a transaction that has taken the key, and then looks at its row again. So of two
# workers, one gets it. Keys that certainly run are left out first: a conflict would lock their rows until the
# commit. The order of the keys keeps two workers from blocking each other.
TAKE: Final = text(
    "INSERT INTO alert_cooldowns AS t (key, until) "
    "SELECT key, CAST(:now AS timestamptz) + make_interval(secs => seconds) "
    "FROM unnest(CAST(:keys AS text[]), CAST(:seconds AS double precision[])) AS row (key, seconds) "
    "WHERE NOT EXISTS (SELECT FROM alert_cooldowns c WHERE c.key = row.key AND c.until > :now) "
    "ORDER BY key "
    "ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE t.until <= :now "
    "RETURNING key"
)

# Rows that a transaction has just taken again are skipped, and they do not match any more.
EXPIRE: Final = text(
    "DELETE FROM alert_cooldowns WHERE key IN ("
    "SELECT key FROM alert_cooldowns WHERE until <= now() LIMIT :most FOR UPDATE SKIP LOCKED)"
)

AT_ONCE: Final = 5_000
"""Number of rows that are removed in a transaction."""


async def take_cooldowns(connection: AsyncConnection, decisions: EffectDecisions) -> set[tuple[str, str]]:
    """Start the cooldowns that do not run, and return the requests that passed.

    The first request of a key gets it. An alert that is in the outbox passes without one: what a new version
    of its post changes must reach its subscribers.

    Args:
        connection: in the transaction that writes the alerts.
        decisions: has the requests and their time.
    """
    requests = decisions.cooldowns
    if not requests:
        return set()
    ids = sorted({request.alert_id for request in requests})
    raised = set((await connection.execute(RAISED, {"ids": ids})).scalars())
    granted = {(request.key, request.alert_id) for request in requests if request.alert_id in raised}
    first: dict[str, CooldownRequest] = {}
    for request in requests:
        if request.alert_id not in raised:
            first.setdefault(request.key, request)
    if first:
        keys = sorted(first)
        values = {"keys": keys, "seconds": [float(first[key].seconds) for key in keys]}
        taken = await connection.execute(TAKE, {**values, "now": decisions.detected_at})
        granted |= {(key, first[key].alert_id) for key in taken.scalars()}
    return granted


async def expire_cooldowns(connection: AsyncConnection) -> int:
    """Remove some cooldowns that are over, and return their number.

    Args:
        connection: in a transaction.
    """
    return (await connection.execute(EXPIRE, {"most": AT_ONCE})).rowcount

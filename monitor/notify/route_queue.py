"""The alerts that wait for a route. They are the pending entries of its consumer group.

An entry is acknowledged once it was sent, or is not for this route. So all state is in Redis, and a restart
finds it again. Here, only ids and times are kept. The content is read right before it is sent, because the
post may have been deleted, and its alert retracted, in the meantime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final, cast

import structlog
from redis import Redis
from redis.exceptions import ResponseError

from monitor.alerts import AlertPayload, StreamEntry
from monitor.alerts.redis import GroupReader, translate_redis_errors
from monitor.alerts.redis.tail import comparable_id, newest_removed
from monitor.alerts.rulebook import AlertDelivery
from monitor.alerts.rulebook.routes import Route
from monitor.errors import PoisonError
from monitor.notify.dispatch import RoutedEntry, read_entry
from monitor.notify.route_counts import RouteCounts
from monitor.notify.routing import Routing
from monitor.notify.schedule import due_at
from monitor.settings import AlertSettings

log = structlog.get_logger()

DIGEST_SIZE: Final = 200
"""Alerts in one message. A longer digest becomes several messages."""

IMMEDIATE: Final = ""
"""The digest of entries that are sent alone."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that waits.

    Attributes:
        entry_id: its id in the stream.
        due: when it is sent.
        digest: "hourly" or "daily", or `IMMEDIATE`.
        attempts: how often it was tried. Entries with fewer attempts go first, so that one that the receiver
            cannot digest does not hold up the others.
    """

    entry_id: str
    due: datetime
    digest: str = IMMEDIATE
    attempts: int = 0


class RouteQueue:
    """What waits for one route.

    All methods raise `MonitorError` if Redis is away or refuses.

    Args:
        name: of the route.
        route: the route.
        routing: decides which entries are for it.
        reader: of the consumer group of the route.
        client: of Redis.
        settings: name and length of the stream of alerts.
        counts: counts what left the stream unsent.
    """

    def __init__(
        self,
        name: str,
        route: Route,
        routing: Routing,
        reader: GroupReader,
        client: Redis,
        settings: AlertSettings,
        counts: RouteCounts,
    ) -> None:
        self._name = name
        self._route = route
        self._routing = routing
        self._reader = reader
        self._client: Any = client
        self._stream = settings.stream
        self._max_length = settings.max_length
        self._counts = counts
        self._waiting: dict[str, Waiting] = {}
        self._read_until = datetime.min.replace(tzinfo=UTC)
        self._has_read_all = False

    def __len__(self) -> int:
        return len(self._waiting)

    def oldest_due(self) -> datetime | None:
        """Return the earliest time at which something is due, or was; None if nothing waits."""
        return min((waiting.due for waiting in self._waiting.values()), default=None)

    def poll(self, now: datetime) -> None:
        """Take up the next entries of the stream. Wait up to two seconds for them."""
        entries = self._reader.read()
        self._has_read_all = not entries
        passed = []
        for entry in entries:
            self._read_until = max(self._read_until, published_at(entry.entry_id))
            if entry.entry_id not in self._waiting and not self._keep(entry, now):
                passed.append(entry.entry_id)
        self._reader.acknowledge_ids(passed)

    def due(self, now: datetime) -> list[list[Waiting]]:
        """Return what is due, each list for one message, in the order in which to try them."""
        ready = [
            waiting
            for waiting in self._waiting.values()
            if waiting.due <= now and (waiting.digest == IMMEDIATE or self._is_complete(waiting.due))
        ]
        ready.sort(key=lambda waiting: (waiting.attempts, waiting.digest, comparable_id(waiting.entry_id)))
        messages: list[list[Waiting]] = []
        for (_, digest), group in groupby(ready, lambda waiting: (waiting.attempts, waiting.digest)):
            members = list(group)
            size = DIGEST_SIZE if digest else 1
            messages += [members[first : first + size] for first in range(0, len(members), size)]
        return messages

    def alone(self, now: datetime) -> int:
        """Return how many entries are due that are sent alone."""
        waiting = self._waiting.values()
        return sum(entry.digest == IMMEDIATE and entry.due <= now for entry in waiting)

    def contents(self, members: Sequence[Waiting]) -> list[RoutedEntry]:
        """Return the entries that are still in the stream, and forget the others."""
        with translate_redis_errors(self._reader.location):
            with self._client.pipeline(transaction=False) as pipeline:
                for waiting in members:
                    pipeline.xrange(self._stream, waiting.entry_id, waiting.entry_id)
                replies = pipeline.execute()
            present = [
                read_entry(StreamEntry(entry_id, fields)) for reply in replies for entry_id, fields in reply
            ]
            gone = {waiting.entry_id for waiting in members} - {entry.entry_id for entry in present}
            if gone:
                self._report_gone(gone)
        self.finish(gone)
        return present

    def finish(self, entry_ids: Sequence[str] | set[str]) -> None:
        """Acknowledge entries. If Redis is away, the next `poll` does it first."""
        for entry_id in entry_ids:
            self._waiting.pop(entry_id, None)
        self._reader.acknowledge_ids(entry_ids)

    def try_later(self, members: Sequence[Waiting]) -> None:
        """Put these behind all other entries."""
        for waiting in members:
            if waiting.entry_id in self._waiting:
                self._waiting[waiting.entry_id] = Waiting(
                    waiting.entry_id, waiting.due, waiting.digest, waiting.attempts + 1
                )

    def _is_complete(self, due: datetime) -> bool:
        """Return True if all entries were read that a digest has. After a restart, that takes a while."""
        return self._has_read_all or self._read_until >= due

    def _keep(self, entry: StreamEntry, now: datetime) -> bool:
        """Return True if an entry is for this route; then it waits from now on."""
        try:
            item = read_entry(entry).item
        except PoisonError as error:
            log.warning("entry is not an alert and was skipped", entry=entry.entry_id, problem=error.detail)
            return False
        if isinstance(item, AlertPayload) and self._routing.is_lost(item):
            self._report_lost(item)
        if not self._routing.takes(self._name, self._route, item):
            return False
        # The clock of Redis may be ahead of ours, and what is due now must not wait for that.
        published = min(published_at(entry.entry_id), now)
        if not isinstance(item, AlertPayload):
            self._waiting[entry.entry_id] = Waiting(entry.entry_id, published)
            return True
        digest = item.delivery if item.delivery in (AlertDelivery.HOURLY, AlertDelivery.DAILY) else IMMEDIATE
        due = due_at(item, published, self._route)
        self._waiting[entry.entry_id] = Waiting(entry.entry_id, due, str(digest))
        return True

    def _report_lost(self, alert: AlertPayload) -> None:
        if self._routing.reports_lost(self._name):
            self._counts.unrouted += 1
            # Without the alert's id, so that endless repetitions are left out.
            log.warning(
                "an alert names routes that the rules file does not have",
                routes=", ".join(alert.routes),
                advice="add them, or a route named default",
            )

    def _report_gone(self, gone: set[str]) -> None:
        """Count entries that are older than all in the stream: they were trimmed, unless retracted.

        Retractions that came later hide which of the two it was. Then they count if the stream is so long
        that it was trimmed.
        """
        stream = self._stream_info()
        first = stream.get("first-entry")
        oldest = comparable_id(first[0]) if first else None
        removed = newest_removed(stream)
        was_trimmed = not stream or stream.get("entries-added", 0) > self._max_length
        trimmed = 0
        for entry_id in map(comparable_id, gone):
            is_old = oldest is None or entry_id < oldest
            trimmed += is_old and (removed < entry_id or was_trimmed)
        if trimmed:
            self._counts.missed += trimmed
            log.warning(
                "alerts left the stream before they were sent: trimmed, or retracted",
                route=self._name,
                alerts=trimmed,
                advice="raise alerts.max_length (ADE_ALERTS__MAX_LENGTH) if alerts wait long",
            )

    def _stream_info(self) -> Mapping[str, Any]:
        """Return the reply of XINFO STREAM; empty if the stream is gone."""
        try:
            return cast(Mapping[str, Any], self._client.xinfo_stream(self._stream))
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return {}


def published_at(entry_id: str) -> datetime:
    """Return when an entry was added to the stream, in UTC, by the clock of Redis."""
    return datetime.fromtimestamp(comparable_id(entry_id)[0] / 1000, UTC)

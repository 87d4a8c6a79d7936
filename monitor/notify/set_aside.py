"""Alerts that a receiver refuses for good: listed in Redis, so that nothing is lost silently.

The list is a stream next to that of the alerts. It has ids and reasons, and no words of a post: a deletion
must not have to look for copies here. The alert itself stays in the stream of alerts, and in Postgres.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from redis.exceptions import ResponseError

from monitor.alerts.redis import translate_redis_errors
from monitor.notify.dispatch import RoutedEntry

MOST_KEPT: Final = 100_000
"""Approximate number of refused alerts that the list keeps, of all routes together."""

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class RefusedAlert:
    """An alert that the receiver of a route refused.

    Attributes:
        number: id of the line in the list.
        route: name of the route.
        alert_id: the alert.
        entry_id: its entry in the stream of alerts.
        problem: the answer of the receiver.
    """

    number: str
    route: str
    alert_id: str
    entry_id: str
    problem: str


class RefusedAlerts:
    """The list of refused alerts of all routes.

    All methods raise `MonitorError` if Redis is away or refuses.

    Args:
        client: of Redis.
        stream: name of the stream of alerts.
    """

    def __init__(self, client: Redis, stream: str) -> None:
        self._client: Any = client
        self._stream = stream
        self.key = f"{stream}:refused"

    def add(self, route: str, entries: Iterable[RoutedEntry], problem: str) -> None:
        """Add the alerts of one message."""
        with translate_redis_errors("Redis"):
            for entry in entries:
                fields = {
                    "route": route,
                    "alert_id": entry.item.alert_id,
                    "entry_id": entry.entry_id,
                    "problem": problem[:300],
                }
                self._client.xadd(self.key, fields, maxlen=MOST_KEPT, approximate=True)

    def of(self, route: str) -> list[RefusedAlert]:
        """Return the refused alerts of a route, the oldest first."""
        alerts = []
        after = "-"
        with translate_redis_errors("Redis"):
            while lines := self._client.xrange(self.key, after, "+", PAGE):
                alerts += [
                    RefusedAlert(
                        number, route, fields["alert_id"], fields["entry_id"], fields.get("problem", "")
                    )
                    for number, fields in lines
                    if fields.get("route") == route
                ]
                after = f"({lines[-1][0]}"
        return alerts

    def send_again(self, route: str, group: str, consumer: str) -> int:
        """Return the refused alerts of a route to its group, and return their number.

        The process that serves the route finds them at its next look at what waits. An alert that has left
        the stream is not sent again.
        """
        refused = self.of(route)
        for first in range(0, len(refused), PAGE):
            page = refused[first : first + PAGE]
            with translate_redis_errors("Redis"):
                self._claim(group, consumer, [alert.entry_id for alert in page])
                self._client.xdel(self.key, *(alert.number for alert in page))
        return len(refused)

    def _claim(self, group: str, consumer: str, entry_ids: list[str]) -> None:
        try:
            # An old idle time makes it due for the next XAUTOCLAIM of the reader.
            self._client.xclaim(
                self._stream, group, consumer, 0, entry_ids, idle=86_400_000, force=True, justid=True
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise

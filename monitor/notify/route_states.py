"""What a process that serves a route writes to Redis about it, so that `ade-monitor doctor` can show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from redis import Redis
from redis.exceptions import ResponseError

from monitor.alerts.redis import translate_redis_errors
from monitor.notify.route_counts import RouteCounts

KEPT: Final = 7 * 86_400
"""Seconds for which Redis remembers the state after the process has ended."""

CONSUMER: Final = "notify"
"""The one consumer of each group: what one process leaves, the next one finds under the same name."""


@dataclass(frozen=True, slots=True)
class RouteKeys:
    """The names that belong to a route in Redis.

    Keys start with the name of the stream, for ACLs and clusters.
    """

    stream: str
    route: str

    @property
    def group(self) -> str:
        """The consumer group."""
        return f"notify:{self.route}"

    @property
    def lease(self) -> str:
        """The key of the right to serve the route."""
        return f"{self.stream}:notify:{self.route}:lease"

    @property
    def state(self) -> str:
        """The key of the state."""
        return f"{self.stream}:notify:{self.route}:state"


@dataclass(frozen=True, slots=True)
class RouteState:
    """What is known about a route.

    Attributes:
        is_served: a process serves it now.
        waiting: alerts that the route has taken up and not sent.
        unread: entries of the stream that it has not looked at; None if Redis does not know.
        failing_since: when attempts began to fail, or None.
        problem: why the last one failed, or None.
        refused: alerts that the receiver refused for good, since the process started.
    """

    is_served: bool
    waiting: int
    unread: int | None
    failing_since: datetime | None = None
    problem: str | None = None
    refused: int = 0


def write_route_state(client: Redis, keys: RouteKeys, counts: RouteCounts) -> None:
    """Write what a process knows about a route that it serves.

    Raises:
        MonitorError: Redis is away, or refuses.
    """
    since = counts.failing_since
    content = {
        "failing_since": None if since is None else since.isoformat(),
        "problem": counts.problem,
        "refused": counts.refused,
    }
    with translate_redis_errors("Redis"):
        client.set(keys.state, json.dumps(content), ex=KEPT)


def read_state(client: Redis, keys: RouteKeys) -> RouteState:
    """Return what is known about a route.

    Raises:
        MonitorError: Redis is away, or refuses.
    """
    with translate_redis_errors("Redis"):
        group = _group(client, keys)
        content: Any = json.loads(str(client.get(keys.state) or "{}"))
        since = content.get("failing_since")
        return RouteState(
            is_served=bool(client.exists(keys.lease)),
            waiting=int(group.get("pending", 0)),
            unread=group.get("lag"),
            failing_since=None if since is None else datetime.fromisoformat(since),
            problem=content.get("problem"),
            refused=int(content.get("refused", 0)),
        )


def _group(client: Redis, keys: RouteKeys) -> dict[str, Any]:
    try:
        groups: Any = client.xinfo_groups(keys.stream)
    except ResponseError as error:
        if "no such key" not in str(error):
            raise
        return {}
    return next((row for row in groups if row["name"] == keys.group), {})

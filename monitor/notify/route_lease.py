"""The right to serve a route, which one process has at a time.

With two processes, each alert would still be sent once, but a digest would become two. So one process serves
a route, and others stand by. The right is a key in Redis that ends by itself, `LEASE_S` seconds after the
process that has it was last heard of.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from redis import Redis

from monitor.alerts.redis import translate_redis_errors
from monitor.errors import MonitorError

LEASE_S: Final = 15.0
"""Seconds until another process takes over the routes of one that was killed."""

RENEWALS: Final = 4
"""Renewals in that time, so that one that is late does no harm."""

_TAKE: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
"""


class RouteLease:
    """The right of this process to serve a route.

    Args:
        client: of Redis.
        key: name of the key.
        holder: name of this process, different from that of all others.
        seconds: how long the right lasts without renewal.
        clock: returns seconds.
    """

    def __init__(
        self,
        client: Redis,
        key: str,
        holder: str,
        *,
        seconds: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self._client: Any = client
        self._key = key
        self._holder = holder
        self._clock = clock
        self._until = float("-inf")

    def is_held(self) -> bool:
        """Return True if no other process can have the right now."""
        return self._clock() < self._until

    def take(self) -> bool:
        """Take the right or renew it, and return True if this process has it now.

        Raises:
            MonitorError: Redis is away. The right that this process has goes on until its end.
        """
        start = self._clock()
        with translate_redis_errors("Redis"):
            taken = self._client.eval(_TAKE, 1, self._key, self._holder, int(self.seconds * 1000))
        self._until = start + self.seconds if taken else float("-inf")
        return bool(taken)

    def release(self) -> None:
        """Leave the route to other processes at once.

        Raises:
            MonitorError: Redis is away. They wait until the right ends.
        """
        self._until = float("-inf")
        with translate_redis_errors("Redis"):
            self._client.eval(_RELEASE, 1, self._key, self._holder)


class LeaseKeeper:
    """Renews a lease in a thread of its own, so that a slow receiver does not end it.

    Args:
        lease: what to take and renew during the block.
    """

    def __init__(self, lease: RouteLease) -> None:
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease keeper", daemon=True)

    def __enter__(self) -> RouteLease:
        self._thread.start()
        return self._lease

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(self._lease.seconds)
        with contextlib.suppress(MonitorError):
            self._lease.release()

    def _renew(self) -> None:
        while True:
            with contextlib.suppress(MonitorError):  # the route itself reports that Redis is away
                self._lease.take()
            if self._stop.wait(self._lease.seconds / RENEWALS):
                return

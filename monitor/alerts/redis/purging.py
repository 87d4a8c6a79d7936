"""Have Redis delete removed alerts from its append-only file, which keeps the commands that added them."""

from __future__ import annotations

import time
from typing import Final

import redis.asyncio
import structlog
from redis.exceptions import NoPermissionError, ResponseError

from monitor.alerts.redis.scripts import FORGET
from monitor.settings import AlertSettings

log = structlog.get_logger()

PURGE_CHECK: Final = 30.0
"""Seconds between two looks at whether another publisher has removed an alert."""


class FilePurge:
    """Rewrites the append-only file after removals, at most once in `alerts.rewrite_interval` seconds.

    All publishers of a stream share the interval, and the count of removals. Both are in Redis, so a removal
    is not forgotten if its publisher dies.
    """

    def __init__(self, settings: AlertSettings, client: redis.asyncio.Redis) -> None:
        self._settings = settings
        self._client = client
        self._next_check = 0.0
        self._refused = False

    def expect_removals(self) -> None:
        """Make the next `run` look for removals, however short ago the last look was."""
        self._next_check = 0.0

    async def run(self) -> None:
        """Request a rewrite if alerts were removed and the interval is over.

        If an ACL forbids it, log a warning, once.

        Raises:
            RedisError: Redis is away.
        """
        if time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + PURGE_CHECK
        unpurged = unpurged_key(self._settings.stream)
        try:
            removals = await self._client.get(unpurged)
            if removals is None or not await self._interval_is_over():
                return
            persistence = await self._client.info("persistence")
            if persistence.get("aof_enabled"):
                await self._client.bgrewriteaof()
        except NoPermissionError as error:
            self._warn_once(error)
        except ResponseError as error:  # for example, the file is being rewritten already
            log.info("the append-only file is rewritten later", problem=str(error))
        else:
            # If more alerts were removed in the meantime, the new file may contain them.
            await self._client.eval(FORGET, 1, unpurged, removals)

    async def _interval_is_over(self) -> bool:
        key = f"{self._settings.stream}:rewritten"
        return bool(await self._client.set(key, "1", nx=True, ex=self._settings.rewrite_interval))

    def _warn_once(self, error: NoPermissionError) -> None:
        if not self._refused:
            self._refused = True
            log.warning(
                "retracted alerts stay in Redis's append-only file",
                problem=str(error),
                advice="grant +get, +info and +bgrewriteaof with ACL SETUSER, or run BGREWRITEAOF regularly",
            )


def unpurged_key(stream: str) -> str:
    """Return the key that counts the alerts removed since the append-only file was rewritten."""
    return f"{stream}:unpurged"

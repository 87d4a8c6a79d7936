"""Waiting for a database that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.settings import WorkerSettings

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.1
"""Seconds before the first retry while the database is away."""

Result = TypeVar("Result")


async def until_answered(worker: WorkerSettings, call: Callable[[], Awaitable[Result]]) -> Result:
    """Return the result of a call to the database, and repeat the call as long as the database is away.

    Raises:
        FatalError: the database refuses, and no retry would help.
    """
    for pause in Backoff(first=FIRST_PAUSE, longest=worker.retry_max_wait, jitter=0.5).pauses():
        try:
            return await call()
        except RetryableError as error:
            log.warning("database away, trying again", error=str(error), pause_s=round(pause, 1))
            await asyncio.sleep(pause)
    raise AssertionError("pauses() never ends")

"""Waiting for a database that is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.settings import WorkerSettings
from monitor.stream.stage_work import DATABASE, waiting_for

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.1
"""Seconds before the first retry while the database is away."""

Result = TypeVar("Result")


async def until_answered(worker: WorkerSettings, call: Callable[[], Awaitable[Result]]) -> Result:
    """Return the result of a call to the database, and repeat the call as long as the database is away.

    Meanwhile the batch counts as waiting, so that the watches leave the worker alone (`stage_work`).

    Raises:
        FatalError: the database refuses, and no retry would help.
    """
    try:
        return await call()
    except RetryableError as error:
        first_error = error
    started = time.monotonic()
    with waiting_for(DATABASE):
        result = await _retry(worker, call, first_error)
    log.info("database answers again", away_s=round(time.monotonic() - started, 1))
    return result


async def _retry(
    worker: WorkerSettings, call: Callable[[], Awaitable[Result]], error: RetryableError
) -> Result:
    for pause in Backoff(first=FIRST_PAUSE, longest=worker.retry_max_wait, jitter=0.5).pauses():
        log.warning("database away, trying again", error=str(error), pause_s=round(pause, 1))
        await asyncio.sleep(pause)
        try:
            return await call()
        except RetryableError as next_error:
            error = next_error
    raise AssertionError("pauses() never ends")

"""Waiting for a database that is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from monitor import retrying
from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.retrying import OutageLog, Retries
from monitor.settings import WorkerSettings
from monitor.stream.stage_work import DATABASE, waiting_for

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.1
"""Seconds before the first retry while the database is away."""

OUTAGES: Final = OutageLog(log, "database away, trying again", "database answers again")

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
    backoff = Backoff(first=FIRST_PAUSE, longest=worker.retry_max_wait, jitter=0.5)
    with waiting_for(DATABASE):
        return await Retries(retrying.DATABASE, backoff, OUTAGES).repeat(call, after=first_error)

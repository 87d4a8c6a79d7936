"""The rounds of a watch: one that fails is in the log, and the next one follows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def repeat_check(check: Callable[[], Awaitable[None]], *, pause: float, at_once: bool = False) -> None:
    """Call a check again and again until cancelled.

    An error that nobody foresaw says something about the watch, and nothing about the worker, which may be
    healthy. So it is logged, and the watch goes on.

    Args:
        check: the check. It ends the process by itself if that is necessary.
        pause: seconds before each call.
        at_once: do not wait before the first call.

    Raises:
        MemoryError: the process cannot go on.
    """
    wait = 0.0 if at_once else pause
    while True:
        await asyncio.sleep(wait)
        wait = pause
        try:
            await check()
        except MemoryError:
            raise
        except Exception:
            log.exception("a watch failed, it goes on", watch=getattr(check, "__qualname__", repr(check)))

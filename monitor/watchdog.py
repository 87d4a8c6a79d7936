"""Life signs for systemd's watchdog, sent from the event loop as long as the process is live.

They end if the loop hangs, because then nobody sends them, and if /live fails, because both ask the same
checks (`health`). systemd then kills the process and starts it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from monitor.readiness import report_alive, report_status, watchdog_timeout

log = structlog.get_logger()

SIGNS: Final = 4
"""Life signs in the time after which systemd gives up, so that one that is late does no harm."""

LONGEST_PAUSE: Final = 10.0
"""Seconds between two looks at most, so that `systemctl status` soon shows what is wrong."""


async def send_life_signs(live_problem: Callable[[], str | None]) -> None:
    """Send life signs until cancelled. Without a watchdog, return at once.

    Args:
        live_problem: returns why the process is not live, or None if it is; see `Health`.
    """
    timeout = watchdog_timeout()
    if timeout is None:
        return
    last_problem: str | None = None
    while True:
        problem = live_problem()
        if problem is None:
            report_alive()
        if problem is not None and last_problem is None:
            report_status(f"not live: {problem}")
            log.error("not live, systemd restarts this process later", problem=problem, after_s=timeout)
        elif problem is None and last_problem is not None:
            report_status("live again")
            log.info("live again", problem=last_problem)
        last_problem = problem
        await asyncio.sleep(min(timeout / SIGNS, LONGEST_PAUSE))

"""One run of `ade-monitor notify`: the routes, the log, the health, and the end after a signal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from monitor.cli.console import print_line, print_note, status_line
from monitor.cli.stop_signals import stop_at_signals

if TYPE_CHECKING:
    from monitor.health import Health
    from monitor.notify import Notifier
    from monitor.settings import Settings

LOG_INTERVAL: Final = 60.0
"""Seconds between two log lines with the counts."""


def run_notifier(settings: Settings, notifier: Notifier) -> None:
    """Serve the routes until SIGTERM or Ctrl-C, and print the counts.

    Raises:
        MonitorError: Redis refuses what a route needs, or a receiver is too slow for the end.
    """
    from monitor import metrics
    from monitor.health import Health
    from monitor.logs import configure_logs
    from monitor.status_server import serving_status

    health = Health()
    with serving_status(settings.monitoring, metrics.NOTIFIER, health) as url:
        if url:
            print_note(f"metrics and health: {url}")
        configure_logs(settings.log)
        notifier.export(health)
        asyncio.run(_serve(notifier, health))
    print_line(notifier.sentence())


async def _serve(notifier: Notifier, health: Health) -> None:
    from monitor.readiness import report_ready
    from monitor.watchdog import send_life_signs

    stop = stop_at_signals()
    with status_line("starting") as show:
        life_signs = asyncio.create_task(send_life_signs(health.live_problem))
        notifier.start()
        health.runs()
        report_ready()
        try:
            await _until_the_end(notifier, stop, show)
        finally:
            health.stops()
            show("waiting for the messages that are being sent")
            await asyncio.to_thread(notifier.stop)
            life_signs.cancel()


async def _until_the_end(notifier: Notifier, stop: asyncio.Event, show: Callable[[str], None]) -> None:
    """Wait for a signal, or for the end of a route. Show the counts every second, and log them sometimes."""
    import structlog

    from monitor.readiness import report_status

    log = structlog.get_logger()
    clock = asyncio.get_running_loop()
    next_log = clock.time() + LOG_INTERVAL
    while not stop.is_set() and not notifier.has_ended():
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            show(notifier.sentence())
        if clock.time() >= next_log:
            next_log += LOG_INTERVAL
            report_status(notifier.sentence())
            log.info("activity", **notifier.totals())

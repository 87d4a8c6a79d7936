"""One run of a connector: the checks before it, the status line, the log, and its end after a signal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.console import print_line, print_note, status_line
from monitor.cli.stop_signals import stop_at_signals

if TYPE_CHECKING:
    from monitor.connect import Activity, DrugList, LiveLoop, SourceOpener, StateFile, UnreadableFrames
    from monitor.health import Health
    from monitor.settings import Settings


class Track(StrEnum):
    """Which posts go to the topic."""

    ALL = "all"
    DRUGS = "drugs"


def run_connector(
    settings: Settings,
    opener: SourceOpener,
    drug_list: DrugList | None,
    track: Track | None,
    rejects: Path | None,
    before: Callable[[], None] | None = None,
) -> None:
    """Check the rest, run the connector until SIGTERM or Ctrl-C, and print the counts.

    Args:
        settings: all settings; those of the platform are checked already.
        opener: connects to the platform.
        drug_list: the names of the drugs, or None.
        track: which posts go to the topic; None for those that name a drug, if there is a list.
        rejects: file for what cannot be read.
        before: called once everything is checked, right before the connection.

    Raises:
        MonitorError: something is wrong, or the platform refuses.
    """
    from monitor import metrics
    from monitor.connect import (
        ConnectError,
        Delivery,
        DrugFilter,
        LiveLoop,
        LoopOptions,
        StateFile,
        UnreadableFrames,
    )
    from monitor.enrich.drugs import load_matcher
    from monitor.health import Health
    from monitor.kafka import require_topic
    from monitor.logs import configure_logs
    from monitor.readiness import report_ready
    from monitor.status_server import serving_status
    from monitor.watchdog import send_life_signs

    if track is Track.DRUGS and drug_list is None:
        raise ConnectError("--track drugs needs names of drugs", "add --drugs FILE")
    by_drug = drug_list is not None and track in (Track.DRUGS, None)
    if not by_drug and opener.name != "x":
        print_note("every post goes to the topic; --drugs FILE selects those that name a drug")
    options = LoopOptions()
    if by_drug and drug_list is not None:
        matcher = load_matcher(settings.enrich)
        options = LoopOptions(passes=DrugFilter(drug_list.names(), matcher).passes)

    health = Health()

    async def connect(state: StateFile, unreadable: UnreadableFrames) -> Activity:
        async with opener.opened() as source:
            configure_logs(settings.log)
            loop = LiveLoop(source, Delivery(settings.kafka), state, unreadable, options)
            stop = stop_at_signals()
            _export(loop, health, stop)
            with status_line("connecting") as show:
                reporting = asyncio.create_task(_report(loop, show, settings.connect.report_interval))
                life_signs = asyncio.create_task(send_life_signs(health.live_problem))
                report_ready()
                try:
                    await loop.run(stop)
                finally:
                    reporting.cancel()
                    life_signs.cancel()
            return loop.activity

    with (
        serving_status(settings.monitoring, metrics.CONNECTOR, health) as url,
        StateFile(settings.connect.state_dir, opener.name) as state,
        UnreadableFrames(rejects, opener.name) as unreadable,
    ):
        if url:
            print_note(f"metrics and health: {url}")
        state.load()
        require_topic(settings.kafka)
        if before is not None:
            before()
        activity = asyncio.run(connect(state, unreadable))
    print_line(activity.summary())


def _export(loop: LiveLoop, health: Health, stop: asyncio.Event) -> None:
    """Export the counts of the loop as metrics, and what it needs as checks."""
    from monitor import metrics
    from monitor.connect.live_source import utc_now
    from monitor.health import Heartbeat

    heartbeat = Heartbeat()
    heartbeat.beat_with(asyncio.get_running_loop())
    health.live["event_loop"] = heartbeat.problem
    health.ready.update(
        running=lambda: "is stopping" if stop.is_set() else None,
        platform=lambda: None if loop.activity.connected else "is not connected",
        broker=lambda: "does not answer" if loop.delivery.is_broker_away else None,
    )
    metrics.CONNECTIONS.read = lambda: (loop.source.format_name, loop.activity.record(utc_now()))


async def _report(loop: LiveLoop, show: Callable[[str], None], interval: float) -> None:
    """Show the counts every second on a terminal, and log them every `interval` seconds."""
    import structlog

    from monitor.connect.live_source import utc_now
    from monitor.readiness import report_status

    log = structlog.get_logger()
    clock = asyncio.get_running_loop()
    next_log = clock.time() + interval
    while True:
        await asyncio.sleep(1.0)
        show(loop.activity.sentence(utc_now()))
        if clock.time() >= next_log:
            next_log += interval
            report_status(loop.activity.sentence(utc_now()))
            log.info("activity", **loop.activity.record(utc_now()))

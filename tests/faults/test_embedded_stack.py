"""`ade-monitor up` while its servers are killed: every post is stored once, and every alert arrives.

What the broker in memory loses when it is killed itself is not a fault of this suite: nothing can keep it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from monitor.embedded import RunningMonitor, running_monitor
from monitor.errors import MonitorError
from monitor.settings import EmbeddedSettings, KafkaSettings, ModelSettings, Settings, WorkerSettings
from tests.apache_kafka import kafka_home
from tests.faults.conftest import APACHE, TANSU
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import send

POSTS = 200
"""Posts between two kills. Every fifth of them has an effect."""

PATIENCE = 600.0


def up_settings(folder: Path, broker: str) -> Settings:
    return Settings(
        embedded=EmbeddedSettings(
            data_dir=folder / "data",
            start_timeout=PATIENCE,
            broker="kafka" if broker == APACHE else "tansu",
            kafka_home=kafka_home() if broker == APACHE else None,
        ),
        kafka=KafkaSettings(session_timeout=10, heartbeat_interval=2),
        worker=WorkerSettings(retry_max_wait=2),
        model=ModelSettings(bundle="dummy"),
    )


def supervise_until(monitor: RunningMonitor, condition: Callable[[], bool]) -> float:
    """Supervise the monitor until a condition is true, and return the seconds that it took."""
    started = time.monotonic()
    while True:
        monitor.supervise()
        try:
            if condition():
                return time.monotonic() - started
        except (psycopg.OperationalError, MonitorError):
            pass  # a server is being started again
        assert time.monotonic() - started < PATIENCE, monitor.last_lines()
        time.sleep(0.3)


def is_caught_up(monitor: RunningMonitor, sent: int, alerts: int) -> Callable[[], bool]:
    def condition() -> bool:
        with psycopg.connect(monitor.settings.database.url.get_secret_value()) as connection:
            stored, published = connection.execute(
                "SELECT (SELECT coalesce(sum(seen), 0) FROM hourly_counts), "
                "(SELECT count(*) FROM alert_outbox WHERE published_at IS NOT NULL)"
            ).fetchone() or (0, 0)
        return bool(stored >= sent and published >= alerts)

    return condition


def restarts_of(notes: list[str]) -> int:
    """Return how often a server was started again."""
    return sum("answers again on port" in note for note in notes)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("broker", [TANSU, APACHE])
def test_servers_that_are_killed_come_back_and_nothing_is_lost(
    tmp_path: Path, report: FaultReport, broker: str
) -> None:
    notes: list[str] = []
    slowest, sent = 0.0, 0
    with running_monitor(up_settings(tmp_path, broker), workers=1, notify=notes.append) as monitor:
        victims = [monitor.stack.postgres, monitor.stack.valkey]
        victims += [monitor.stack.broker] if broker == APACHE else []
        for kill, server in enumerate(victims * 2, 1):
            send(monitor.settings, dated_values(POSTS, first=sent))
            sent += POSTS
            assert server.child
            os.kill(server.child.pid, signal.SIGKILL)
            if server is not monitor.stack.broker:  # posts go on to arrive
                send(monitor.settings, dated_values(POSTS, first=sent))
                sent += POSTS
            slowest = max(slowest, supervise_until(monitor, is_caught_up(monitor, sent, sent // 5)))
            # The worker may have had all posts when the server was killed, and only this restarts the server.
            supervise_until(monitor, lambda kill=kill: restarts_of(notes) >= kill)
        ids = [str(number) for number in range(sent)]
        damage = count_damage(monitor.settings, ids, ids[::5])
    report.add("a server of `up` is killed", damage, broker=broker, runs=kill, recovery_s=slowest)
    assert damage.lost == damage.doubled == 0
    assert restarts_of(notes) == kill


def test_posts_that_wait_in_apache_kafka_survive_the_end_of_up(tmp_path: Path, report: FaultReport) -> None:
    settings = up_settings(tmp_path, APACHE)
    notes: list[str] = []
    with running_monitor(settings, workers=1, notify=notes.append) as monitor:
        send(monitor.settings, dated_values(POSTS))
        for worker in monitor._workers:
            worker.pause(lambda: True)  # killed, however far it is
        send(monitor.settings, dated_values(POSTS, first=POSTS))
    assert any("were not read yet; the broker has them on disk" in note for note in notes), notes
    with running_monitor(settings, workers=1, notify=notes.append) as monitor:
        seconds = supervise_until(monitor, is_caught_up(monitor, 2 * POSTS, 2 * POSTS // 5))
        ids = [str(number) for number in range(2 * POSTS)]
        damage = count_damage(monitor.settings, ids, ids[::5])
    report.add("`up --broker kafka` ends and starts", damage, broker=APACHE, recovery_s=seconds)
    assert damage.lost == damage.doubled == 0

"""Postgres restarts, ends sessions and deadlocks, and becomes read-only: all posts are stored once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from monitor.embedded import Postgres
from monitor.settings import Settings
from tests.faults.conftest import TANSU, behind_gate
from tests.faults.damage import Damage, count_damage
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.flow.conftest import send, tweet_values
from tests.gate import Gate
from tests.processes import running, wait_for

IMPATIENT = {"ADE_WORKER__RETRY_MAX_WAIT": "0.5", "ADE_WORKER__BATCH_SIZE": "64"}


def admin_of(settings: Settings) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection to the database of the case, which another one may end."""
    return psycopg.connect(settings.database.url.get_secret_value(), autocommit=True)


END_SESSIONS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'ade-monitor'"
)


def test_a_restart_of_postgres_under_load(
    own_postgres: Postgres, on_own_postgres: Settings, report: FaultReport, tmp_path: Path
) -> None:
    settings, sent = on_own_postgres, 0
    damages = {}
    with running(settings, tmp_path, "worker", **IMPATIENT) as worker:
        for way in ("fast", "immediate"):
            with Load(settings, first=sent) as load:
                for _ in range(2):
                    wait_for(lambda sent=sent: stored_posts(settings) > sent, PATIENCE, watching=worker)
                    time.sleep(1)
                    _stop(own_postgres, way)
                    time.sleep(1)
                    own_postgres.restart()
            recovery_s = load.wait_until_done(settings, worker)
            sent = load.end
            damages[way] = load.damage(settings)
            report.add(
                f"Postgres restarts ({way})", damages[way], broker=TANSU, runs=2, recovery_s=recovery_s
            )
        assert worker.stop() == 0, worker.output()
    assert set(damages.values()) == {Damage(lost=0, doubled=0)}, damages


def _stop(server: Postgres, way: str) -> None:
    if way == "fast":
        server.stop()
        return
    child = server.child
    assert child
    os.kill(child.pid, signal.SIGQUIT)
    wait_for(lambda: child.exit_status() is not None)
    server.child = None


def test_sessions_that_are_ended_and_connections_that_are_cut(
    migrated: Settings, database_gate: Gate, report: FaultReport, tmp_path: Path
) -> None:
    cuts, ends = 10, 20
    with running(behind_gate(migrated, database_gate), tmp_path, "worker", **IMPATIENT) as worker:
        with Load(migrated) as load, admin_of(migrated) as admin:
            wait_for(lambda: stored_posts(migrated) > 0, PATIENCE, watching=worker)
            for number in range(cuts):
                # A batch has some kilobytes: these bytes end within its statements, each time at another one.
                database_gate.cut_after(1_500 + 700 * number)
                wait_for(lambda number=number: database_gate.cuts > number, PATIENCE, watching=worker)
            ended = 0
            while ended < ends:
                ended += admin.execute(END_SESSIONS).fetchone()[0]
                time.sleep(0.1)
        recovery_s = load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(migrated)
    report.add("connections to Postgres cut", damage, broker=TANSU, runs=cuts + ended, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def test_the_victim_of_a_deadlock_tries_again(
    migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    runs = 5
    moment = 1_780_000_000_000  # so that all posts are in one hour, and one row has their count
    with running(migrated, tmp_path, "worker", **IMPATIENT) as worker, admin_of(migrated) as other:
        send(migrated, tweet_values(100), timestamp_ms=moment)
        wait_for(lambda: stored_posts(migrated) == 100, PATIENCE, watching=worker)
        # The other session waits for longer, so the worker finds the deadlock, and becomes its victim.
        other.execute("SET deadlock_timeout = '60s'")
        started = time.monotonic()
        for run in range(1, runs + 1):
            with other.transaction():
                other.execute("SELECT FROM hourly_counts FOR UPDATE")
                send(migrated, tweet_values(100, first=100 * run), timestamp_ms=moment)
                wait_for(lambda: _waits(migrated), PATIENCE, watching=worker)
                other.execute("UPDATE progress SET next_offset = next_offset")
            sent = 100 * (run + 1)
            wait_for(lambda sent=sent: stored_posts(migrated) == sent, PATIENCE, watching=worker)
        recovery_s = (time.monotonic() - started) / runs
        [(deadlocks,)] = other.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchall()
        load = Load(migrated)
        load.count = 100 * (runs + 1)
        load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    damage = count_damage(migrated, load.ids, load.alerting, dated=False)  # all are of one hour
    report.add("deadlock", damage, broker=TANSU, runs=runs, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)
    assert deadlocks >= runs


def _waits(settings: Settings) -> bool:
    with admin_of(settings) as connection:
        waiting = connection.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'ade-monitor' AND wait_event_type = 'Lock'"
        )
        return waiting.fetchone() is not None


def test_sessions_that_began_while_the_database_was_read_only_are_left(
    migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    name = urlsplit(migrated.database.url.get_secret_value()).path.lstrip("/")
    with running(migrated, tmp_path, "worker", **IMPATIENT) as worker, admin_of(migrated) as admin:
        with Load(migrated) as load:
            wait_for(lambda: stored_posts(migrated) > 0, PATIENCE, watching=worker)
            admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            admin.execute(END_SESSIONS)
            time.sleep(3)  # the load goes on, so a session begins, and its writes are refused
            admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        recovery_s = load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(migrated)
    report.add("Postgres read-only", damage, broker=TANSU, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)

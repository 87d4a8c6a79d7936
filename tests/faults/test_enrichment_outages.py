"""Postgres or Redis away while posts are enriched: the rows and alerts of a run without faults."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from monitor.settings import RedisSettings, Settings
from tests.faults.conftest import TANSU, behind_gate, on_fresh_topic
from tests.faults.enriched_posts import enriched_values, with_enrichment
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.faults.stored_rows import difference, explained, own_tables, stored_rows, waiting_alerts
from tests.flow.conftest import send
from tests.gate import Gate
from tests.processes import RunningCommand, running, wait_for

IMPATIENT = {
    "ADE_WORKER__RETRY_MAX_WAIT": "0.5",
    "ADE_WORKER__BATCH_SIZE": "32",
    "ADE_WORKER__LANGUAGES": "*",
}
OUTAGES, CUTS = 3, 8
AWAY_S = 1.5


@pytest.mark.parametrize("server", ["Postgres", "Redis"])
def test_an_outage_while_posts_are_enriched_changes_no_row_and_no_alert(
    server: str, migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    settings = on_fresh_topic(
        with_enrichment(migrated, tmp_path), migrated.kafka.bootstrap_servers, partitions=1
    )
    is_postgres = server == "Postgres"
    url = settings.database.url if is_postgres else settings.redis.url
    gate = Gate(urlsplit(url.get_secret_value()).port)
    through = behind_gate(settings, gate) if is_postgres else _redis_behind(settings, gate)
    with running(through, tmp_path, "worker", **IMPATIENT) as worker:
        with Load(settings, values=enriched_values, pause=0.5) as load:
            cuts = _cut(gate, settings, worker) if is_postgres else 0
            for _ in range(OUTAGES):
                before = stored_posts(settings)
                wait_for(lambda before=before: stored_posts(settings) > before, PATIENCE, watching=worker)
                gate.shut()
                time.sleep(AWAY_S)
                gate.open()
        recovery_s = _wait_until_done(settings, load.count, worker)
        assert worker.stop() == 0, worker.output()
    gate.shut()
    with own_tables(settings) as tables:
        undisturbed = on_fresh_topic(tables, settings.kafka.bootstrap_servers, partitions=1)
        send(undisturbed, enriched_values(load.count, 0))
        with running(undisturbed, tmp_path, "worker", **IMPATIENT) as worker:
            _wait_until_done(undisturbed, load.count, worker)
            assert worker.stop() == 0, worker.output()
        expected, rows = stored_rows(undisturbed), stored_rows(settings)
    damage = difference(expected, rows)
    fault = f"{server} away while posts are enriched, all rows compared"
    report.add(fault, damage, broker=TANSU, runs=OUTAGES + cuts, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0), explained(expected, rows)


def _redis_behind(settings: Settings, gate: Gate) -> Settings:
    url = settings.redis.url.get_secret_value()
    redis = RedisSettings(url=SecretStr(url.replace(f":{urlsplit(url).port}", f":{gate.port}")))
    return settings.model_copy(update={"redis": redis})


def _cut(gate: Gate, settings: Settings, worker: RunningCommand) -> int:
    """Cut connections within the statements of a transaction, each time at another one."""
    wait_for(lambda: stored_posts(settings) > 0, PATIENCE, watching=worker)
    for number in range(CUTS):
        gate.cut_after(2_000 + 1_500 * number)
        wait_for(lambda number=number: gate.cuts > number, PATIENCE, watching=worker)
    return CUTS


def _wait_until_done(settings: Settings, count: int, worker: RunningCommand) -> float:
    """Wait until all posts are stored and all alerts are in the stream, and return the seconds."""
    started = time.monotonic()
    wait_for(lambda: stored_posts(settings) >= count, PATIENCE, watching=worker)
    wait_for(lambda: waiting_alerts(settings) == 0, PATIENCE, watching=worker)
    return time.monotonic() - started

"""Workers that are killed while they enrich posts: the rows and alerts are those of a run without faults."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
from kafka import KafkaProducer

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker, on_fresh_topic
from tests.faults.damage import Damage
from tests.faults.enriched_posts import enriched_values, with_enrichment
from tests.faults.kill_server import KillServer
from tests.faults.kill_steps import ENRICHMENT_STEPS
from tests.faults.report import FaultReport
from tests.faults.stored_rows import difference, explained, own_tables, stored_rows, waiting_alerts
from tests.processes import wait_for

CHAINS = 2
"""Workers at the same time, each with a topic and a database of its own."""

SLICE = 40
"""Posts that are sent before each kill."""

SEND_AGAIN_AFTER = 20.0
PATIENCE = 300.0


class Chain:
    """Workers that follow each other on the same posts in the same order.

    Args:
        settings: with a topic of one partition, and a database of its own.
        server: starts the workers, one at a time.
    """

    def __init__(self, settings: Settings, server: KillServer) -> None:
        self.settings = settings
        self.sent = 0
        self._producer = KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)
        self._server = server

    def kill_worker(self, step: str, visit: int) -> None:
        """Kill a worker at a visit of a step."""
        self.send_until(self.sent + SLICE)
        self._server.start_worker(step, visit, settings=self.settings)
        deadline = time.monotonic() + PATIENCE
        while (status := self._server.next_number(SEND_AGAIN_AFTER)) is None:
            assert time.monotonic() < deadline, f"never at {step}\n{self._server.last_lines()}"
            self.send_until(self.sent + SLICE)
        assert status == -9, f"{status} instead of a kill at {step}\n{self._server.last_lines()}"

    def send_until(self, count: int) -> None:
        """Send further posts, so that there are `count` of them."""
        values = enriched_values(count - self.sent, self.sent)
        futures = [self._producer.send(self.settings.kafka.topic, value) for value in values]
        for future in futures:
            future.get(60)
        self.sent = count

    def finish(self, count: int) -> float:
        """Make a worker read `count` posts, and return the seconds until all is written and published."""
        self.send_until(count)
        started = time.monotonic()
        self._server.start_worker(settings=self.settings)
        wait_for(lambda: self._stored() >= self.sent and waiting_alerts(self.settings) == 0, PATIENCE)
        seconds = time.monotonic() - started
        os.kill(self._server.pid, signal.SIGTERM)
        assert self._server.next_number(PATIENCE) == 0, self._server.last_lines()
        return seconds

    def close(self) -> None:
        """Close the connection to the broker."""
        self._producer.close()

    def _stored(self) -> int:
        with psycopg.connect(self.settings.database.url.get_secret_value()) as connection:
            [(stored,)] = connection.execute("SELECT coalesce(sum(seen), 0) FROM hourly_counts")
        return int(stored)


def test_kills_at_every_step_of_the_enrichment_leave_the_rows_of_a_run_without_faults(
    each_broker: FaultBroker, migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    settings = _quick(with_enrichment(migrated, tmp_path))
    with ThreadPoolExecutor(CHAINS) as threads, ExitStack() as stack:
        servers = [
            stack.enter_context(closing(KillServer(settings, tmp_path / f"{number}.log")))
            for number in range(CHAINS)
        ]

        def chain(server: KillServer) -> Chain:
            tables = stack.enter_context(own_tables(settings))
            fresh = on_fresh_topic(tables, each_broker.bootstrap, partitions=1)
            return stack.enter_context(closing(Chain(fresh, server)))

        chains = [chain(server) for server in servers]
        list(threads.map(_kill_workers, chains, range(CHAINS)))
        most = max(each.sent for each in chains)
        recovery_s = max(threads.map(lambda each: each.finish(most), chains))
        undisturbed = chain(servers[0])
        undisturbed.finish(most)
        expected = stored_rows(undisturbed.settings)
        results = [stored_rows(each.settings) for each in chains]
    damages = [difference(expected, rows) for rows in results]
    damage = Damage(sum(each.lost for each in damages), sum(each.doubled for each in damages))
    report.add(
        f"SIGKILL at {len(ENRICHMENT_STEPS)} steps of the enrichment, all rows compared",
        damage,
        broker=each_broker.name,
        runs=len(ENRICHMENT_STEPS),
        recovery_s=recovery_s,
    )
    assert {row[0] for row in expected} >= {"post_copies", "cases", "post_facts", "alert_cooldowns", "stream"}
    assert damage == Damage(0, 0), [explained(expected, rows) for rows in results]


def _kill_workers(chain: Chain, number: int) -> None:
    for place in range(number, len(ENRICHMENT_STEPS), CHAINS):
        chain.kill_worker(ENRICHMENT_STEPS[place].name, visit=1 + place // CHAINS % 2)


def _quick(settings: Settings) -> Settings:
    """Return settings with small batches, and without the detector of languages, which loads slowly."""
    worker = settings.worker.model_copy(update={"batch_size": 12, "batch_wait": 0.1, "languages": ()})
    return settings.model_copy(update={"worker": worker})

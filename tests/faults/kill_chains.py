"""Chains of workers that are killed one after the other, at each step between read and commit."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
from kafka import KafkaProducer

from monitor.deadletters import read_letters
from monitor.settings import Settings
from tests.faults.conftest import FaultBroker, on_fresh_topic
from tests.faults.damage import Damage, count_damage, uncounted_offsets
from tests.faults.dated_posts import dated
from tests.faults.kill_server import KillServer
from tests.faults.kill_steps import STEPS
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults
from tests.processes import wait_for

CHAINS = 4
"""Workers at the same time, each with a topic and a group of its own, on the same tables."""

POSTS, INVALID, DELETIONS = 50, 4, 6
LAST_BATCHES = 200
"""Messages in a batch of the last worker of a chain."""

SEND_AGAIN_AFTER = 20.0
"""Seconds after which a worker that has not come to its step gets more messages."""

PATIENCE = 300.0


class Chain:
    """Workers that follow each other, and the messages of their topic.

    Args:
        number: of the chain, from 0. The ids of its posts begin with it.
        settings: with its topic and its group.
        folder: where the workers' log goes.
    """

    def __init__(self, number: int, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.posts: list[str] = []
        self.invalid = self.deletions = 0
        self._number = number
        self._producer = KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers)
        self._server = KillServer(settings, folder / f"chain-{number}.log")

    def kill_workers(self, kills: int) -> None:
        """Kill as many workers, one after the other, at alternating steps."""
        for run in range(kills):
            place = self._number + run * CHAINS
            step, visit = STEPS[place % len(STEPS)], 1 + place // len(STEPS) % 3
            self.send()
            self._server.start_worker(step.name, visit)
            deadline = time.monotonic() + PATIENCE
            while (status := self._server.next_number(SEND_AGAIN_AFTER)) is None:
                assert time.monotonic() < deadline, f"never at {step.name}\n{self._server.last_lines()}"
                self.send()
            assert status == -9, f"{status} instead of a kill at {step.name}\n{self._server.last_lines()}"

    def send(self) -> None:
        """Send posts, every fifth of them with an effect, broken messages and deletions, well mixed."""
        values = list(self._messages())
        futures = [
            self._producer.send(self.settings.kafka.topic, value, partition=place % 4)
            for place, value in enumerate(values)
        ]
        for future in futures:
            future.get(60)

    def _messages(self) -> Iterator[bytes]:
        for number in range(POSTS):
            tweet_id = f"{self._number + 1}{len(self.posts):07}"
            effect = "what a headache" if len(self.posts) % 5 == 0 else "all is well"
            self.posts.append(tweet_id)
            yield dated(json.dumps({"id": tweet_id, "text": f"day {tweet_id} on zoloft, {effect}"}).encode())
            if number % (POSTS // INVALID) == 0 and number // (POSTS // INVALID) < INVALID:
                self.invalid += 1
                yield b"{"
            if number % (POSTS // DELETIONS) == 1 and number // (POSTS // DELETIONS) < DELETIONS:
                self.deletions += 1
                gone = f"9{self._number}{self.deletions:07}"
                yield json.dumps({"tombstone": {"event": "delete", "id": gone}}).encode()

    def start_last_worker(self) -> None:
        """Start a worker that nobody kills, with larger batches, because much is left for it."""
        worker = self.settings.worker.model_copy(update={"batch_size": LAST_BATCHES})
        self._server.start_worker(settings=self.settings.model_copy(update={"worker": worker}))

    def stop_last_worker(self) -> int | None:
        """Stop it, and return its exit status."""
        os.kill(self._server.pid, signal.SIGTERM)
        return self._server.next_number(PATIENCE)

    def lost_letters(self) -> int:
        """Return how many broken messages have no letter. One may have several."""
        names = ("ade-partition", "ade-offset")
        letters = read_letters(self.settings.kafka)
        return self.invalid - len({tuple(letter.headers[name] for name in names) for letter in letters})

    def close(self) -> None:
        """End what is left."""
        self._producer.close()
        self._server.close()


def kill_in_chains(
    kills: int,
    broker: FaultBroker,
    migrated: Settings,
    results: FlowResults,
    report: FaultReport,
    folder: Path,
) -> None:
    """Kill so many workers, report what was lost or doubled, and fail if anything was.

    Args:
        kills: a multiple of `CHAINS`.
        broker: where the chains have their topics.
        migrated: with the database of all chains.
        results: of this database.
        report: gets the line.
        folder: for the logs.
    """
    with ThreadPoolExecutor(CHAINS) as threads, ExitStack() as stack:
        chains = [
            stack.enter_context(closing(Chain(number, _quick(migrated, broker), folder)))
            for number in range(CHAINS)
        ]
        list(threads.map(lambda chain: chain.kill_workers(kills // CHAINS), chains))
        started = time.monotonic()
        for chain in chains:
            chain.start_last_worker()
        sent = [tweet_id for chain in chains for tweet_id in chain.posts]
        alerting = [tweet_id for chain in chains for tweet_id in chain.posts[::5]]
        wait_for(lambda: results.scored() >= len(sent), PATIENCE)
        wait_for(lambda: _waiting_alerts(migrated) == 0, PATIENCE)
        recovery_s = time.monotonic() - started
        statuses = [chain.stop_last_worker() for chain in chains]
        damage = count_damage(migrated, sent, alerting)
        uncounted = sum(len(uncounted_offsets(chain.settings)) for chain in chains)
        [(deletions,)] = results.rows("SELECT count(*) FROM compliance_events")
        lost = (
            max(damage.lost, uncounted)
            + sum(chain.lost_letters() for chain in chains)
            + abs(sum(chain.deletions for chain in chains) - deletions)
        )
    report.add(
        f"SIGKILL at {len(STEPS)} steps from read to commit",
        Damage(lost, damage.doubled),
        broker=broker.name,
        runs=kills,
        recovery_s=recovery_s,
    )
    assert (lost, damage.doubled) == (0, 0)
    assert statuses == [0] * CHAINS


def _quick(settings: Settings, broker: FaultBroker) -> Settings:
    """Return settings for a fresh topic, with small batches and a short session."""
    fresh = on_fresh_topic(settings, broker.bootstrap)
    kafka = fresh.kafka.model_copy(update={"session_timeout": 6, "heartbeat_interval": 1})
    # The languages of all posts: loading the detector would take half of a start.
    worker = fresh.worker.model_copy(update={"batch_size": 12, "batch_wait": 0.1, "languages": ()})
    return fresh.model_copy(update={"kafka": kafka, "worker": worker})


def _waiting_alerts(settings: Settings) -> int:
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        [(waiting,)] = connection.execute("SELECT count(*) FROM alert_outbox WHERE published_at IS NULL")
    return int(waiting)

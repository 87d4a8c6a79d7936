"""Two brokers: one of them dies, stops or hangs, or partitions move. The other one takes over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from monitor.settings import Settings
from tests.apache_kafka import ApacheKafka, apache_kafka
from tests.faults.conftest import APACHE, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.report import FaultReport
from tests.faults.steady_producer import SteadyProducer, steady_posts
from tests.flow.conftest import FlowResults
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 300.0
POSTS = 300
"""Posts before, in and after a fault."""

Act = Callable[[ApacheKafka, int], None]


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Two brokers; the first one alone is the controller. Each topic is on both."""
    with apache_kafka(tmp_path_factory.mktemp("two-nodes"), nodes=2) as kafka:
        yield kafka


@pytest.fixture
def on_two_nodes(two_nodes: ApacheKafka, migrated: Settings) -> Settings:
    """As `migrated`, with a fresh topic on both brokers."""
    settings = on_fresh_topic(migrated, two_nodes.bootstrap)
    wait_for(lambda: are_in_sync(settings), PATIENCE)
    return settings


@pytest.mark.parametrize(
    ("how", "harm", "repair"),
    [
        ("dies", ApacheKafka.kill_node, ApacheKafka.start_node),
        ("stops", ApacheKafka.stop_node, ApacheKafka.start_node),
        ("hangs", ApacheKafka.pause_node, ApacheKafka.resume_node),
    ],
    ids=["dies", "stops", "hangs"],
)
def test_the_other_broker_takes_over_and_nothing_is_lost(
    how: str,
    harm: Act,
    repair: Act,
    two_nodes: ApacheKafka,
    on_two_nodes: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    with running(on_two_nodes, tmp_path, "worker") as worker:
        with steady_posts(on_two_nodes) as posts:
            posts.wait_for_more(POSTS, PATIENCE)
            wait_for(lambda: results.scored() > 0, PATIENCE, watching=worker)
            harm(two_nodes, 2)
            harmed = time.monotonic()
            try:
                posts.wait_for_more(POSTS, PATIENCE)
                before = set(posts.acknowledged)
                wait_for(lambda: results.scored() >= len(before), PATIENCE, watching=worker)
                recovery_s = time.monotonic() - harmed
            finally:
                repair(two_nodes, 2)
            wait_for(lambda: are_in_sync(on_two_nodes), PATIENCE, watching=worker)
            posts.wait_for_more(POSTS, PATIENCE)
        check(f"one of two brokers {how}", posts, on_two_nodes, results, report, worker, recovery_s)


def test_partitions_that_move_to_another_broker_are_read_on(
    two_nodes: ApacheKafka,
    on_two_nodes: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    with running(on_two_nodes, tmp_path, "worker") as worker:
        with steady_posts(on_two_nodes) as posts:
            posts.wait_for_more(POSTS, PATIENCE)
            for node in (1, 2):
                move_to(node, two_nodes, on_two_nodes, tmp_path)
                wait_for(lambda node=node: replicas(on_two_nodes) == {(node,)}, PATIENCE, watching=worker)
                posts.wait_for_more(POSTS, PATIENCE)
        ended = time.monotonic()
        wait_for(lambda: results.scored() >= len(posts.acknowledged), PATIENCE, watching=worker)
        recovery_s = time.monotonic() - ended
        check("partitions move to another broker", posts, on_two_nodes, results, report, worker, recovery_s)


def check(
    fault: str,
    posts: SteadyProducer,
    settings: Settings,
    results: FlowResults,
    report: FaultReport,
    worker: RunningCommand,
    recovery_s: float,
) -> None:
    """Wait until everything is there, stop the worker, and report what was lost."""
    wait_for(lambda: results.scored() >= len(posts.acknowledged), PATIENCE, watching=worker)
    wait_for(lambda: len(results.alerts()) >= len(posts.alerting), PATIENCE, watching=worker)
    wait_for(lambda: posts.lost_letters() == 0, PATIENCE, watching=worker)
    assert worker.stop() == 0, worker.output()
    damage = count_damage(settings, posts.acknowledged, posts.alerting)
    report.add(fault, damage, broker=APACHE, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def described(settings: Settings) -> list[dict[str, object]]:
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers.split(","))
    try:
        [topic] = admin.describe_topics([settings.kafka.topic])
    finally:
        admin.close()
    partitions: list[dict[str, object]] = topic["partitions"]
    return partitions


def are_in_sync(settings: Settings) -> bool:
    return all(sorted(part["isr_nodes"]) == [1, 2] for part in described(settings))


def replicas(settings: Settings) -> set[tuple[int, ...]]:
    return {tuple(part["replica_nodes"]) for part in described(settings)}


def move_to(node: int, kafka: ApacheKafka, settings: Settings, folder: Path) -> None:
    """Move all partitions of the topic to one broker."""
    topic = settings.kafka.topic
    plan = [{"topic": topic, "partition": number, "replicas": [node]} for number in range(4)]
    file = folder / f"move-to-{node}.json"
    file.write_text(json.dumps({"version": 1, "partitions": plan}))
    kafka.run_tool("reassign", "--reassignment-json-file", str(file), "--execute")

"""What brokers do to clients: close idle connections, slow them down, restart, and refuse large messages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from monitor.deadletters import read_letters
from monitor.settings import Settings
from tests.apache_kafka import ApacheKafka, apache_kafka
from tests.faults.conftest import APACHE, FaultBroker, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.faults.steady_producer import steady_posts
from tests.flow.conftest import FlowResults, send
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 300.0
IDLE_MS = 3_000
"""Milliseconds after which this broker closes an idle connection."""

POSTS = 300
MB = 1_000_000
CODECS = ("gzip", "snappy", "lz4", "zstd")


@pytest.fixture(scope="module")
def impatient_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """An Apache Kafka that closes idle connections soon, and that a case may restart."""
    settings = {"connections.max.idle.ms": str(IDLE_MS)}
    with apache_kafka(tmp_path_factory.mktemp("impatient"), settings=settings) as kafka:
        yield kafka


@pytest.fixture
def on_impatient(impatient_kafka: ApacheKafka, migrated: Settings) -> Settings:
    """As `migrated`, with a fresh topic on that broker."""
    return on_fresh_topic(migrated, impatient_kafka.bootstrap)


def finish(
    fault: str,
    broker: str,
    posts: int,
    settings: Settings,
    results: FlowResults,
    report: FaultReport,
    worker: RunningCommand,
) -> None:
    """Wait for all posts and their alerts, stop the worker, and report what was lost."""
    started = time.monotonic()
    wait_for(lambda: results.scored() >= posts, PATIENCE, watching=worker)
    wait_for(lambda: len(results.alerts()) >= (posts + 4) // 5, PATIENCE, watching=worker)
    recovery_s = time.monotonic() - started
    assert worker.stop() == 0, worker.output()
    damage = count_damage(settings, set(map(str, range(posts))), set(map(str, range(0, posts, 5))))
    report.add(fault, damage, broker=broker, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def test_connections_that_are_closed_as_idle_lose_nothing(
    on_impatient: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with running(on_impatient, tmp_path, "worker") as worker:
        for first in range(0, POSTS, POSTS // 3):
            # A broken message: the connection for dead letters is idle most of the time.
            send(on_impatient, [*dated_values(POSTS // 3, first=first), b"{"])
            wait_for(lambda first=first: results.scored() >= first + POSTS // 3, PATIENCE, watching=worker)
            time.sleep(3 * IDLE_MS / 1_000)
        finish("connections closed as idle", APACHE, POSTS, on_impatient, results, report, worker)
    assert len({letter.headers["ade-offset"] for letter in read_letters(on_impatient.kafka)}) >= 1


@pytest.mark.parametrize("how", ["dies", "stops"])
def test_a_broker_that_restarts_with_its_data_loses_nothing(
    how: str,
    impatient_kafka: ApacheKafka,
    on_impatient: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    with running(on_impatient, tmp_path, "worker") as worker:
        with steady_posts(on_impatient) as posts:
            posts.wait_for_more(POSTS, PATIENCE)
            wait_for(lambda: results.scored() > 0, PATIENCE, watching=worker)
            (impatient_kafka.kill_node if how == "dies" else impatient_kafka.stop_node)(1)
            time.sleep(3)
            impatient_kafka.start_node(1)
            started = time.monotonic()
            posts.wait_for_more(POSTS, PATIENCE)
        wait_for(lambda: results.scored() >= len(posts.acknowledged), PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        wait_for(lambda: len(results.alerts()) >= len(posts.alerting), PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
        damage = count_damage(on_impatient, posts.acknowledged, posts.alerting)
        report.add(f"the only broker {how}, restart", damage, broker=APACHE, recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)


def test_a_broker_that_slows_its_clients_down_loses_nothing(
    impatient_kafka: ApacheKafka,
    on_impatient: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    quota = ("--entity-type", "clients", "--entity-default")
    rates = "consumer_byte_rate=20000,producer_byte_rate=20000"
    impatient_kafka.run_tool("configs", "--alter", "--add-config", rates, *quota)
    try:
        with running(on_impatient, tmp_path, "worker") as worker:
            # The letters are slowed down, too.
            send(on_impatient, [*dated_values(POSTS * 5), *[b"{" * 500] * 200])
            finish("quotas on bytes", APACHE, POSTS * 5, on_impatient, results, report, worker)
        assert len(list(read_letters(on_impatient.kafka))) >= 200
    finally:
        impatient_kafka.run_tool(
            "configs", "--alter", "--delete-config", "consumer_byte_rate,producer_byte_rate", *quota
        )


def test_letters_over_the_limit_of_the_broker_are_sent_shorter(
    on_impatient: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    allow(on_impatient.kafka.bootstrap_servers, on_impatient.kafka.dead_letter_topic, 20_000)
    with running(on_impatient, tmp_path, "worker") as worker:
        broken = b"{" * 300_000
        send(on_impatient, [*dated_values(10), broken, b"{", *dated_values(10, first=10)])
        finish("dead letters over the limit", APACHE, 20, on_impatient, results, report, worker)
    letters = read_letters(on_impatient.kafka)
    lengths = {letter.headers["ade-value-length"]: len(letter.value) for letter in letters}
    assert lengths["1"] == 1
    assert 5_000 < lengths[str(len(broken))] < 20_000


def test_messages_of_nine_megabytes_become_short_letters_and_the_rest_is_read(
    on_impatient: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    allow(on_impatient.kafka.bootstrap_servers, on_impatient.kafka.topic, 20 * MB)
    with running(on_impatient, tmp_path, "worker") as worker:
        send(on_impatient, dated_values(25))
        send_large(on_impatient, [b"{" * 9 * MB, b" " * 9 * MB])
        send(on_impatient, dated_values(25, first=25))
        finish("messages of 9 MB", APACHE, 50, on_impatient, results, report, worker)
    letters = list(read_letters(on_impatient.kafka))
    assert [letter.reason for letter in letters] == ["too-large"] * 2
    assert all(len(letter.value) < MB for letter in letters)


async def test_every_codec_and_messages_without_a_value_are_read(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    kafka = on_broker.kafka
    with running(on_broker, tmp_path, "worker") as worker:
        for place, codec in enumerate(CODECS):
            async with AIOKafkaProducer(
                bootstrap_servers=kafka.bootstrap_servers, compression_type=codec, linger_ms=50
            ) as producer:
                for value in dated_values(POSTS, first=place * POSTS):
                    await producer.send(kafka.topic, value, key=value[:12])
                await producer.send(kafka.topic, None, key=codec.encode())
        posts = POSTS * len(CODECS)
        finish("every codec, and null values", each_broker.name, posts, on_broker, results, report, worker)
    letters = list(read_letters(kafka))
    assert {(letter.key, letter.reason) for letter in letters} == {
        (codec.encode(), "empty") for codec in CODECS
    }


def allow(bootstrap: str, topic: str, size: int) -> None:
    """Make a topic take messages of at most `size` bytes."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(size)})])
    admin.close()


def send_large(settings: Settings, values: list[bytes]) -> None:
    """Send values of many megabytes."""
    producer = KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, max_request_size=50 * MB)
    for value in values:
        producer.send(settings.kafka.topic, value).get(60)
    producer.close()

"""Bytes that changed on the broker's disk: each batch that can be read is read, and letters name the rest.

Kafka checks a batch when a producer sends it, and never again. A wrong length is worse than a wrong byte: the
broker itself does not find what lies behind it.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaProducer

from monitor.deadletters import read_letters
from monitor.settings import Settings
from tests.apache_kafka import ApacheKafka
from tests.faults.conftest import APACHE, on_fresh_topic
from tests.faults.damage import Damage, count_damage, uncounted_offsets
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.faults.test_positions import PATIENCE, lags, offsets_in
from tests.flow.conftest import FlowResults, send
from tests.processes import running, wait_for

MARK = b"to be damaged 7"
POSTS, DAMAGED = 350, 20
LENGTH = 8
"""Place of the length in a batch; it counts everything after itself."""

VARIABLES = {"ADE_KAFKA__EMPTY_ANSWER_PAUSE": "3"}
"""A minute by default, which three answers would take each."""


def changed_byte(content: bytes, _place: int) -> bytes:
    return content.replace(MARK, MARK.upper())


def length_too_small(content: bytes, place: int) -> bytes:
    return content[: place + LENGTH] + struct.pack(">i", 7) + content[place + LENGTH + 4 :]


def length_too_large(content: bytes, place: int) -> bytes:
    return content[: place + LENGTH] + struct.pack(">i", 1 << 30) + content[place + LENGTH + 4 :]


def start_of_batch(content: bytes, text: bytes) -> int:
    """Return where the batch with this text starts in the file of a log."""
    place = 0
    while True:
        end = place + LENGTH + 4 + struct.unpack_from(">i", content, place + LENGTH)[0]
        if place <= content.index(text) < end:
            return place
        place = end


@pytest.mark.parametrize(
    "damage", [changed_byte, length_too_small, length_too_large], ids=lambda act: str(act.__name__)
)
def test_a_batch_that_changed_on_disk_does_not_stop_the_rest(
    damage: Callable[[bytes, int], bytes],
    own_kafka: ApacheKafka,
    migrated: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    settings = on_fresh_topic(migrated, own_kafka.bootstrap)
    send(settings, dated_values(50))
    send_marks(settings)
    # Enough for another entry in the broker's index.
    for first in range(50, POSTS, 50):
        send(settings, dated_values(50, first=first))
    own_kafka.stop_node(1)
    harm_the_file(own_kafka, settings, damage)
    own_kafka.start_node(1)
    with running(settings, tmp_path, "worker", **VARIABLES) as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        started = time.monotonic()
        wait_for(lambda: lags(settings) == [0] * 4, PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        assert worker.stop() == 0, worker.output()
    named = check(
        f"damaged on disk: {damage.__name__.replace('_', ' ')}", settings, results, report, recovery_s
    )
    # What the broker does not find, no client can read. All other batches are whole.
    assert named == DAMAGED or damage is length_too_large


def test_damage_before_our_offset_makes_the_broker_stumble_and_does_not_stop_the_rest(
    own_kafka: ApacheKafka, migrated: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    settings = on_fresh_topic(migrated, own_kafka.bootstrap)
    with running(settings, tmp_path, "worker") as worker:
        send(settings, dated_values(50))
        send_marks(settings)
        wait_for(lambda: lags(settings) == [0] * 4, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    # While it runs: with such damage behind the last entry of its index, Kafka does not start.
    harm_the_file(own_kafka, settings, length_too_small)
    for first in range(50, POSTS, 50):
        send(settings, dated_values(50, first=first))
    with running(settings, tmp_path, "worker") as worker:
        started = time.monotonic()
        wait_for(lambda: lags(settings) == [0] * 4, PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        assert "the broker cannot read its log here" in worker.output()
        assert worker.stop() == 0, worker.output()
    check("damaged on disk, before our offset", settings, results, report, recovery_s)


def check(
    fault: str, settings: Settings, results: FlowResults, report: FaultReport, recovery_s: float
) -> int:
    """Report the case, and return how many offsets letters name as damaged; no other may be missing."""
    letters = list(read_letters(settings.kafka))
    named = offsets_in([letter for letter in letters if letter.reason == "damaged-batch"])
    refused = len({letter.headers["ade-offset"] for letter in letters if letter.reason == "not-json"})
    missing = POSTS + DAMAGED - results.scored() - refused - named
    # What nobody can read is named by letters, and nothing else is.
    missing = max(missing, len(uncounted_offsets(settings)) - named, key=abs)
    damage = Damage(lost=max(0, missing), doubled=max(0, -missing))
    damage += Damage(0, count_damage(settings, {str(number) for number in range(POSTS)}).doubled)
    report.add(fault, damage, broker=APACHE, recovery_s=recovery_s)
    assert damage == Damage(0, 0)
    return named


def harm_the_file(kafka: ApacheKafka, settings: Settings, damage: Callable[[bytes, int], bytes]) -> None:
    """Change the file with the marks in its place."""
    [path] = kafka.files_with(MARK, settings.kafka.topic)
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.write(damage(content, start_of_batch(content, MARK)))


def send_marks(settings: Settings) -> None:
    """Send a batch that is to be damaged. It has no posts."""
    producer = KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, linger_ms=2_000)
    values = [b"%s, message %d" % (MARK, number) for number in range(DAMAGED)]
    futures = [producer.send(settings.kafka.topic, value, partition=2) for value in values]
    [future.get(30) for future in futures]
    producer.close()

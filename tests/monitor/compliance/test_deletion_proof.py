"""Thousands of posts and their deletions in any order, through two workers: nothing of the deleted is left.

The files of PostgreSQL and Valkey are searched byte by byte, after what docs/compliance.md tells operators to
do. The figures on that page are those of the slow test.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis
import structlog
from pydantic import SecretStr

from monitor.alerts import Relay
from monitor.alerts.redis import RedisPublisher
from monitor.compliance import LetterScrubber, read_compliance_report
from monitor.deadletters import DeadLetter, read_letters
from monitor.embedded import Postgres, Valkey
from monitor.ingest import KafkaEvent, read_events, start_batch
from monitor.kafka import open_producer
from monitor.settings import (
    AlertSettings,
    DatabaseSettings,
    KafkaSettings,
    PrivacySettings,
    RedisSettings,
    Settings,
    StoreSettings,
)
from monitor.store import Store, upgrade_database
from monitor.stream.sink import WriteBatches
from monitor.stream.stages import SendDeadLetters
from tests.monitor.compliance.traffic import ID, MARK, Traffic, make_traffic, marks_in, raise_alerts, score
from tests.monitor.store.batches import Tables
from tests.monitor.stream.scorers import PickyScorer

log = structlog.get_logger()

BATCH = 100

# As docs/compliance.md prescribes.
CLEANING = [
    "VACUUM (FULL, ANALYZE)",
    "CHECKPOINT",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Postgres, Valkey]]:
    """Servers of this test alone, because all of their files are searched."""
    postgres = Postgres(tmp_path, start_timeout=60, options={"fsync": "off"})
    valkey = Valkey(tmp_path, start_timeout=60)
    postgres.start()
    valkey.start()
    yield postgres, valkey
    valkey.stop()
    postgres.stop()


@pytest.fixture
def settings(servers: tuple[Postgres, Valkey], kafka_bootstrap: str, topic: str) -> Settings:
    postgres, valkey = servers
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka_bootstrap, topic=topic),
        database=DatabaseSettings(url=SecretStr(postgres.url)),
        redis=RedisSettings(url=SecretStr(valkey.url)),
        alerts=AlertSettings(rewrite_interval=1),
        privacy=PrivacySettings(author_key=SecretStr("a key")),
        store=StoreSettings(negatives="all"),
    )
    upgrade_database(settings)
    return settings


@pytest.mark.parametrize(
    ("posts", "deletions"),
    [(600, 120), pytest.param(10_000, 1_000, marks=pytest.mark.slow)],
)
async def test_nothing_of_deleted_posts_is_left_and_the_counts_are_right(
    settings: Settings, servers: tuple[Postgres, Valkey], tmp_path: Path, posts: int, deletions: int
) -> None:
    traffic = make_traffic(posts, deletions, seed=posts, topic=settings.kafka.topic)
    started = time.monotonic()
    await _work(settings, traffic)
    log.info("written", posts=posts, deletions=deletions, seconds=round(time.monotonic() - started, 1))

    report = read_compliance_report(settings)
    assert sum(event.events for event in report.events) == traffic.events
    assert (report.waiting_letters, report.waiting_retractions) == (0, 0)
    assert {event.unmatched for event in report.events} == {0}
    tables = Tables(settings)
    assert tables.content()["counts"] == tables.recounted()
    [(stored,)] = tables.rows("SELECT count(*) FROM tweets WHERE erased_at IS NULL")
    assert stored == posts - len(traffic.removed)

    _wait_for_rewrite(settings)
    before = _search(tmp_path)
    with psycopg.connect(settings.database.url.get_secret_value(), autocommit=True) as connection:
        for statement in CLEANING:
            connection.execute(statement)
    after = _search(tmp_path)
    remains = set().union(*before.values()) & traffic.removed
    log.info("deleted posts in the files", deleted=len(traffic.removed), before_cleaning=len(remains))
    assert {file for file, numbers in after.items() if numbers & traffic.removed} == set()
    assert traffic.kept <= set().union(*after.values())

    stream = {number for entry in _entries(settings) for number in _numbers(entry)}
    assert stream & traffic.removed == set()
    assert traffic.kept <= stream
    letters = {number for letter in read_letters(settings.kafka) for number in _numbers(letter.value)}
    assert letters & traffic.removed == set()
    assert letters
    tables.connection.close()


async def _work(settings: Settings, traffic: Traffic) -> None:
    """Write the traffic through two workers, while a relay publishes and a scrubber removes letters."""
    stores = [Store(settings) for _ in traffic.messages]
    publisher = RedisPublisher(settings)
    relay = Relay(settings, stores[0].engine, publisher)
    scrubber = LetterScrubber(settings)
    tasks = [asyncio.create_task(relay.run()), asyncio.create_task(scrubber.run())]
    await asyncio.gather(
        *(
            _write(settings, store, relay, scrubber, messages)
            for store, messages in zip(stores, traffic.messages, strict=True)
        )
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await relay.publish_pending()
    assert await scrubber.scrub() is not None
    await relay.close()
    await asyncio.sleep(1.1)  # `rewrite_interval`
    last = RedisPublisher(settings)
    await last.purge()
    await last.close()
    for store in stores:
        await store.close()


async def _write(
    settings: Settings, store: Store, relay: Relay, scrubber: LetterScrubber, messages: Sequence[KafkaEvent]
) -> None:
    producer = open_producer(settings.kafka)

    async def send(letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            queued = producer.send(
                settings.kafka.dead_letter_topic, letter.value, key=letter.key, headers=letter.headers
            )
            await asyncio.to_thread(queued.get, 30)

    async def acknowledge(_: Sequence[KafkaEvent]) -> None:
        await asyncio.sleep(0)

    writing = WriteBatches(
        settings,
        store=store,
        alert_rules=lambda _: raise_alerts,
        on_alerts=relay.nudge,
        on_removals=scrubber.nudge,
        acknowledge=acknowledge,
        cache_counts=lambda: None,
    )
    letters = SendDeadLetters(send, store.find_removed)
    for first in range(0, len(messages), BATCH):
        batch = score(read_events(start_batch(messages[first : first + BATCH])))
        batch = replace(batch, scorer=PickyScorer())
        await writing.process(await letters.process(batch))
    producer.close()


def _search(folder: Path) -> dict[str, set[int]]:
    """Return the numbers of all posts of which a file has the text or the id, for each file."""
    numbers: dict[str, set[int]] = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a temporary file of a server
            if path.is_file():
                content = path.read_bytes()
                numbers[str(path.relative_to(folder))] = marks_in(content, MARK) | marks_in(content, ID)
    assert any("appendonlydir" in name for name in numbers)
    assert any("pg_wal" in name for name in numbers)
    return numbers


def _wait_for_rewrite(settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        while client.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.05)


def _entries(settings: Settings) -> list[bytes]:
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        return [b" ".join(fields.values()) for _, fields in client.xrange(settings.alerts.stream)]


def _numbers(content: bytes) -> set[int]:
    return marks_in(content, MARK)

"""The metrics and the health of real processes: each number moves with the flow, and each answer is true."""

from __future__ import annotations

import asyncio
import json
import math
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import serve

from monitor.bounded_labels import LABEL_VALUES, OTHER, PARTITION
from monitor.settings import DatabaseSettings, MonitoringSettings, RedisSettings, Settings
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.gate import Gate
from tests.monitor.connect.jetstreams import JetstreamServer, deletion, event
from tests.monitor.connect.platforms import END
from tests.processes import ade_monitor, running, wait_for
from tests.status_pages import with_status_pages

SPANISH = "me duele mucho la cabeza desde que tomo esta medicina y no puedo dormir por las noches"
CHECKS_OF_A_WORKER = [
    *("event_loop", "stages", "reader"),
    *("running", "bundle", "partitions", "broker", "database", "redis"),
]
SECRETS = ["id-of-a-post", "author-of-a-post", "cabeza", "headache", "zoloft", "vx-author"]


@pytest.fixture
def gates(migrated: Settings) -> Iterator[tuple[Gate, Gate]]:
    """Gates in front of Postgres and of Redis."""
    places = (migrated.database.url, migrated.redis.url)
    both = tuple(Gate(urlsplit(place.get_secret_value()).port) for place in places)
    yield both[0], both[1]
    for gate in both:
        gate.shut()


def through(secret: SecretStr, gate: Gate) -> SecretStr:
    """Return the address of a server with the port of its gate."""
    url = secret.get_secret_value()
    return SecretStr(url.replace(f":{urlsplit(url).port}", f":{gate.port}"))


def wild_values() -> list[bytes]:
    """Return messages whose fields could end up in a label: a skipped post, and messages with faults."""
    skipped = {"id": "id-of-a-post", "text": SPANISH, "author_id": "author-of-a-post", "lang": "es-vx-author"}
    rare = {**skipped, "id": "id-of-a-post-2", "lang": "xx-author-of-a-post"}
    return [
        json.dumps(skipped).encode(),
        json.dumps(rare).encode(),
        b"not JSON",
        b'{"id": "id-of-a-post"}',
    ]


def test_each_metric_of_a_worker_moves_with_the_flow(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    settings, pages = with_status_pages(migrated)
    english = settings.worker.model_copy(update={"languages": ("en",)})
    settings = settings.model_copy(update={"worker": english})
    deletion_of_8 = json.dumps({"tombstone": {"event": "delete", "id": "8"}}).encode()
    with running(settings, tmp_path, "worker") as worker:
        wait_for(pages.is_ready, watching=worker)
        before = pages.scrape()
        assert before.value("ade_messages_read_total") == 0
        send(settings, [*tweet_values(20), *wild_values()])
        wait_for(lambda: results.scored() == 20 and len(results.alerts()) == 4, watching=worker)
        send(settings, [*tweet_values(5), deletion_of_8])
        wait_for(lambda: pages.scrape().value("ade_compliance_events_total") == 1, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_messages_read_total") == 30, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_posts_scored_total") == 25, watching=worker)
        # The lag is measured every 20 s, and the outbox every 5 s.
        wait_for(lambda: len(list(pages.scrape().series("ade_lag_messages"))) == 4, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_lag_messages") == 0, watching=worker)
        after = pages.scrape()
        assert worker.stop() == 0, worker.output()
    with pytest.raises(ConnectionRefusedError):
        pages.live()

    assert after.value("ade_posts_read_total") == 27
    assert after.value("ade_posts_skipped_total", language="es") >= 1
    assert after.value("ade_posts_skipped_total") == 2
    assert after.value("ade_posts_positive_total") == 5
    assert after.value("ade_posts_stored_total") == 4  # those without an effect are counted
    assert after.value("ade_mentions_stored_total") == 4
    assert after.value("ade_dead_letters_total", reason="not-json") == 1
    assert after.value("ade_dead_letters_total") == 2
    assert after.value("ade_alerts_raised_total") == 4
    assert after.value("ade_alerts_published_total") == 4
    assert after.value("ade_outbox_alerts") == after.value("ade_outbox_oldest_age_seconds") == 0
    assert after.value("ade_end_to_end_delay_seconds_count", since="message") == 25
    assert after.value("ade_end_to_end_delay_seconds_count", since="post") == 0
    batches = after.value("ade_stage_seconds_count", stage="WriteBatches")
    assert 1 <= batches == after.value("ade_stage_seconds_count", stage="ScorePosts")
    assert after.value("ade_stage_seconds_sum") > 0
    assert after.value("process_resident_memory_bytes") > 50e6
    assert results.rows("SELECT DISTINCT bundle FROM predictions") == [
        (labels["version"],) for labels, _ in after.series("ade_bundle_info")
    ]
    assert {labels["check"]: value for labels, value in after.series("ade_check_ok")} == dict.fromkeys(
        CHECKS_OF_A_WORKER, 1
    )
    for name, label, value in after.labels():
        if label in ("le", "version"):
            continue
        allowed = {str(number) for number in range(4)} if label == PARTITION else LABEL_VALUES[label]
        assert value in allowed | {OTHER}, f"{name}: {label}={value}"
    for secret in SECRETS:
        assert secret not in after.page


@pytest.mark.slow
def test_a_worker_is_ready_when_it_reads_and_while_its_servers_answer(
    migrated: Settings, results: FlowResults, gates: tuple[Gate, Gate], tmp_path: Path
) -> None:
    database, redis = gates
    settings, pages = with_status_pages(migrated)
    settings = settings.model_copy(
        update={
            "database": DatabaseSettings(url=through(settings.database.url, database)),
            "redis": RedisSettings(url=through(settings.redis.url, redis)),
        }
    )
    send(settings, tweet_values(5))
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: "metrics and health" in worker.output(), watching=worker)
        assert pages.live().status == 200
        starting = pages.ready()
        assert starting.status == 503
        assert starting.failing.keys() & {"running", "bundle", "partitions"}
        wait_for(pages.is_ready, watching=worker)
        assert "partitions assigned" in worker.output()

        redis.shut()
        wait_for(lambda: pages.ready().failing == {"redis": "does not answer"}, watching=worker)
        assert pages.live().status == 200
        send(settings, tweet_values(10, first=100))
        wait_for(lambda: results.scored() == 15, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_outbox_alerts") == 2, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_outbox_oldest_age_seconds") > 0, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_retries_total", dependency="redis") > 0, watching=worker)
        redis.open()
        wait_for(pages.is_ready, watching=worker)
        wait_for(lambda: pages.scrape().value("ade_outbox_alerts") == 0, watching=worker)

        database.shut()
        wait_for(lambda: pages.ready().failing.keys() == {"database"}, watching=worker)
        assert pages.live().status == 200
        assert math.isnan(pages.scrape().value("ade_outbox_alerts")), "nobody knows it now"
        send(settings, tweet_values(1, first=200))
        wait_for(
            lambda: pages.scrape().value("ade_retries_total", dependency="database") > 0, watching=worker
        )
        assert pages.live().status == 200
        database.open()
        wait_for(pages.is_ready, watching=worker)
        wait_for(lambda: results.scored() == 16, watching=worker)
        assert worker.stop() == 0, worker.output()


@pytest.mark.slow
def test_a_worker_whose_model_hangs_is_not_live(migrated: Settings, tmp_path: Path) -> None:
    settings, pages = with_status_pages(migrated)
    hanging = settings.model_copy(update={"model": settings.model.model_copy(update={"bundle": "dummy:60"})})
    send(hanging, tweet_values(50))
    with running(hanging, tmp_path, "worker", ADE_WORKER__STALL_TIMEOUT="8") as worker:
        wait_for(pages.is_ready, watching=worker)
        assert pages.live().status == 200
        wait_for(lambda: pages.live().status == 503, watching=worker)
        [(check, problem)] = pages.live().failing.items()
        assert check == "stages"
        assert problem.startswith("ScorePosts has had no result for")
        assert pages.ready().status == 503


def test_a_worker_does_not_start_without_its_port(migrated: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = migrated.model_copy(update={"monitoring": MonitoringSettings(port=port)})
        ended = ade_monitor(settings, "worker")
    assert ended.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_connector_shows_its_counts_and_whether_it_is_connected(
    settings: Settings, tmp_path: Path
) -> None:
    settings, pages = with_status_pages(settings)
    (tmp_path / "drugs.toml").write_text('[[drug]]\nname = "zoloft"\n')
    may_end = asyncio.Event()
    text = "zoloft gave me a headache"
    script = JetstreamServer(
        script=[[event(0, text), event(1, "no drug"), deletion(2, of=0), may_end, END], []]
    )

    def has_sent(messages: int) -> bool:
        return pages.is_up() and pages.scrape().value("ade_connector_messages_sent_total") == messages

    async with serve(script.serve, "127.0.0.1", 0, process_request=script.check) as server:
        extra = {
            "ADE_CONNECT__JETSTREAM_HOSTS": f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "ADE_CONNECT__STATE_DIR": str(tmp_path / "state"),
        }
        arguments = ("connect", "bluesky", "--drugs", str(tmp_path / "drugs.toml"))
        with running(settings, tmp_path, *arguments, **extra) as connector:
            await asyncio.to_thread(wait_for, lambda: has_sent(2), watching=connector)
            ready, scrape = await asyncio.to_thread(lambda: (pages.ready(), pages.scrape()))
            may_end.set()
            await asyncio.to_thread(
                wait_for,
                lambda: pages.scrape().value("ade_connector_reconnects_total") > 0,
                watching=connector,
            )
            lost = await asyncio.to_thread(pages.ready)
            assert (await asyncio.to_thread(pages.live)).status == 200
            assert await asyncio.to_thread(connector.stop) == 0
    with pytest.raises(ConnectionRefusedError):
        pages.live()
    assert ready.status == 200
    assert (lost.status, lost.failing) == (503, {"platform": "is not connected"})
    bluesky = {"platform": "bluesky"}
    assert list(scrape.series("ade_connector_posts_received_total")) == [(bluesky, 2)]
    assert list(scrape.series("ade_connector_posts_filtered_total")) == [(bluesky, 1)]
    assert list(scrape.series("ade_connector_events_total")) == [(bluesky, 1)]
    assert list(scrape.series("ade_connector_connected")) == [(bluesky, 1)]
    assert "ade_posts_read_total" not in scrape.page
    assert not any(secret in scrape.page for secret in SECRETS)

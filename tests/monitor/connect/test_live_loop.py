"""From a platform to the real broker: nothing is lost, and nothing is needed twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from monitor.connect import ConnectError, DrugFilter, Timeline
from monitor.connect.jetstream import Jetstream
from monitor.connect.mastodon_live import MastodonStream
from monitor.connect.x_stream import XStream
from monitor.settings import KafkaSettings
from tests.monitor.connect.conftest import SILENCE, StartLoop
from tests.monitor.connect.jetstreams import JetstreamServer, deletion, event
from tests.monitor.connect.platforms import (
    CUT,
    END,
    MastodonServer,
    Refusal,
    XServer,
    post_line,
    sent_event,
    status,
)
from tests.topic_content import content_of

FIRST_ID = 1_900_000_000_000_000_000


def x_stream(server: XServer, client: httpx.AsyncClient) -> XStream:
    return XStream(client, server.url, 5, silence=SILENCE)


def lines(start: int, end: int, text: str = "day 3 on zoloft") -> bytes:
    return b"".join(post_line(number, text) + b"\r\n" for number in range(start, end))


async def ids_on_topic(kafka: KafkaSettings, count: int) -> Counter[int]:
    messages = await content_of(kafka.bootstrap_servers, kafka.topic, count=count)
    for message in messages:
        assert message.key.decode() == json.loads(message.value)["id"]
    return Counter(int(message.key) - FIRST_ID for message in messages)


async def test_posts_of_several_connections_are_on_the_topic_once_each_is_sent(
    kafka: KafkaSettings, x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [
        [lines(0, 50), post_line(50)[:30], CUT],
        Refusal(503),
        Refusal(429, {"x-rate-limit-reset": "1"}),
        [b"garbage\r\n", lines(40, 100), END],  # some come twice
        [lines(100, 120)],
    ]
    running = start_loop(x_stream(x_server, http_client))
    await running.until(lambda: running.loop.activity.posts >= 130)
    await running.end()
    counts = await ids_on_topic(kafka, running.loop.activity.sent)
    assert set(counts) >= set(range(40, 120))
    activity = running.loop.activity
    assert activity.reconnects >= 4
    assert activity.unreadable == 1
    assert activity.sent == activity.posts == counts.total()


async def test_a_restart_continues_where_the_last_run_ended(
    kafka: KafkaSettings, x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [[lines(0, 30)], [lines(30, 60), b"\r\n"]]
    running = start_loop(x_stream(x_server, http_client))
    await running.until(lambda: running.loop.activity.sent == 30)
    await running.end()
    again = start_loop(x_stream(x_server, http_client))
    await again.until(lambda: again.loop.activity.sent == 30)
    await again.end()
    assert "backfill_minutes" not in x_server.requests[0].query
    assert x_server.requests[1].query["backfill_minutes"] == "1"
    assert await ids_on_topic(kafka, 60) == Counter(range(60))


async def test_a_kill_loses_nothing_that_was_not_confirmed(
    kafka: KafkaSettings, x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [[lines(0, 30), b"\r\n"]]
    running = start_loop(x_stream(x_server, http_client))
    await running.until(lambda: running.loop.activity.posts == 30)
    running.task.cancel()  # as SIGKILL: nothing is flushed and no position is saved
    saved = running.loop.state.load()
    on_topic = await ids_on_topic(kafka, running.loop.activity.sent)
    # Whatever position is saved, each post before it is on the topic.
    newest = int(saved.cursor["newest_id"]) - FIRST_ID if saved and saved.cursor else -1
    assert set(on_topic) >= set(range(newest + 1))


async def test_only_posts_that_name_a_drug_are_sent(
    kafka: KafkaSettings, x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [[lines(0, 10), lines(10, 30, "what a day"), lines(30, 35, "more #Zoloft!")]]
    running = start_loop(x_stream(x_server, http_client), passes=DrugFilter(["zoloft"]).passes)
    await running.until(lambda: running.loop.activity.posts == 35)
    await running.end()
    assert running.loop.activity.filtered == 20
    assert set(await ids_on_topic(kafka, 15)) == {*range(10), *range(30, 35)}


async def test_unreadable_frames_go_to_a_file_and_pictures_do_not(
    x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.jsonl"
    x_server.script = [[b'{"data": {"id": 1.5, "text": "x"}}\r\n', b"\xff\r\n", lines(0, 1, "  ")]]
    running = start_loop(x_stream(x_server, http_client), rejects)
    await running.until(lambda: running.loop.activity.without_text == 1)
    await running.end()
    records = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [record["reason"] for record in records] == ["wrong-type", "not-utf8"]
    assert records[0]["raw"].startswith('{"data"')
    assert running.loop.activity.unreadable == 2


async def test_a_gap_is_logged_and_counted(
    x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [[lines(0, 1)]]
    source = XStream(http_client, x_server.url, 0, silence=SILENCE)
    with capture_logs() as logs:
        running = start_loop(source)
        await running.until(lambda: running.loop.activity.gaps > 0)
        await running.end()
    gap = next(entry for entry in logs if entry["event"] == "gap")
    assert gap["since"] < gap["until"]
    assert "connection lost" in {entry["event"] for entry in logs}


async def test_logs_hold_neither_posts_nor_the_token(
    x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [
        [lines(0, 3, "secret words"), b"secret words\r\n", CUT],
        Refusal(503),
        [lines(3, 6, "secret words")],
    ]
    with capture_logs() as logs:
        running = start_loop(x_stream(x_server, http_client))
        await running.until(lambda: running.loop.activity.posts >= 6)
        await running.end()
    assert logs
    assert "secret" not in str(logs)
    assert "good-token" not in str(logs)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_ends_the_loop_and_keeps_what_was_read(
    kafka: KafkaSettings,
    x_server: XServer,
    http_client: httpx.AsyncClient,
    start_loop: StartLoop,
    status: int,
) -> None:
    x_server.script = [[lines(0, 20), END], Refusal(status)]
    running = start_loop(x_stream(x_server, http_client))
    with pytest.raises(ConnectError):
        await running.until(lambda: False)
    assert await ids_on_topic(kafka, 20) == Counter(range(20))
    assert running.loop.state.load() is not None


async def test_it_ends_in_time_and_keeps_its_position_while_the_broker_is_away(
    x_server: XServer,
    http_client: httpx.AsyncClient,
    start_loop: StartLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.kafka.clients.CONNECT_TIMEOUT", 0.3)
    x_server.script = [[lines(0, 30)]]
    nobody = KafkaSettings(bootstrap_servers="127.0.0.1:9")
    with capture_logs() as logs:
        running = start_loop(x_stream(x_server, http_client), broker=nobody, stop_timeout=0.2)
        await running.until(lambda: running.loop.activity.posts == 30)
        await running.until(lambda: any("broker is away" in entry["event"] for entry in logs))
        await running.end()
    assert running.loop.activity.sent == 0
    assert running.loop.state.load() is None


async def test_the_counts_are_fields_of_a_log_event(
    x_server: XServer, http_client: httpx.AsyncClient, start_loop: StartLoop
) -> None:
    x_server.script = [[lines(0, 3)]]
    running = start_loop(x_stream(x_server, http_client))
    await running.until(lambda: running.loop.activity.sent == 3)
    await running.end()
    record: dict[str, Any] = running.loop.activity.record(datetime(2026, 3, 14, 9, 1, tzinfo=UTC))
    assert (record["source"], record["posts"], record["sent"]) == ("x", 3, 3)
    assert record["lag_s"] == 58.0
    assert json.dumps(record)


async def test_deletions_of_bluesky_pass_the_filter_and_a_restart_has_no_gap(
    kafka: KafkaSettings, jetstream_servers: list[JetstreamServer], start_loop: StartLoop
) -> None:
    server = jetstream_servers[0]
    server.script = [
        [event(0, "on zoloft"), event(1, "what a day"), deletion(2, of=0), deletion(3, of=1)],
        [event(5, "still on zoloft")],
    ]
    # While nobody was connected, the host kept this.
    missed = [event(4, "missed, on zoloft")]
    passes = DrugFilter(["zoloft"]).passes
    first = start_loop(Jetstream([server.url], silence=SILENCE), passes=passes)
    await first.until(lambda: first.loop.activity.sent == 3)
    await first.end()
    server.history += missed
    second = start_loop(Jetstream([server.url], silence=SILENCE), passes=passes)
    await second.until(lambda: second.loop.activity.posts >= 4)
    await second.end()
    messages = await content_of(kafka.bootstrap_servers, kafka.topic, count=3 + second.loop.activity.sent)
    values = [json.loads(message.value) for message in messages]
    texts = {value["text"] for value in values if "text" in value}
    deleted = {value["tombstone"]["id"] for value in values if "tombstone" in value}
    assert texts == {"on zoloft", "missed, on zoloft", "still on zoloft"}
    assert deleted == {"bsky:did:plc:ann/3lk0000000000", "bsky:did:plc:ann/3lk0000000001"}
    assert second.loop.activity.gaps == 0
    # A post and its deletion are in one partition, so they stay in their order.
    keys = {message.key: message.partition for message in messages}
    assert all(keys[message.key] == message.partition for message in messages)


async def test_posts_of_mastodon_reach_the_topic_in_our_form(
    kafka: KafkaSettings,
    mastodon_server: MastodonServer,
    http_client: httpx.AsyncClient,
    start_loop: StartLoop,
) -> None:
    mastodon_server.statuses = [status(0)]
    mastodon_server.script = [[sent_event("update", status(1)), sent_event("delete", status(0)["id"])]]
    running = start_loop(
        MastodonStream(http_client, mastodon_server.url, [Timeline("public")], silence=SILENCE)
    )
    await running.until(lambda: running.loop.activity.sent >= 3)
    await running.end()
    messages = await content_of(kafka.bootstrap_servers, kafka.topic, count=running.loop.activity.sent)
    values = [json.loads(message.value) for message in messages]
    posts = {value["id"]: value for value in values if "text" in value}
    tombstones = [value["tombstone"] for value in values if "tombstone" in value]
    assert posts.keys() == {f"mastodon:example.social/users/ann/statuses/{number}" for number in (0, 1)}
    assert all(post["text"] == "day 3 on zoloft" for post in posts.values())
    host = mastodon_server.url.removeprefix("http://")
    assert tombstones[0]["id"] == f"mastodon:{host}/{status(0)['id']}"
    assert tombstones[0]["id"] in posts["mastodon:example.social/users/ann/statuses/0"]["aliases"]

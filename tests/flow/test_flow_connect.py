"""`ade-monitor connect` as its users start it: to the topic, through SIGKILL and SIGTERM."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from websockets.asyncio.server import serve

from monitor.settings import Settings
from tests.flow.conftest import FlowResults
from tests.monitor.connect.jetstreams import JetstreamServer, deletion, event
from tests.monitor.connect.platforms import XServer, post_line
from tests.processes import running, wait_for
from tests.topic_content import content_of

FIRST_ID = 1_900_000_000_000_000_000


def state_at(folder: Path) -> int:
    """Return the number of the newest post in the state file, or -1."""
    path = folder / "state" / "x.json"
    cursor = json.loads(path.read_text())["cursor"] if path.exists() else {}
    return int(cursor.get("newest_id", FIRST_ID - 1)) - FIRST_ID


@pytest.mark.slow
async def test_a_connector_that_is_killed_and_started_again_loses_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    lines = [post_line(number) + b"\r\n" for number in range(200)]
    first, second = b"".join(lines[:120]), b"".join(lines[100:])
    script = XServer(script=[[first], [second, b"\r\n"]])
    async with TestServer(script.app()) as server:
        extra = {
            "ADE_CONNECT__X_URL": str(server.make_url("")).rstrip("/"),
            "ADE_CONNECT__X_BEARER_TOKEN": "a-secret-token",
            "ADE_CONNECT__X_BACKFILL_MINUTES": "5",
            "ADE_CONNECT__STATE_DIR": str(tmp_path / "state"),
        }
        with running(settings, tmp_path, "connect", "x", **extra) as connector:
            await asyncio.to_thread(wait_for, lambda: state_at(tmp_path) >= 119, watching=connector)
            connector.kill()
        with running(settings, tmp_path, "connect", "x", **extra) as connector:
            await asyncio.to_thread(wait_for, lambda: state_at(tmp_path) >= 199, watching=connector)
            status = await asyncio.to_thread(connector.stop)
            output = connector.output()
        script.closing.set()
    messages = await content_of(settings.kafka.bootstrap_servers, settings.kafka.topic, count=200)
    assert {int(message.key) - FIRST_ID for message in messages} == set(range(200))
    assert script.requests[1].query["backfill_minutes"] == "1"
    assert status == 0
    assert "sent" in output
    assert "a-secret-token" not in output
    assert "zoloft" not in output


async def test_a_post_of_bluesky_becomes_an_alert_and_its_deletion_takes_both_away(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    (tmp_path / "drugs.toml").write_text('[[drug]]\nname = "zoloft"\n')
    may_delete = asyncio.Event()
    text = "zoloft gave me a headache"
    script = JetstreamServer(
        script=[[event(0, text), event(1, "no drug, but a headache"), may_delete, deletion(2, of=0)]]
    )
    async with serve(script.serve, "127.0.0.1", 0, process_request=script.check) as server:
        extra = {
            "ADE_CONNECT__JETSTREAM_HOSTS": f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "ADE_CONNECT__STATE_DIR": str(tmp_path / "state"),
        }
        arguments = ("connect", "bluesky", "--drugs", str(tmp_path / "drugs.toml"))
        with (
            running(migrated, tmp_path, "worker") as worker,
            running(migrated, tmp_path, *arguments, **extra) as connector,
        ):
            await asyncio.to_thread(wait_for, lambda: len(results.alerts()) == 1, watching=worker)
            assert results.rows("SELECT tweet_id, text FROM tweets") == [
                ("bsky:did:plc:ann/3lk0000000000", text)
            ]
            may_delete.set()
            removed = "SELECT count(*) FROM tweets WHERE text IS NULL"
            await asyncio.to_thread(wait_for, lambda: results.rows(removed) == [(1,)], watching=worker)
            assert await asyncio.to_thread(connector.stop) == 0
            assert await asyncio.to_thread(worker.stop) == 0
    assert results.rows("SELECT count(*) FROM predictions") == [(1,)]
    assert text not in str(results.rows("SELECT * FROM tweets"))


async def test_rules_are_shown_first_and_then_brought_in_line(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "drugs.toml").write_text('[[drug]]\nname = "zoloft"\n[x]\nlanguages = ["en"]\n')
    foreign = {"id": "9", "value": "cats", "tag": "somebody else"}
    obsolete = {"id": "1", "value": "aspirin", "tag": "ade-monitor"}
    script = XServer(script=[[b"\r\n"]], rules=[foreign, obsolete])
    arguments = ("connect", "x", "--drugs", str(tmp_path / "drugs.toml"), "--sync-rules")
    async with TestServer(script.app()) as server:
        extra = {
            "ADE_CONNECT__X_URL": str(server.make_url("")).rstrip("/"),
            "ADE_CONNECT__X_BEARER_TOKEN": "good-token",
            "ADE_CONNECT__STATE_DIR": str(tmp_path / "state"),
        }
        with running(settings, tmp_path, *arguments, "--dry-run", **extra) as command:
            assert await asyncio.to_thread(command.process.wait, 60) == 0
            shown = command.output()
        assert [rule["value"] for rule in script.rules] == ["cats", "aspirin"]
        with running(settings, tmp_path, *arguments, **extra) as command:
            await asyncio.to_thread(wait_for, lambda: len(script.requests) > 0, watching=command)
            assert await asyncio.to_thread(command.stop) == 0
        script.closing.set()
    assert "would be added: zoloft lang:en" in shown
    assert "would be deleted: aspirin" in shown
    assert [rule["value"] for rule in script.rules] == ["cats", "zoloft lang:en"]

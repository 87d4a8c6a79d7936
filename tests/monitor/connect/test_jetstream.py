"""Bluesky's Jetstream, against local servers that follow a script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from backports import zstd

from monitor.connect import ConnectError, ConnectionLostError, Position
from monitor.connect.errors import FailureKind
from monitor.connect.jetstream import Jetstream, read_zstd_dictionary
from monitor.ingest import read_items
from monitor.ingest.sources import source_named
from monitor.records import ComplianceEvent, Post
from tests.monitor.connect.conftest import SILENCE, first_frames, frames_until_the_end
from tests.monitor.connect.jetstreams import START, JetstreamServer, deletion, event, event_of
from tests.monitor.connect.platforms import CUT, END, Refusal


def jetstream(*servers: JetstreamServer, **options: object) -> Jetstream:
    hosts = [server.url for server in servers]
    return Jetstream(hosts, **{"silence": SILENCE, **options})  # type: ignore[arg-type]


def at(number: float) -> datetime:
    return datetime.fromtimestamp(START / 1_000_000 + number, UTC)


async def test_posts_deletions_and_account_events_arrive_in_order(
    jetstream_servers: list[JetstreamServer],
) -> None:
    account = {
        "active": False,
        "did": "did:plc:ann",
        "seq": 1,
        "status": "deleted",
        "time": "2026-03-14T09:20:02Z",
    }
    jetstream_servers[0].script = [
        [event(0), deletion(1, of=0), event_of(2, kind="account", account=account), END]
    ]
    frames, error = await frames_until_the_end(jetstream(jetstream_servers[0]))
    source = source_named("bluesky")
    items = [item for frame in frames for item in read_items(frame.document, source)]
    assert isinstance(items[0], Post)
    assert items[0].id == "bsky:did:plc:ann/3lk0000000000"
    deleted, gone = items[1:]
    assert isinstance(deleted, ComplianceEvent)
    assert isinstance(gone, ComplianceEvent)
    assert deleted.post_id == items[0].id
    assert gone.author_id == "bsky:did:plc:ann"
    assert jetstream_servers[0].queries == [{"wantedCollections": "app.bsky.feed.post"}]
    assert isinstance(error, ConnectionLostError)


async def test_it_continues_a_few_seconds_before_the_cursor(jetstream_servers: list[JetstreamServer]) -> None:
    jetstream_servers[0].script = [[event(7), END]]
    frames, _ = await frames_until_the_end(jetstream(jetstream_servers[0]))
    position = frames[-1].position
    assert position == Position({"time_us": str(START + 7_000_000)}, at(7))
    await frames_until_the_end(jetstream(jetstream_servers[0]), position)
    assert jetstream_servers[0].queries[1]["cursor"] == str(START + 2_000_000)


async def test_after_a_failure_the_next_host_is_tried(jetstream_servers: list[JetstreamServer]) -> None:
    jetstream_servers[0].script = [Refusal(503, body="draining")]
    jetstream_servers[1].script = [[event(0)]]
    source = jetstream(*jetstream_servers)
    _, error = await frames_until_the_end(source)
    assert isinstance(error, ConnectionLostError)
    assert error.kind is FailureKind.HTTP
    assert len(await first_frames(source, 1)) == 1


async def test_a_cursor_that_the_server_does_not_have_any_more_is_a_gap(
    jetstream_servers: list[JetstreamServer],
) -> None:
    jetstream_servers[0].script = [[event(3_600), event(3_601)]]
    frames = await first_frames(jetstream(jetstream_servers[0]), 2, Position({}, at(0)))
    assert frames[0].gap is not None
    assert (frames[0].gap.since, frames[0].gap.until) == (at(0), at(3_600))
    assert frames[1].gap is None


async def test_events_that_continue_at_the_cursor_are_not_a_gap(
    jetstream_servers: list[JetstreamServer],
) -> None:
    jetstream_servers[0].script = [[event(58)]]
    frames = await first_frames(jetstream(jetstream_servers[0]), 1, Position({}, at(0)))
    assert frames[0].gap is None


async def test_a_silent_server_counts_as_lost(jetstream_servers: list[JetstreamServer]) -> None:
    jetstream_servers[0].script = [[event(0)]]
    frames, error = await frames_until_the_end(jetstream(jetstream_servers[0], silence=0.2))
    assert len(frames) == 1
    assert isinstance(error, ConnectionLostError)


async def test_a_cut_connection_is_lost(jetstream_servers: list[JetstreamServer]) -> None:
    jetstream_servers[0].script = [[event(0), CUT]]
    _, error = await frames_until_the_end(jetstream(jetstream_servers[0]))
    assert isinstance(error, ConnectionLostError)


@pytest.mark.parametrize("garbage", [b"{", b"null", b"7", b'{"time_us": "x"}', b'{"time_us": 1e300}', b"[]"])
async def test_garbage_does_not_end_the_stream(
    jetstream_servers: list[JetstreamServer], garbage: bytes
) -> None:
    jetstream_servers[0].script = [[event(1), event(2)]]
    jetstream_servers[0].history = [garbage]
    jetstream_servers[0].script = [[garbage, event(2)]]
    generator = jetstream(jetstream_servers[0]).frames(None)
    frames = [await anext(generator), await anext(generator)]
    await generator.aclose()
    assert frames[0].position is None
    assert frames[1].position == Position({"time_us": str(START + 2_000_000)}, at(2))


async def test_a_rate_limit_states_when_it_ends(jetstream_servers: list[JetstreamServer]) -> None:
    jetstream_servers[0].script = [Refusal(429, {"Retry-After": "30"}, "too many connections")]
    _, error = await frames_until_the_end(jetstream(jetstream_servers[0]))
    assert isinstance(error, ConnectionLostError)
    assert error.kind is FailureKind.RATE_LIMITED
    assert error.retry_at is not None
    assert error.retry_at - datetime.now(UTC) < timedelta(seconds=31)


async def test_a_host_that_refuses_ends_the_connector(jetstream_servers: list[JetstreamServer]) -> None:
    jetstream_servers[0].script = [Refusal(400, body="invalid wantedCollections")]
    _, error = await frames_until_the_end(jetstream(jetstream_servers[0]))
    assert isinstance(error, ConnectError)
    assert "invalid wantedCollections" in str(error)


async def test_one_host_that_refuses_does_not_end_the_connector(
    jetstream_servers: list[JetstreamServer],
) -> None:
    for server in jetstream_servers:
        server.script = [Refusal(404, body="moved"), [event(0)]]
    source = jetstream(*jetstream_servers)
    _, first = await frames_until_the_end(source)
    _, second = await frames_until_the_end(source)
    assert isinstance(first, ConnectionLostError)
    assert isinstance(second, ConnectError)  # all of them refuse
    assert len(await first_frames(source, 1)) == 1


async def test_compression_of_websockets_is_offered_without_a_dictionary(
    jetstream_servers: list[JetstreamServer],
) -> None:
    jetstream_servers[0].script = [[event(0), END]]
    await frames_until_the_end(jetstream(jetstream_servers[0]))
    assert "permessage-deflate" in jetstream_servers[0].extensions[0]


async def test_events_are_decompressed_with_the_dictionary(
    jetstream_servers: list[JetstreamServer], tmp_path: Path
) -> None:
    path = tmp_path / "zstd_dictionary"
    path.write_bytes(zstd.train_dict([event(n) + bytes([n]) for n in range(200)], 4_096).dict_content)
    dictionary = read_zstd_dictionary(path)
    jetstream_servers[0].compress = lambda message: zstd.compress(message, zstd_dict=dictionary)
    jetstream_servers[0].script = [[event(0), b"", END]]
    frames, _ = await frames_until_the_end(jetstream(jetstream_servers[0], dictionary=dictionary))
    assert frames[0].document["time_us"] == START
    assert jetstream_servers[0].queries[0]["compress"] == "true"
    assert jetstream_servers[0].extensions == [""]  # the server refuses both compressions at once


async def test_events_of_another_dictionary_are_faults(jetstream_servers: list[JetstreamServer]) -> None:
    samples = [event(n) + bytes([n]) for n in range(200)]
    good, other = zstd.train_dict(samples, 4_096), zstd.train_dict(samples[:150], 2_048)
    jetstream_servers[0].compress = lambda message: zstd.compress(message, zstd_dict=other)
    jetstream_servers[0].script = [[event(0), END]]
    frames, _ = await frames_until_the_end(jetstream(jetstream_servers[0], dictionary=good))
    assert frames[0].fault is not None


async def test_an_event_that_grows_without_bound_is_a_fault(jetstream_servers: list[JetstreamServer]) -> None:
    dictionary = zstd.train_dict([event(n) + bytes([n]) for n in range(200)], 4_096)
    jetstream_servers[0].compress = lambda message: zstd.compress(b" " * 50_000_000, zstd_dict=dictionary)
    jetstream_servers[0].script = [[event(0), END]]
    frames, _ = await frames_until_the_end(jetstream(jetstream_servers[0], dictionary=dictionary))
    assert frames[0].fault is not None
    assert frames[0].fault.reason == "too-large"


def test_a_file_that_is_not_a_dictionary_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"123")
    for name in ("short", "missing"):
        with pytest.raises(ConnectError):
            read_zstd_dictionary(tmp_path / name)


@pytest.mark.parametrize("address", ["ws://ade:hunter2@127.0.0.1:9", "http://ade:hunter2@127.0.0.1:9"])
async def test_an_error_does_not_show_the_login_of_a_host(address: str) -> None:
    _, error = await frames_until_the_end(Jetstream([address], silence=SILENCE))
    assert "127.0.0.1:9" in str(error)
    assert "hunter2" not in str(error)

"""The filtered stream of X, against a local server that follows a script."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.connect import ConnectError, ConnectionLostError, Position
from monitor.connect.errors import FailureKind
from monitor.connect.x_stream import XStream
from monitor.ingest import read_items
from monitor.ingest.snowflake import snowflake_time
from monitor.records import Post
from tests.monitor.connect.conftest import SILENCE, first_frames, frames_until_the_end
from tests.monitor.connect.platforms import CUT, END, Refusal, XServer, post_line

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


def stream_of(server: XServer, client: httpx.AsyncClient, backfill_minutes: int = 0) -> XStream:
    return XStream(client, server.url, backfill_minutes, clock=lambda: NOW, silence=SILENCE, live_after=0.0)


def ago(**time: float) -> Position:
    return Position({"newest_id": "1"}, NOW - timedelta(**time))


async def test_posts_arrive_in_order_with_the_fields_that_the_reader_uses(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    lines = [post_line(1), post_line(2)]
    x_server.script = [[b"\r\n".join([*lines, b""]), END]]
    frames, error = await frames_until_the_end(stream_of(x_server, http_client))
    posts = [item for frame in frames if frame.document for item in read_items(frame.document)]
    assert error is None
    assert [post.id for post in posts if isinstance(post, Post)] == [
        "1900000000000000001",
        "1900000000000000002",
    ]
    request = x_server.requests[0]
    assert request.headers["Authorization"] == "Bearer good-token"
    assert "note_tweet" in request.query["tweet.fields"]
    assert "referenced_tweets.id" in request.query["expansions"]
    assert "backfill_minutes" not in request.query


async def test_lines_may_be_split_anywhere_and_hold_line_separators(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    line = post_line(1, "zoloft\u2028and\u0085more").decode().encode() + b"\r\n"
    raw = line.replace(b"\\u2028", "\u2028".encode()).replace(b"\\u0085", "\u0085".encode())
    x_server.script = [[raw[:40], raw[40:90], raw[90:] + raw[:7], raw[7:], END]]
    frames, _ = await frames_until_the_end(stream_of(x_server, http_client))
    assert [frame.document["data"]["text"] for frame in frames if frame.document] == [
        "zoloft\u2028and\x85more"
    ] * 2


async def test_a_slow_server_is_not_a_silent_one(x_server: XServer, http_client: httpx.AsyncClient) -> None:
    line = post_line(1) + b"\r\n"
    x_server.pause = SILENCE / 3
    x_server.script = [[*(line[start : start + 60] for start in range(0, len(line), 60)), END]]
    frames, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert len(line) > 240  # all in all, it takes longer than the silence that is allowed
    assert error is None
    assert frames[-1].document is not None


async def test_an_empty_line_is_a_sign_of_life_that_moves_the_position(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.script = [[post_line(5) + b"\r\n", b"\r\n", END]]
    frames, _ = await frames_until_the_end(stream_of(x_server, http_client))
    assert frames[-1].document is None
    assert frames[-1].position == Position({"newest_id": "1900000000000000005"}, NOW)


async def test_a_silent_connection_counts_as_lost(x_server: XServer, http_client: httpx.AsyncClient) -> None:
    x_server.script = [[post_line(1) + b"\r\n"]]
    frames, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert [frame for frame in frames if frame.document]
    assert isinstance(error, ConnectionLostError)
    assert error.kind is FailureKind.NETWORK


async def test_half_a_line_before_a_cut_is_left_out(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.script = [[post_line(1) + b"\r\n", post_line(2)[:50], CUT]]
    frames, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert len([frame for frame in frames if frame.document or frame.fault]) <= 1
    assert isinstance(error, ConnectionLostError)


async def test_a_garbage_line_is_a_fault_and_the_stream_goes_on(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.script = [[b"\xff\xfe{\r\n", b"[1,\r\n", post_line(1) + b"\r\n"]]
    frames = await first_frames(stream_of(x_server, http_client), 3)
    assert [frame.fault.reason if frame.fault else None for frame in frames] == ["not-utf8", "not-json", None]


@pytest.mark.parametrize(
    ("refusal", "kind", "retry_at"),
    [
        (
            Refusal(429, {"x-rate-limit-reset": "1773489900"}),
            FailureKind.RATE_LIMITED,
            datetime.fromtimestamp(1_773_489_900, UTC),
        ),
        (Refusal(429, {}, {"title": "ConnectionException"}), FailureKind.RATE_LIMITED, None),
        (Refusal(503, {}, {"title": "Service Unavailable"}), FailureKind.HTTP, None),
        (Refusal(500, {}, "not an object"), FailureKind.HTTP, None),
    ],
)
async def test_refusals_that_pass_are_lost_connections(
    x_server: XServer,
    http_client: httpx.AsyncClient,
    refusal: Refusal,
    kind: FailureKind,
    retry_at: datetime | None,
) -> None:
    x_server.script = [refusal]
    _, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert isinstance(error, ConnectionLostError)
    assert (error.kind, error.retry_at) == (kind, retry_at)


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        (
            Refusal(401, {}, {"title": "Unauthorized", "detail": "Unauthorized"}),
            "ADE_CONNECT__X_BEARER_TOKEN",
        ),
        (Refusal(403, {}, {"title": "Client Forbidden", "reason": "client-not-enrolled"}), "access level"),
        (Refusal(409, {}, {"title": "RuleConfigurationIssue"}), "--sync-rules"),
        (
            Refusal(400, {}, {"errors": [{"message": "backfill_minutes is not allowed"}]}),
            "x_backfill_minutes",
        ),
        (Refusal(404, {}, None), "connect.x_url"),
    ],
)
async def test_refusals_that_stay_end_the_connector_with_advice(
    x_server: XServer, http_client: httpx.AsyncClient, refusal: Refusal, advice: str
) -> None:
    x_server.script = [refusal]
    _, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert isinstance(error, ConnectError)
    assert advice in error.advice
    assert "good-token" not in str(error)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (
            {"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect"},
            FailureKind.NETWORK,
        ),
        ({"title": "ConnectionException", "connection_issue": "TooManyConnections"}, FailureKind.HTTP),
    ],
)
async def test_a_disconnect_message_ends_the_connection(
    x_server: XServer, http_client: httpx.AsyncClient, problem: dict[str, str], kind: FailureKind
) -> None:
    import json

    x_server.script = [[json.dumps({"errors": [problem]}).encode() + b"\r\n"]]
    _, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert isinstance(error, ConnectionLostError)
    assert error.kind is kind
    assert problem["title"] in error.fact


async def test_a_post_with_errors_about_a_referenced_post_is_a_post(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    x_server.script = [[post_line(1, errors=[{"title": "Not Found Error"}]) + b"\r\n", END]]
    frames, error = await frames_until_the_end(stream_of(x_server, http_client))
    assert error is None
    assert frames[-1].document is not None


@pytest.mark.parametrize(
    ("allowed", "missed", "requested", "gap_minutes"),
    [(5, 1.5, "2", None), (5, 20, "5", 15), (0, 1.5, None, 1.5), (0, 0, None, None)],
)
async def test_what_backfill_does_not_cover_is_a_gap(
    x_server: XServer,
    http_client: httpx.AsyncClient,
    allowed: int,
    missed: float,
    requested: str | None,
    gap_minutes: float | None,
) -> None:
    x_server.script = [[b"\r\n", END]]
    source = stream_of(x_server, http_client, allowed)
    frames, _ = await frames_until_the_end(source, ago(minutes=missed))
    gap = frames[0].gap
    assert x_server.requests[0].query.get("backfill_minutes") == requested
    assert (gap and (gap.until - gap.since) / timedelta(minutes=1)) == gap_minutes


async def test_what_is_read_from_a_buffer_does_not_count_as_contact(
    x_server: XServer, http_client: httpx.AsyncClient
) -> None:
    """While nobody reads, X may end the connection. What it sent before that is read later."""
    x_server.script = [[post_line(1) + b"\r\n" + post_line(2) + b"\r\n\r\n", END]]
    posted_at = snowflake_time(1_900_000_000_000_000_002)
    source = replace(stream_of(x_server, http_client), live_after=60.0)
    frames, _ = await frames_until_the_end(source, Position({}, datetime(2025, 1, 1, tzinfo=UTC)))
    assert frames[-1].document is None
    assert frames[-1].position == Position({"newest_id": "1900000000000000002"}, posted_at)


async def test_a_server_that_is_not_there_is_a_lost_connection(http_client: httpx.AsyncClient) -> None:
    source = XStream(http_client, "http://127.0.0.1:9")
    _, error = await frames_until_the_end(source)
    assert isinstance(error, ConnectionLostError)
    assert error.kind is FailureKind.NETWORK

"""A Mastodon server, against a local one that follows a script."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import httpx

from monitor.connect import ConnectError, ConnectionLostError, Frame, Position, Timeline
from monitor.connect.mastodon_live import MastodonPolling, MastodonStream
from monitor.ingest import read_items
from monitor.ingest.sources import source_named
from monitor.records import ComplianceEvent, Post
from tests.monitor.connect.conftest import SILENCE, first_frames, frames_until_the_end
from tests.monitor.connect.platforms import CUT, END, MastodonServer, Refusal, sent_event, status

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
PUBLIC = Timeline("public")


async def no_sleep(seconds: float) -> None:
    return None


def stream_of(server: MastodonServer, client: httpx.AsyncClient, fill_pages: int = 10) -> MastodonStream:
    return MastodonStream(
        client,
        server.url,
        [PUBLIC],
        clock=lambda: NOW,
        sleep=no_sleep,
        fill_pages=fill_pages,
        silence=SILENCE,
    )


def polling_of(server: MastodonServer, client: httpx.AsyncClient, *timelines: str) -> MastodonPolling:
    names = [Timeline(name) for name in timelines or ("public",)]
    return MastodonPolling(client, server.url, names, clock=lambda: NOW, sleep=no_sleep)


async def until_position(frames: AsyncGenerator[Frame]) -> AsyncGenerator[Frame]:
    """Yield frames up to the first one with a position."""
    async for frame in frames:
        yield frame
        if frame.position is not None:
            break
    await frames.aclose()


def position_at(number: int, timeline: str = "public") -> Position:
    return Position({timeline: status(number)["id"]}, datetime(2026, 3, 14, 9, tzinfo=UTC))


def items_of(frames: list[Frame]) -> list[object]:
    source = source_named("mastodon")
    return [item for frame in frames if frame.document for item in read_items(frame.document, source)]


def ids_of(frames: list[Frame]) -> list[str]:
    return [frame.document["payload"]["id"] for frame in frames if frame.document]


async def test_posts_edits_and_deletions_of_the_stream_arrive(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    edited = status(1, "never mind", edited_at="2026-03-14T09:30:00.000Z")
    mastodon_server.script = [
        [
            b":)\n",
            sent_event("update", status(1)),
            b":thump\n\n",
            sent_event("status.update", edited),
            sent_event("filters_changed", "undefined"),
            sent_event("delete", status(1)["id"]),
            END,
        ]
    ]
    frames, _ = await frames_until_the_end(stream_of(mastodon_server, http_client))
    post, edit, gone = items_of(frames)
    assert isinstance(post, Post)
    assert isinstance(edit, Post)
    assert isinstance(gone, ComplianceEvent)
    assert post.text == "day 3 on zoloft"
    assert (edit.id, edit.text) == (post.id, "never mind")
    assert edit.edited_at is not None
    assert gone.post_id in post.aliases
    assert mastodon_server.requests[0].headers["Authorization"] == "Bearer good-token"


async def test_what_came_while_nobody_was_connected_is_read_from_the_timeline(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(number) for number in range(200)]
    mastodon_server.script = [[sent_event("update", status(200))]]
    source = stream_of(mastodon_server, http_client)
    frames, _ = await frames_until_the_end(source, position_at(49))
    read = ids_of(frames)
    assert [status(number)["id"] for number in range(50, 201)] == read[-151:]
    assert len(read) == len(set(read))
    # The timeline does not show deletions, so they are reported as missing.
    gaps = [frame.gap.missing for frame in frames if frame.gap]
    assert gaps == ["deletions and edits"]
    assert frames[-1].position == Position({"public": status(200)["id"]}, NOW)


async def test_more_than_the_timeline_may_fill_is_a_gap(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(number) for number in range(500)]
    mastodon_server.script = [[END]]
    frames, _ = await frames_until_the_end(stream_of(mastodon_server, http_client, 3), position_at(49))
    gaps = [frame.gap for frame in frames if frame.gap]
    assert [gap.missing for gap in gaps] == ["posts of the timeline public", "deletions and edits"]
    assert gaps[0].until == NOW
    # It continues with what is new.
    assert ids_of(frames)[-1] == status(499)["id"]


async def test_faults_of_the_stream_are_lost_connections(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    event = sent_event("update", status(1))
    for script in ([event], [event, event[:60], CUT], Refusal(503), Refusal(429)):
        mastodon_server.script = [script]
        _, error = await frames_until_the_end(stream_of(mastodon_server, http_client))
        assert isinstance(error, ConnectionLostError), script


async def test_a_token_that_is_refused_ends_with_advice(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.script = [Refusal(401, {}, {"error": "Error: Invalid access token"})]
    _, error = await frames_until_the_end(stream_of(mastodon_server, http_client))
    assert isinstance(error, ConnectError)
    assert "MASTODON_ACCESS_TOKEN" in error.advice


async def test_garbage_in_the_stream_is_a_fault_and_it_goes_on(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.script = [
        [b"data\n\nevent\n\n", sent_event("update", "{broken"), sent_event("update", status(1)), END]
    ]
    frames, _ = await frames_until_the_end(stream_of(mastodon_server, http_client))
    assert [frame.fault is not None for frame in frames if frame.fault or frame.document] == [True, False]


async def test_polling_starts_with_the_newest_page_and_goes_on_from_there(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(number) for number in range(60)]
    generator = polling_of(mastodon_server, http_client).frames(None)
    seen: list[str] = []
    async for frame in generator:
        if frame.document:
            seen.append(frame.document["payload"]["id"])
        elif frame.position and len(mastodon_server.statuses) == 60:
            mastodon_server.statuses += [status(number) for number in range(60, 160)]
        if len(seen) == 140:
            break
    await generator.aclose()
    assert seen == [status(number)["id"] for number in range(20, 160)]


async def test_a_status_that_arrives_late_with_a_smaller_id_is_read(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(0), status(10)]
    generator = polling_of(mastodon_server, http_client).frames(None)
    seen: list[str] = []
    async for frame in generator:
        if frame.document:
            seen.append(frame.document["payload"]["id"])
        elif frame.position and len(mastodon_server.statuses) == 2:
            mastodon_server.statuses.insert(1, status(5))
        if len(seen) == 3:
            break
    await generator.aclose()
    assert seen == [status(0)["id"], status(10)["id"], status(5)["id"]]


async def test_several_tags_are_read_one_after_the_other(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(0, "#zoloft day"), status(1, "#prozac day"), status(2, "#cats")]
    source = polling_of(mastodon_server, http_client, "tag:zoloft", "tag:prozac")
    frames = await first_frames(source, 2)
    assert ids_of(frames) == [status(0)["id"], status(1)["id"]]


async def test_the_place_of_a_tag_that_is_not_read_now_stays(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(0, "#prozac day"), status(1, "#zoloft day")]
    position = Position({"tag:zoloft": status(0)["id"]}, NOW)
    generator = polling_of(mastodon_server, http_client, "tag:prozac").frames(position)
    places = [frame.position async for frame in until_position(generator)]
    assert places[-1] == Position({"tag:zoloft": status(0)["id"], "tag:prozac": status(0)["id"]}, NOW)


async def test_polling_fills_the_time_since_the_last_run(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(number) for number in range(300)]
    frames = await first_frames(polling_of(mastodon_server, http_client), 150, position_at(149))
    assert set(ids_of(frames)) >= {status(number)["id"] for number in range(150, 260)}

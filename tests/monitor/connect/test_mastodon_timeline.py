"""Pages of public timelines, and the rate limit of their server."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from monitor.connect import ConnectError, ConnectionLostError, Timeline
from monitor.connect.errors import FailureKind
from monitor.connect.mastodon_timeline import OVERLAP, TimelineClient, name_of_source, rewound
from tests.monitor.connect.platforms import MastodonServer, Refusal, status

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
PUBLIC = Timeline("public")


def client_of(server: MastodonServer, client: httpx.AsyncClient, sleeps: list[float]) -> TimelineClient:
    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    return TimelineClient(client, server.url, lambda: NOW, sleep)


async def test_a_page_has_the_oldest_status_first(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    mastodon_server.statuses = [status(number) for number in range(100)]
    pages = client_of(mastodon_server, http_client, [])
    newest = await pages.newest(PUBLIC)
    assert [entry["id"] for entry in newest] == [status(number)["id"] for number in range(60, 100)]
    after = await pages.after(PUBLIC, status(9)["id"])
    assert [entry["id"] for entry in after] == [status(number)["id"] for number in range(10, 50)]


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("public", "/api/v1/timelines/public", {}),
        ("public:local", "/api/v1/timelines/public", {"local": "true"}),
        ("tag:zoloft", "/api/v1/timelines/tag/zoloft", {}),
    ],
)
async def test_each_timeline_has_its_address(
    mastodon_server: MastodonServer,
    http_client: httpx.AsyncClient,
    name: str,
    path: str,
    options: dict[str, str],
) -> None:
    await client_of(mastodon_server, http_client, []).newest(Timeline(name))
    request = mastodon_server.pages[0]
    assert request.path == path
    assert options.items() <= request.query.items()


async def test_a_used_up_rate_limit_is_waited_for_before_the_next_request(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    sleeps: list[float] = []
    pages = client_of(mastodon_server, http_client, sleeps)
    mastodon_server.page_headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2026-03-14T12:03:00.000000Z",
    }
    await pages.newest(PUBLIC)
    assert sleeps == []
    await pages.newest(PUBLIC)
    assert sleeps == [181.0]


async def test_refusals_are_lost_connections_or_errors_with_advice(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    pages = client_of(mastodon_server, http_client, [])
    mastodon_server.refusals = [
        Refusal(429, {"X-RateLimit-Reset": "2026-03-14T12:03:00Z"}, {"error": "Too many requests"}),
        Refusal(503),
        Refusal(200, {}, {"not": "an array"}),
        Refusal(401, {}, {"error": "The access token is invalid"}),
        Refusal(422, {}, {"error": "This method requires an authenticated user"}),
        Refusal(404, {}, {"error": "Record not found"}),
    ]
    with pytest.raises(ConnectionLostError) as limited:
        await pages.newest(PUBLIC)
    assert limited.value.kind is FailureKind.RATE_LIMITED
    assert limited.value.retry_at == datetime(2026, 3, 14, 12, 3, tzinfo=UTC)
    for _ in range(2):
        with pytest.raises(ConnectionLostError):
            await pages.newest(PUBLIC)
    for _ in range(2):
        with pytest.raises(ConnectError, match="MASTODON_ACCESS_TOKEN"):
            await pages.newest(PUBLIC)
    with pytest.raises(ConnectError, match="--server"):
        await pages.newest(PUBLIC)


async def test_the_streaming_api_may_have_another_host(
    mastodon_server: MastodonServer, http_client: httpx.AsyncClient
) -> None:
    pages = client_of(mastodon_server, http_client, [])
    assert await pages.streaming_url() == mastodon_server.url


def test_each_kind_of_timeline_has_a_position_of_its_own() -> None:
    url = "https://Me:secret@M.example:3000/"
    names = {
        name_of_source(url, [Timeline(name)])
        for name in ("public", "public:local", "tag:zoloft", "tag:prozac")
    }
    assert names == {
        "mastodon-m.example:3000",
        "mastodon-m.example:3000-local",
        "mastodon-m.example:3000-tags",
    }


def test_ids_that_are_times_are_rewound_and_others_stay() -> None:
    assert int(status(OVERLAP)["id"]) - int(rewound(status(OVERLAP)["id"])) == OVERLAP * 1_000 << 16
    assert [rewound(other) for other in ("17", "9oFlakeId", "")] == ["17", "9oFlakeId", ""]

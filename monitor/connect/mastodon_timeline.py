"""Public timelines of a Mastodon server over REST: page by page from a known status to the newest one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from monitor.connect.errors import ConnectError, ConnectionLostError, FailureKind
from monitor.connect.http_stream import (
    explanation_of,
    host_of,
    network_failures,
    passing_failure,
    reset_time,
)
from monitor.errors import PoisonError
from monitor.ingest import parse_json

if TYPE_CHECKING:
    import httpx

PAGE: Final = 40
"""Number of statuses of a page: the most that Mastodon returns."""

REQUEST_TIMEOUT: Final = 30.0
"""Seconds until a request for a page counts as failed."""

OVERLAP: Final = 30
"""Seconds before the newest status from which to read again: those of other servers may arrive later."""

# Mastodon's ids are times: milliseconds, shifted by 16 bits. Ids of similar servers may be something else.
_SMALLEST_TIMED_ID: Final = 1 << 56
_LONGEST_NUMBER: Final = 40  # digits


@dataclass(frozen=True, slots=True)
class Timeline:
    """A timeline: `public`, `public:local`, or `tag:NAME`."""

    name: str

    @property
    def path(self) -> str:
        """Path of the timeline in the REST API."""
        kind, _, tag = self.name.partition(":")
        return f"/api/v1/timelines/tag/{quote(tag, safe='')}" if kind == "tag" else "/api/v1/timelines/public"

    @property
    def stream_path(self) -> str:
        """Path of the timeline in the streaming API."""
        kind, _, part = self.name.partition(":")
        if kind == "tag":
            return f"/api/v1/streaming/hashtag?tag={quote(part, safe='')}"
        return "/api/v1/streaming/public" + (f"/{part}" if part else "")

    @property
    def options(self) -> dict[str, str]:
        """Options of the request for a page."""
        return {"local": "true"} if self.name == "public:local" else {}


def name_of_source(url: str, timelines: Sequence[Timeline]) -> str:
    """Return the name of a server and a kind of timeline. Each kind has a position of its own.

    All tags share one position, so that one may be added without losing the places of the others.
    """
    _, _, part = timelines[0].name.partition(":")
    kind = "tags" if timelines[0].name.startswith("tag:") else part
    return f"mastodon-{host_of(url)}" + (f"-{kind}" if kind else "")


@dataclass
class TimelineClient:
    """Reads pages, and waits when the server's rate limit is used up.

    Attributes:
        client: sends the access token.
        url: address of the server, such as `https://mastodon.social`.
        clock: returns the current time.
        sleep: waits for the end of a rate limit.
    """

    client: httpx.AsyncClient
    url: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _pause_until: datetime | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        """Host name of the server, as the reader of Mastodon's posts needs it."""
        return host_of(self.url)

    async def newest(self, timeline: Timeline) -> list[Mapping[str, Any]]:
        """Return the newest page, oldest status first."""
        return await self._page(timeline, {})

    async def after(self, timeline: Timeline, status_id: str) -> list[Mapping[str, Any]]:
        """Return the page right after a status, oldest status first. A page with room is the last one."""
        return await self._page(timeline, {"min_id": status_id})

    async def streaming_url(self) -> str:
        """Return where the streaming API is; a server may have another host for it."""
        try:
            document = await self.get_json("/api/v2/instance", {})
        except ConnectError:
            return self.url  # servers before 4.0 do not have this address
        for name in ("configuration", "urls"):
            document = document.get(name) if isinstance(document, Mapping) else None
        address = document.get("streaming") if isinstance(document, Mapping) else None
        if not isinstance(address, str) or not address.startswith(("wss://", "https://", "ws://", "http://")):
            return self.url
        return address.replace("ws", "http", 1) if address.startswith("ws") else address

    async def get_json(self, path: str, params: Mapping[str, str]) -> Any:
        """Return the JSON of an address.

        Raises:
            ConnectionLostError: the server is away, or its rate limit is used up.
            ConnectError: it refuses.
        """
        await self._wait_for_limit()
        with network_failures(self.url, REQUEST_TIMEOUT):
            response = await self.client.get(
                f"{self.url.rstrip('/')}{path}", params=params, timeout=REQUEST_TIMEOUT
            )
        if response.headers.get("x-ratelimit-remaining", "").strip() == "0":
            self._pause_until = reset_time(response.headers)
        if not response.is_success:
            await raise_failure(response, self.host)
        try:
            return parse_json(response.content)
        except PoisonError as error:
            raise ConnectionLostError(f"{self.host} sent a page that is {error}", FailureKind.HTTP) from None

    async def _page(self, timeline: Timeline, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        document = await self.get_json(timeline.path, {**timeline.options, "limit": str(PAGE), **params})
        if not isinstance(document, list):
            raise ConnectionLostError(f"{self.host} sent a page that is not an array", FailureKind.HTTP)
        return [status for status in reversed(document) if isinstance(status, Mapping)]

    async def _wait_for_limit(self) -> None:
        if self._pause_until is not None:
            seconds = (self._pause_until - self.clock()).total_seconds()
            self._pause_until = None
            if seconds > 0:
                await self.sleep(min(seconds + 1.0, 900.0))


async def raise_failure(response: httpx.Response, host: str) -> None:
    """Raise the error for an answer of Mastodon that is not a success."""
    explanation = await explanation_of(response)
    failure = passing_failure(response.status_code, response.headers, explanation)
    if failure is not None:
        raise failure
    fact = f"{host} answered {response.status_code}" + (f" ({explanation})" if explanation else "")
    if response.status_code in (401, 403, 422):
        raise ConnectError(
            fact,
            "set ADE_CONNECT__MASTODON_ACCESS_TOKEN to a token of this server with the scope read:statuses",
        )
    raise ConnectError(fact, "check --server and --tag")


def rewound(status_id: str) -> str:
    """Return an id that is `OVERLAP` seconds older, or the same id if it is not a time."""
    number = number_of(status_id)
    if number is None or number < _SMALLEST_TIMED_ID:
        return status_id
    return str(number - (OVERLAP * 1_000 << 16))


def number_of(status_id: str) -> int | None:
    """Return the number in the id of a status, or None if it is not one, as on some servers."""
    return int(status_id) if len(status_id) <= _LONGEST_NUMBER and status_id.isdecimal() else None

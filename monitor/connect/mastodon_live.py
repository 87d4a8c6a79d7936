"""Mastodon: the stream of public statuses as server-sent events, or its timelines, read every few seconds.

The stream sends new, changed and deleted statuses, and since Mastodon 4.2 it needs an access token. Timelines
have only the statuses that exist, so they do not show deletions. After a lost connection they fill the gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from monitor.backoff import Backoff
from monitor.connect.contact_time import ContactTime
from monitor.connect.http_stream import byte_lines, network_failures
from monitor.connect.live_source import Clock, Frame, Gap, Position, read_frame, utc_now
from monitor.connect.mastodon_timeline import (
    PAGE,
    Timeline,
    TimelineClient,
    name_of_source,
    number_of,
    raise_failure,
    rewound,
)
from monitor.connect.reconnecting import ReconnectRules

if TYPE_CHECKING:
    import httpx

SILENCE: Final = 40.0
"""Seconds without a byte after which a stream counts as lost; Mastodon sends a comment every 15 s."""

FILL_PAGES: Final = 250
"""Number of pages that fill a gap of one timeline. Of 300 requests in 5 minutes, some stay for the rest."""

SEEN: Final = 20_000
"""Number of statuses that are remembered, so that pages may overlap."""

EVENTS: Final = frozenset({"update", "status.update", "delete"})
"""The events that concern public statuses."""

RULES: Final = ReconnectRules(
    network=Backoff(first=1.0, longest=60.0, jitter=0.5),
    http=Backoff(first=5.0, longest=300.0, jitter=0.5),
    rate_limited=Backoff(first=60.0, longest=900.0, jitter=0.2),
)


@dataclass
class _Mastodon:
    """What the stream and the polling have in common.

    Attributes:
        client: sends the access token, and gives up after `SILENCE`.
        url: address of the server.
        timelines: what to read.
        clock: returns the current time.
        sleep: waits between two requests.
        fill_pages: see `FILL_PAGES`.
        silence: seconds after which the client gives up, for the message.
    """

    client: httpx.AsyncClient
    url: str
    timelines: Sequence[Timeline]
    clock: Clock = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    fill_pages: int = FILL_PAGES
    silence: float = SILENCE
    format_name: str = "mastodon"
    rules: ReconnectRules = RULES
    _pages: TimelineClient = field(init=False)
    _newest: dict[str, str] = field(default_factory=dict, init=False)
    _seen: dict[str, None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._pages = TimelineClient(self.client, self.url, self.clock, self.sleep)

    @property
    def name(self) -> str:
        """Name of the source: the platform, the server, and the kind of timeline."""
        return name_of_source(self.url, self.timelines)

    async def _catch_up(self, since: datetime) -> AsyncGenerator[Frame]:
        """Yield what came after the newest status of each timeline.

        Of a timeline without a known status, yield the newest page.
        """
        for timeline in self.timelines:
            if timeline.name in self._newest:
                async for frame in self._fill(timeline, since):
                    yield frame
            else:
                for frame in self._frames_of(await self._pages.newest(timeline), timeline):
                    yield frame

    async def _fill(self, timeline: Timeline, since: datetime) -> AsyncGenerator[Frame]:
        """Yield the pages after the newest status that we know, and a gap if there are too many."""
        min_id = rewound(self._newest[timeline.name])
        at: datetime | None = None
        for _ in range(self.fill_pages):
            page = await self._pages.after(timeline, min_id)
            for frame in self._frames_of(page, timeline):
                at = frame.at
                yield frame
            yield Frame(position=Position(dict(self._newest), since))
            if len(page) < PAGE:
                return
            min_id = str(page[-1].get("id"))
        del self._newest[timeline.name]  # go on with what is new
        yield Frame(gap=Gap(at or since, self.clock(), f"posts of the timeline {timeline.name}"))

    def _frames_of(self, page: Sequence[Mapping[str, Any]], timeline: Timeline) -> Iterator[Frame]:
        for status in page:
            if self._is_new(status):
                yield self._frame("update", status, to_json(status), timeline)

    def _is_new(self, status: Mapping[str, Any]) -> bool:
        """Return True if a status was not read before. Pages overlap, so most of them would come twice."""
        version = f"{status.get('id')} {status.get('edited_at')}"
        if version in self._seen:
            return False
        self._seen[version] = None
        if len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        return True

    def _frame(self, event: str, payload: Any, raw: bytes, timeline: Timeline) -> Frame:
        """Return the frame of an event in the form that the reader of Mastodon's posts expects."""
        document = {"server": self._pages.host, "event": event, "payload": payload}
        at = None
        if isinstance(payload, Mapping):
            at = _time(payload.get("created_at"))
            if event == "update":
                self._saw(timeline, payload.get("id"))
        return Frame(raw, document, at=at)

    def _saw(self, timeline: Timeline, status_id: Any) -> None:
        """Remember the newest id of a timeline. Statuses of other servers may come late, with smaller ids."""
        if not isinstance(status_id, str):
            return
        number, newest = number_of(status_id), number_of(self._newest.get(timeline.name, ""))
        if number is None or newest is None or number > newest:
            self._newest[timeline.name] = status_id

    def _start_at(self, position: Position | None) -> None:
        # Places of tags that are not read now stay.
        self._newest = dict(position.cursor) if position else {}

    def _here(self, at: datetime) -> Position:
        return Position(dict(self._newest), at)


@dataclass
class MastodonStream(_Mastodon):
    """Reads one timeline from the streaming API, and fills gaps from the REST API."""

    async def frames(self, position: Position | None) -> AsyncGenerator[Frame]:
        """Fill the gap since the position, connect, and yield a frame for each event. See `LiveSource`."""
        timeline = self.timelines[0]
        self._start_at(position)
        since = position.at if position else self.clock()
        async for frame in self._catch_up(since):
            yield frame
        base = await self._pages.streaming_url()
        url = f"{base.rstrip('/')}{timeline.stream_path}"
        with network_failures(url, self.silence):
            async with self.client.stream("GET", url, headers={"Accept": "text/event-stream"}) as response:
                if response.status_code != 200:
                    await raise_failure(response, self._pages.host)
                # What came between the last page and the connection.
                async for frame in self._catch_up(since):
                    yield frame
                now = self.clock()
                missed = Gap(since, now, "deletions and edits")
                yield Frame(position=self._here(now), gap=missed if position else None)
                contact = ContactTime(now, self.clock)
                async for event, data in contact.watch(_server_sent_events(byte_lines(response))):
                    frame = self._event(event, data, timeline) if event in EVENTS else Frame()
                    at = contact.move(frame.at if event == "update" else None)
                    yield replace(frame, position=self._here(at))

    def _event(self, event: str, data: bytes, timeline: Timeline) -> Frame:
        if event == "delete":
            return self._frame(event, data.decode(errors="replace").strip(), data, timeline)
        status = read_frame(data)
        return status if status.fault else self._frame(event, status.document, data, timeline)


@dataclass
class MastodonPolling(_Mastodon):
    """Reads timelines from the REST API every `interval` seconds. Deletions and edits do not show there."""

    interval: float = 5.0

    async def frames(self, position: Position | None) -> AsyncGenerator[Frame]:
        """Request new statuses without end, and yield a frame for each. See `LiveSource`."""
        self._start_at(position)
        last_contact = position.at if position else self.clock()
        while True:
            started_at = self.clock()
            async for frame in self._catch_up(last_contact):
                yield frame
            yield Frame(position=self._here(started_at))
            last_contact = started_at
            await self.sleep(self.interval)


async def _server_sent_events(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    """Yield the name and the data of each event; a comment, which keeps the connection alive, has no name."""
    name = ""
    data: list[bytes] = []
    async for line in lines:
        field_name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                yield name, b"\n".join(data)
            name, data = "", []
        elif not field_name:
            yield "", b""
        elif field_name == b"event":
            name = value.decode(errors="replace")
        elif field_name == b"data":
            data.append(value)


def _time(value: Any) -> datetime | None:
    """Return a date of Mastodon, or None."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment

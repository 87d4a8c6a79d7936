"""What platforms send to connectors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx

from monitor.connect import ConnectionLostError, DrugFilter, Frame, LiveSource, Timeline, sync_rules
from monitor.connect.drug_list import DrugList
from monitor.connect.http_stream import passing_failure
from monitor.connect.jetstream import Jetstream
from monitor.connect.mastodon_live import MastodonStream
from monitor.connect.x_stream import XStream
from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.ingest.sources import source_named
from tests.fuzz.fuzz_target import FuzzTarget
from tests.fuzz.message_targets import split_headers
from tests.monitor.connect.jetstreams import event
from tests.monitor.connect.platforms import post_line, sent_event, status
from tests.monitor.ingest.sources.examples import EXAMPLES

DRUGS: Final = DrugList.model_validate({"drug": [{"name": "zoloft", "hashtags": ["day"]}]})
FILTER: Final = DrugFilter(["zoloft", "day 3"])
BOUND: Final = 10.0  # seconds until a connector counts as hanging


def use_frame(frame: Frame, form: str) -> None:
    """Read the posts of a frame as the loop of connectors does."""
    frame.raw.decode("utf-8", "replace")
    if frame.document is not None:
        for item in read_items(frame.document, source_named(form)):
            if not isinstance(item, PoisonError):
                FILTER.passes(item)


def read_jetstream(data: bytes) -> None:
    use_frame(Jetstream(["ws://unused"]).read_event(data), "bluesky")


class Body(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        middle = len(self._body) // 2
        yield self._body[:middle]
        yield self._body[middle:]


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def read_stream(source: LiveSource, form: str) -> None:
    async with asyncio.timeout(BOUND):
        async for frame in source.frames(None):
            use_frame(frame, form)


def read_x(data: bytes) -> None:
    async def run() -> None:
        async with answering(lambda request: httpx.Response(200, stream=Body(data))) as client:
            await read_stream(XStream(client, "http://x.example"), "x-v2")

    asyncio.run(run())


def read_mastodon(data: bytes) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "stream" in request.url.path:
            return httpx.Response(200, stream=Body(data))
        return httpx.Response(200, content=data) if data[:1] == b"[" else httpx.Response(200, json=[])

    async def run() -> None:
        async with answering(answer) as client:
            source = MastodonStream(client, "http://m.example", [Timeline("public")])
            await read_stream(source, "mastodon")

    asyncio.run(run())


def read_rules(data: bytes) -> None:
    """Read the answers of X to requests about rules: status, headers and body from the input."""
    headers, body = split_headers(data)
    status_code = 100 + sum(headers[0][0].encode()) % 500
    names = {
        name.encode("ascii", "ignore").decode() or "x": text.decode("latin-1").strip()
        for name, text in headers[1:]
    }
    passing_failure(status_code, {name.lower(): text for name, text in names.items()}, "")
    pages = [httpx.Response(200, content=body), httpx.Response(status_code, content=body)]

    def answer(request: httpx.Request) -> httpx.Response:
        return pages.pop(0) if pages else httpx.Response(200, json={})

    async def run() -> None:
        async with answering(answer) as client, asyncio.timeout(BOUND):
            await sync_rules(client, "http://x.example", DRUGS, dry_run=False)

    asyncio.run(run())


PLATFORM_TARGETS: Final = [
    FuzzTarget(
        "jetstream",
        read_jetstream,
        [event(1), *(json.dumps(document).encode() for document in EXAMPLES["bluesky"])],
        documented=(),
    ),
    FuzzTarget(
        "x-stream",
        read_x,
        [
            post_line(1) + b"\r\n\r\n" + post_line(2) + b"\r\n",
            b'{"errors": [{"title": "operational-disconnect", "detail": "x"}]}\r\n',
        ],
        documented=(ConnectionLostError,),
    ),
    FuzzTarget(
        "mastodon-stream",
        read_mastodon,
        [
            sent_event("update", status(1)) + b":thump\n" + sent_event("delete", "17"),
            json.dumps([status(2), status(1)]).encode(),
        ],
        documented=(ConnectionLostError,),
    ),
    FuzzTarget(
        "x-rules",
        read_rules,
        [
            b"d\nx-rate-limit-reset: 1700000000\nretry-after: 5\n\n"
            b'{"data": [{"id": "1", "value": "zoloft", "tag": "ade-monitor"}], "meta": {"next_token": "a"}}',
            b"!\n\n" + b'{"errors": [{"title": "RulesCapReached", "value": "x"}]}',
        ],
    ),
]

"""What servers send: platforms to connectors, Redis to subscribers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import zlib
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any, Final

import httpx
from pydantic import SecretStr

from monitor.alerts import AlertFilter, AlertReader, StreamEntry, follow
from monitor.alerts.redis import GroupReader, TailReader, connect
from monitor.cli.alerts import alert_line, retraction_line
from monitor.connect import ConnectionLostError, DrugFilter, Frame, LiveSource, Timeline, sync_rules
from monitor.connect.drug_list import DrugList
from monitor.connect.http_stream import passing_failure
from monitor.connect.jetstream import Jetstream
from monitor.connect.mastodon_live import MastodonStream
from monitor.connect.x_stream import XStream
from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.ingest.sources import source_named
from monitor.settings import RedisSettings
from tests.fuzz.fuzz_target import FuzzTarget
from tests.fuzz.message_targets import split_headers
from tests.monitor.alerts.payloads import payload, retraction
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


class OneAnswer(AlertReader):
    """A reader with the entries of one input, and then the end."""

    location = "Redis"

    def __init__(self, data: bytes) -> None:
        name, _, text = data.partition(b"\n")
        fields = {name.decode("utf-8", "replace"): text.decode("utf-8", "replace")}
        self._entries = [StreamEntry("1-0", fields)]

    def read(self) -> list[StreamEntry]:
        if not self._entries:
            raise EndOfEntriesError
        entries, self._entries = self._entries, []
        return entries

    def acknowledge(self, entry: StreamEntry) -> None: ...
    def release(self) -> None: ...
    def close(self) -> None: ...


class EndOfEntriesError(Exception):
    """The input was read."""


def read_alert(data: bytes) -> None:
    def show(item: Any, text: str) -> None:
        json.loads(text)
        str(alert_line(item) if hasattr(item, "tweet_id") else retraction_line(item)).encode()

    follow(OneAnswer(data), show, notify=[].append, alert_filter=AlertFilter(drugs=("zoloft",)))


class RedisAnswers:
    """A server that answers a command with the bytes of the input, and closes the connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.answer = b""
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(2)
                with contextlib.suppress(OSError):
                    while command := connection.recv(65_536):
                        connection.sendall(b"+OK\r\n" * command.count(b"SETINFO"))
                        if b"SETINFO" not in command:
                            connection.sendall(self.answer)
                            break


@cache
def redis_server() -> RedisAnswers:
    return RedisAnswers()


def read_redis(data: bytes) -> None:
    """Read the answer to XREAD or XREADGROUP."""
    server = redis_server()
    server.answer = data
    client = connect(RedisSettings(url=SecretStr(server.url)))
    reader: AlertReader = TailReader(client, "ade:alerts", from_start=True, block_ms=None)
    if zlib.crc32(data) % 2:
        reader = GroupReader(
            client,
            "ade:alerts",
            group="g",
            consumer="c",
            claim_after=60,
            from_start=True,
            notify=[].append,
            max_length=1_000,
        )
    try:
        for entry in reader.read():
            reader.acknowledge(entry)
    finally:
        reader.close()


def resp(*values: Any) -> bytes:
    """Return values in Redis's protocol."""
    answer = b""
    for value in values:
        if isinstance(value, list):
            answer += b"*%d\r\n" % len(value) + resp(*value)
        else:
            text = value.encode() if isinstance(value, str) else value
            answer += b"$%d\r\n%s\r\n" % (len(text), text)
    return answer


ALERT: Final = json.dumps(payload(1, of_a_newer_version={"rank": 5})).encode()
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
    FuzzTarget(
        "alert-entry",
        read_alert,
        [b"alert\n" + ALERT, b"retracted\n" + json.dumps(retraction(1)).encode()],
        documented=(EndOfEntriesError,),
    ),
    FuzzTarget(
        "redis-answer",
        read_redis,
        [
            resp([["ade:alerts", [["1-0", ["alert", ALERT.decode()]]]]]),
            b"*-1\r\n",
            b"-NOAUTH Authentication required.\r\n",
            b"+OK\r\n",
        ],
        [
            b"$-1\r\n",
            b"*0\r\n",
            b":1\r\n",
            b"*1000000000\r\n",
            b"$4294967296\r\n",
            b"%1\r\n",
            b"_\r\n",
            b"-ERR x\r\n",
        ],
    ),
]

"""A local server that speaks the protocol of Bluesky's Jetstream, and follows a script of faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tests.monitor.connect.platforms import CUT, END, Refusal

START = 1_773_480_000_000_000
"""Time of event 0, in Unix microseconds: 2026-03-14T09:20:00Z."""

Script = Refusal | Sequence[bytes | str | asyncio.Event]
"""What happens on one connection: an error, or events to send, steps, and things to wait for."""


def event(number: int, text: str = "day 3 on zoloft", **fields: Any) -> bytes:
    """Return the event of a new post; events are a second apart."""
    commit = {
        "rev": "3lk",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3lk{number:010}",
        "cid": "bafy",
        "record": {
            "$type": "app.bsky.feed.post",
            "createdAt": "2026-03-14T09:20:00.000Z",
            "langs": ["en"],
            "text": text,
        },
    }
    return event_of(number, kind="commit", commit={**commit, **fields})


def deletion(number: int, of: int) -> bytes:
    """Return the event of a deleted post."""
    commit = {
        "rev": "3lk",
        "operation": "delete",
        "collection": "app.bsky.feed.post",
        "rkey": f"3lk{of:010}",
    }
    return event_of(number, kind="commit", commit=commit)


def event_of(number: int, **fields: Any) -> bytes:
    """Return any event."""
    head = {"did": "did:plc:ann", "time_us": START + 1_000_000 * number}
    return json.dumps({**head, **fields}).encode()


@dataclass
class JetstreamServer:
    """Plays one connection of the script after the other; the last one is repeated.

    With a `history`, it sends the events at or after the cursor first, as Jetstream does.
    """

    script: list[Script] = field(default_factory=lambda: [()])
    history: list[bytes] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    compress: Callable[[bytes], bytes] | None = None
    url: str = ""

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        self.queries.append(
            {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        )
        self.extensions.append(request.headers.get("Sec-WebSocket-Extensions", ""))
        script = self._script()
        if not isinstance(script, Refusal):
            return None
        response = connection.respond(HTTPStatus(script.status), str(script.body))
        for name, value in script.headers.items():
            response.headers[name] = value
        return response

    async def serve(self, connection: ServerConnection) -> None:
        script = self._script()
        assert not isinstance(script, Refusal)
        if (cursor := self.queries[-1].get("cursor")) is not None:
            for past in self.history:
                if json.loads(past)["time_us"] >= int(cursor):
                    await self._send(connection, past)
        for step in script:
            if step == END:
                return
            if step == CUT:
                connection.transport.abort()
                return
            if isinstance(step, asyncio.Event):
                await step.wait()
                continue
            assert isinstance(step, bytes)
            self.history.append(step)
            await self._send(connection, step)
        await connection.wait_closed()

    async def _send(self, connection: ServerConnection, message: bytes) -> None:
        await connection.send(self.compress(message) if self.compress else message, text=not self.compress)

    def _script(self) -> Script:
        return self.script[min(len(self.queries), len(self.script)) - 1]

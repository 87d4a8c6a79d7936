"""Local servers that speak the protocols of X and Mastodon, and follow a script of faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

CUT = "cut"
"""A step of a script: end the connection in the middle of a line."""

END = "end"
"""A step of a script: end the response properly."""


@dataclass(frozen=True)
class Refusal:
    """A connection that is answered with an error."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


Connection = Refusal | Sequence[bytes | str]
"""What happens on one connection: an error, or bytes and steps. After the last, the server is silent."""


def post_line(number: int, text: str = "day 3 on zoloft", **fields: Any) -> bytes:
    """Return a line of the filtered stream; the time of each post is a second after the one before."""
    data = {
        "id": str(1_900_000_000_000_000_000 + number),
        "text": text,
        "author_id": str(7_000 + number),
        "created_at": f"2026-03-14T09:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "edit_history_tweet_ids": [str(1_900_000_000_000_000_000 + number)],
        "lang": "en",
    }
    return json.dumps(
        {"data": data, "matching_rules": [{"id": "1", "tag": "ade-monitor"}], **fields}
    ).encode()


@dataclass
class StreamServer:
    """Plays one connection of the script after the other; the last one is repeated."""

    script: list[Connection] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    url: str = ""
    pause: float = 0.0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        connection = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(request)
        if isinstance(connection, Refusal):
            return web.json_response(connection.body, status=connection.status, headers=connection.headers)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for step in connection:
            if step == END:
                return response
            if step == CUT:
                assert request.transport is not None
                request.transport.abort()
                return response
            assert isinstance(step, bytes)
            await response.write(step)
            await asyncio.sleep(self.pause)
        await self.closing.wait()
        return response


@dataclass
class XServer(StreamServer):
    """The filtered stream and its rules."""

    rules: list[dict[str, str]] = field(default_factory=list)
    most_rules: int = 1_000
    per_page: int = 1_000
    changes: list[tuple[str, Any]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/2/tweets/search/stream", self.stream)
        app.router.add_get("/2/tweets/search/stream/rules", self.get_rules)
        app.router.add_post("/2/tweets/search/stream/rules", self.post_rules)
        return app

    async def get_rules(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer good-token":
            return web.json_response({"title": "Unauthorized", "status": 401}, status=401)
        start = int(request.query.get("pagination_token", "0"))
        end = start + self.per_page
        meta = {"next_token": str(end)} if end < len(self.rules) else {}
        return web.json_response(
            {"data": self.rules[start:end], "meta": meta} if self.rules else {"meta": {}}
        )

    async def post_rules(self, request: web.Request) -> web.Response:
        body = await request.json()
        dry_run = request.query.get("dry_run") == "true"
        errors = []
        for rule in body.get("add", ()):
            if "(" in rule["value"] and rule["value"].count("(") != rule["value"].count(")"):
                errors.append({"title": "UnprocessableEntity", "detail": "unbalanced parentheses"})
            elif len(self.rules) >= self.most_rules:
                errors.append({"title": "RulesCapExceeded", "detail": "too many rules"})
            elif not dry_run:
                self.rules.append({**rule, "id": str(100 + len(self.changes) + len(self.rules))})
        ids = set(body.get("delete", {}).get("ids", ()))
        if not dry_run:
            self.changes += body.items()
            self.rules = [rule for rule in self.rules if rule["id"] not in ids]
        return web.json_response({"meta": {}, **({"errors": errors} if errors else {})}, status=201)


def status(number: int, text: str = "day 3 on zoloft", **fields: Any) -> dict[str, Any]:
    """Return a status of Mastodon; its id is a time, one second after the status before."""
    second = f"2026-03-14T09:{number // 60 % 60:02}:{number % 60:02}.000Z"
    return {
        "id": str((1_773_000_000_000 + 1_000 * number) << 16),
        "created_at": second,
        "edited_at": None,
        "uri": f"https://example.social/users/ann/statuses/{number}",
        "url": f"https://example.social/@ann/{number}",
        "visibility": "public",
        "language": "en",
        "spoiler_text": "",
        "content": f"<p>{text}</p>",
        "reblog": None,
        "reblogs_count": 0,
        "in_reply_to_id": None,
        "account": {"id": "5", "username": "ann", "acct": "ann", "url": "https://example.social/@ann"},
        **fields,
    }


def sent_event(name: str, payload: Any) -> bytes:
    """Return a server-sent event as Mastodon writes it."""
    data = payload if isinstance(payload, str) else json.dumps(payload)
    return f"event: {name}\ndata: {data}\n\n".encode()


@dataclass
class MastodonServer(StreamServer):
    """The streaming API, and the timelines with what is in `statuses`, oldest first."""

    statuses: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    page_headers: dict[str, str] = field(default_factory=dict)
    pages: list[web.Request] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v1/streaming/{timeline:.*}", self.stream)
        app.router.add_get("/api/v1/timelines/public", self.timeline)
        app.router.add_get("/api/v1/timelines/tag/{tag}", self.timeline)
        app.router.add_get("/api/v2/instance", self.instance)
        return app

    async def instance(self, request: web.Request) -> web.Response:
        return web.json_response({"configuration": {"urls": {"streaming": self.url.replace("http", "ws")}}})

    async def timeline(self, request: web.Request) -> web.Response:
        self.pages.append(request)
        if self.refusals:
            refusal = self.refusals.pop(0)
            return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
        limit = int(request.query["limit"])
        tag = request.match_info.get("tag")
        statuses = [s for s in self.statuses if tag is None or f"#{tag}" in s["content"]]
        if (min_id := request.query.get("min_id")) is not None:
            page = [status for status in statuses if int(status["id"]) > int(min_id)][:limit]
        else:
            page = statuses[-limit:]
        return web.json_response(page[::-1], headers=self.page_headers)

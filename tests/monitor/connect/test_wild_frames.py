"""Whatever a platform sends becomes a frame, and the frame becomes items or faults: never an exception."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.connect import ConnectionLostError, Frame, Timeline
from monitor.connect.jetstream import Jetstream
from monitor.connect.mastodon_live import MastodonStream
from monitor.connect.x_stream import XStream
from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.ingest.sources import source_named
from monitor.records import ComplianceEvent, Post
from tests.monitor.connect.conftest import frames_until_the_end
from tests.monitor.connect.jetstreams import event
from tests.monitor.connect.platforms import post_line, sent_event, status

NAMES = st.sampled_from(
    [
        "data",
        "errors",
        "id",
        "did",
        "time_us",
        "kind",
        "commit",
        "record",
        "text",
        "operation",
        "content",
        "account",
    ]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


def changed(document: Any, name: str, value: Any) -> Any:
    """Return the document with another value wherever the name occurs."""
    if isinstance(document, dict):
        return {key: value if key == name else changed(part, name, value) for key, part in document.items()}
    return [changed(part, name, value) for part in document] if isinstance(document, list) else document


def check(frames: list[Frame], format_name: str) -> None:
    for frame in frames:
        if frame.document is not None:
            for item in read_items(frame.document, source_named(format_name)):
                assert isinstance(item, Post | ComplianceEvent | PoisonError)


class Body(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def client_for(body: bytes) -> httpx.AsyncClient:
    """Return a client whose every stream has this body, and every other page is empty."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "stream" in request.url.path:
            return httpx.Response(200, stream=Body(body))
        return httpx.Response(200, json=[] if "timelines" in request.url.path else {})

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


@given(raw=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_event_of_jetstream_is_a_frame(raw: bytes) -> None:
    check([Jetstream(["ws://unused"]).read_event(raw)], "bluesky")


@given(name=NAMES, value=JSON)
def test_any_field_of_an_event_of_jetstream_may_have_any_value(name: str, value: Any) -> None:
    raw = json.dumps(changed(json.loads(event(1)), name, value)).encode()
    check([Jetstream(["ws://unused"]).read_event(raw)], "bluesky")


@given(name=NAMES, value=JSON, noise=st.binary(max_size=30))
async def test_any_lines_of_x_are_frames(name: str, value: Any, noise: bytes) -> None:
    line = json.dumps(changed(json.loads(post_line(1)), name, value)).encode()
    async with client_for(
        line + b"\r\n" + noise + b"\r\n\r\n" + json.dumps(value).encode() + b"\n"
    ) as client:
        frames, error = await frames_until_the_end(XStream(client, "http://x.example"))
    assert error is None or isinstance(error, ConnectionLostError)
    check(frames, "x-v2")


@given(
    name=NAMES,
    value=JSON,
    noise=st.binary(max_size=30),
    kind=st.sampled_from(["update", "status.update", "delete"]),
)
async def test_any_events_of_mastodon_are_frames(name: str, value: Any, noise: bytes, kind: str) -> None:
    body = (
        sent_event(kind, changed(status(1), name, value))
        + noise
        + b"\n\n"
        + sent_event(kind, json.dumps(value))
    )
    async with client_for(body) as client:
        source = MastodonStream(client, "http://m.example", [Timeline("public")])
        frames, error = await frames_until_the_end(source)
    assert error is None
    check(frames, "mastodon")


@pytest.mark.parametrize(
    "page", [None, {}, [None], [1, "x"], [{}], [{"id": 5}], [{"id": None, "content": 7}]]
)
async def test_any_page_of_mastodon_is_read_or_a_lost_connection(page: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "streaming" in request.url.path:
            return httpx.Response(200, stream=Body(b""))
        return httpx.Response(200, json=page)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        source = MastodonStream(client, "http://m.example", [Timeline("public")])
        frames, error = await frames_until_the_end(source)
    assert error is None or isinstance(error, ConnectionLostError)
    check(frames, "mastodon")

"""Rate limits, explanations and long lines of HTTP servers."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.connect import ConnectionLostError
from monitor.connect.http_stream import MAX_DETAIL, byte_lines, explain, reset_time

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "title", "detail", "error", "x"]), values, max_size=3)
    ),
    max_leaves=12,
)


class Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


async def lines_of(chunks: list[bytes], longest: int = 1_000) -> list[bytes]:
    response = httpx.Response(200, stream=Chunks(chunks))
    return [line async for line in byte_lines(response, longest=longest)]


@given(
    lines=st.lists(st.binary(max_size=8).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))),
    cuts=st.lists(st.integers(0, 200)),
)
async def test_lines_do_not_depend_on_how_the_bytes_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    chunks = [data[start:end] for start, end in itertools.pairwise(places)]
    assert await lines_of(chunks) == lines


async def test_a_line_without_end_is_left_out() -> None:
    assert await lines_of([b"one\r\ntw", b"o"]) == [b"one"]


async def test_a_line_that_never_ends_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionLostError):
        await lines_of([b"x" * 600, b"x" * 600])


def test_both_notations_of_the_end_of_a_rate_limit_are_read() -> None:
    expected = datetime(2026, 3, 14, 12, tzinfo=UTC)
    assert reset_time({"x-rate-limit-reset": "1773489600"}) == expected
    assert reset_time({"x-ratelimit-reset": "2026-03-14T12:00:00.000000Z"}) == expected
    after = reset_time({"retry-after": "30"})
    assert after is not None
    assert timedelta(0) < after - datetime.now(UTC) < timedelta(seconds=31)


@given(value=st.text(max_size=30))
def test_any_header_is_a_time_or_nothing(value: str) -> None:
    for name in ("x-rate-limit-reset", "x-ratelimit-reset", "retry-after"):
        moment = reset_time({name: value})
        assert moment is None or moment.tzinfo is not None


@given(document=JSON)
def test_any_error_object_has_a_short_explanation(document: object) -> None:
    assert len(explain(document)) <= MAX_DETAIL
    assert "\n" not in explain(document)


def test_repeated_explanations_are_named_once() -> None:
    assert explain({"title": "No", "errors": [{"title": "No", "detail": "why"}, 7]}) == "No; why"

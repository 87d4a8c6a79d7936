"""What X and Mastodon share: lines of an endless HTTP response, and what a failed request means."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from monitor.connect.errors import ConnectError, ConnectionLostError, FailureKind
from monitor.errors import PoisonError
from monitor.ingest import parse_json

if TYPE_CHECKING:
    import httpx

MAX_LINE: Final = 16 * 1_048_576
"""Maximum number of bytes of a line; a server that sends more is not the platform that we expect."""

CONNECT_TIMEOUT: Final = 15.0
"""Seconds until a server that does not answer counts as away."""

MAX_DETAIL: Final = 300
"""Number of characters of a server's explanation that our message quotes."""


def open_client(token: str | None, *, silence: float) -> httpx.AsyncClient:
    """Return a client that sends `token` and gives up after `silence` seconds without a byte."""
    import httpx

    headers = {"User-Agent": "ade-monitor"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    timeout = httpx.Timeout(CONNECT_TIMEOUT, read=silence)
    return httpx.AsyncClient(headers=headers, timeout=timeout)


def host_of(url: str) -> str:
    """Return the host name in a URL, with its port if it has one."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


@contextlib.contextmanager
def network_failures(url: str, silence: float) -> Iterator[None]:
    """Turn failures of the network into `ConnectionLostError`.

    Args:
        url: address of the server, for the message.
        silence: seconds after which the client gives up on a silent server, for the message.

    Raises:
        ConnectionLostError: in place of any transport error.
        ConnectError: the address is not a URL.
    """
    import httpx

    try:
        yield
    except httpx.ReadTimeout:
        raise ConnectionLostError(f"{host_of(url)} sent nothing for {silence:g} s") from None
    except httpx.TransportError as error:
        cause = str(error) or type(error).__name__
        raise ConnectionLostError(f"the connection to {host_of(url)} failed: {cause}") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ConnectError(f"the address of the server is not a URL: {error}") from None


async def byte_lines(response: httpx.Response, *, longest: int = MAX_LINE) -> AsyncIterator[bytes]:
    """Yield the lines of a response without their ends, as soon as they are complete.

    A line that the end of the connection cuts off is left out: the platform sends it again, or it is part of
    the gap. Lines end at LF only. The lines of httpx also end at U+2028, which may stand inside JSON.

    Raises:
        ConnectionLostError: a line is longer than `longest` bytes.
    """
    buffer = bytearray()
    async for chunk in response.aiter_bytes():
        searched = len(buffer)
        buffer += chunk
        start = 0
        while (end := buffer.find(b"\n", max(start, searched))) >= 0:
            yield bytes(buffer[start:end]).removesuffix(b"\r")
            start = end + 1
        del buffer[:start]
        if len(buffer) > longest:
            raise ConnectionLostError(
                f"the server sent a line of more than {longest} bytes", FailureKind.HTTP
            )


async def explanation_of(response: httpx.Response) -> str:
    """Return what a failed response says about the reason, in one short line."""
    try:
        document = parse_json(await response.aread())
    except PoisonError:
        return ""
    return explain(document)


def explain(document: Any) -> str:
    """Return the explanations in an error object of X or Mastodon, in one short line."""
    if not isinstance(document, Mapping):
        return ""
    errors = document.get("errors")
    parts = [part for part in (errors if isinstance(errors, list) else []) if isinstance(part, Mapping)]
    words = [
        str(part[name])
        for part in (document, *parts)
        for name in ("title", "detail", "message", "error", "error_description")
        if isinstance(part.get(name), str)
    ]
    return " ".join("; ".join(dict.fromkeys(words)).split())[:MAX_DETAIL]


def reset_time(headers: Mapping[str, str]) -> datetime | None:
    """Return when a rate limit ends, or None.

    X writes `x-rate-limit-reset` in Unix seconds, Mastodon writes `X-RateLimit-Reset` in ISO 8601, and both
    may send `Retry-After` in seconds.
    """
    for name in ("x-rate-limit-reset", "x-ratelimit-reset"):
        value = headers.get(name, "").strip()
        with contextlib.suppress(ValueError, OverflowError, OSError):
            if value.isdecimal():
                return datetime.fromtimestamp(int(value), UTC)
            if value:
                moment = datetime.fromisoformat(value)
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and len(value) < 8:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + int(value), UTC)
    return None


def passing_failure(status: int, headers: Mapping[str, str], explanation: str) -> ConnectionLostError | None:
    """Return the failure of a request that may succeed later, or None if it never will."""
    fact = f"the server answered {status}" + (f" ({explanation})" if explanation else "")
    if status == 429:
        return ConnectionLostError(fact, FailureKind.RATE_LIMITED, retry_at=reset_time(headers))
    if status >= 500 or status in (408, 420, 425):
        retry_at = reset_time(headers) if "retry-after" in headers else None
        return ConnectionLostError(fact, FailureKind.HTTP, retry_at=retry_at)
    return None

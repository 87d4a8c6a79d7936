"""Bluesky's Jetstream: a WebSocket with every new, changed and deleted post of the network, as JSON.

A cursor is a time in Unix microseconds, so it is valid on every host. After a lost connection the next host
continues a few seconds before it. A server keeps about a day. If a cursor is older, the server starts later
without an error, so the first event shows whether there is a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from monitor.backoff import Backoff
from monitor.connect.errors import ConnectError, ConnectionLostError
from monitor.connect.http_stream import CONNECT_TIMEOUT, MAX_DETAIL, passing_failure
from monitor.connect.live_source import Frame, Gap, Position, read_frame
from monitor.connect.reconnecting import ReconnectRules
from monitor.errors import MonitorError, PoisonError
from monitor.settings import masked_addresses

if TYPE_CHECKING:
    from websockets.http11 import Response

COLLECTION: Final = "app.bsky.feed.post"

SILENCE: Final = 60.0
"""Seconds without an event after which a connection counts as lost; usually several arrive each second."""

REWIND: Final = timedelta(seconds=5)
"""How far before the cursor to continue, because the clocks of the hosts differ."""

TOLERANCE: Final = timedelta(seconds=60)
"""Longest time between the cursor and the first event that is not a gap."""

MAX_EVENT: Final = 4 * 1_048_576
"""Maximum number of bytes of an event."""

RULES: Final = ReconnectRules(
    network=Backoff(first=1.0, longest=60.0, jitter=0.5),
    http=Backoff(first=5.0, longest=120.0, jitter=0.5),
    rate_limited=Backoff(first=60.0, longest=900.0, jitter=0.5),
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Below this, a cursor would be a sequence number, which is valid on one host only.
_SMALLEST_TIME: Final = 10**15
_LARGEST_TIME: Final = 4_102_444_800 * 10**6


def read_zstd_dictionary(path: Path) -> Any:
    """Return the zstd dictionary of Jetstream, for compressed events.

    Raises:
        ConnectError: the file cannot be read, or is not a dictionary.
    """
    from backports import zstd

    try:
        return zstd.ZstdDict(path.read_bytes())
    except OSError as error:
        raise ConnectError(f"the zstd dictionary {path} cannot be read: {error.strerror}") from None
    except (ValueError, zstd.ZstdError) as error:
        raise ConnectError(
            f"{path} is not a zstd dictionary ({error})",
            "use the file `zstd_dictionary` of the Jetstream repository, or remove "
            "connect.jetstream_dictionary",
        ) from None


@dataclass
class Jetstream:
    """Connects to Jetstream.

    Attributes:
        hosts: addresses such as `wss://jetstream1.us-east.bsky.network`; after a failure the next is tried.
        dictionary: the zstd dictionary; None for the compression of WebSocket itself.
        silence: seconds without an event after which a connection counts as lost.
    """

    hosts: Sequence[str]
    dictionary: Any = None
    silence: float = SILENCE
    name: str = "bluesky"
    format_name: str = "bluesky"
    rules: ReconnectRules = RULES
    _host: int = field(default=0, init=False)
    _refusals: int = field(default=0, init=False)

    async def frames(self, position: Position | None) -> AsyncGenerator[Frame]:
        """Connect, and yield a frame for each event. See `LiveSource`."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

        host = self.hosts[self._host % len(self.hosts)]
        self._host += 1  # the next attempt is made elsewhere
        expected = position.at if position else None
        is_open = False
        try:
            async with connect(
                self._url(host, position),
                max_size=MAX_EVENT,
                open_timeout=CONNECT_TIMEOUT,
                # The server refuses both compressions at once.
                compression=None if self.dictionary else "deflate",
                user_agent_header="ade-monitor",
            ) as socket:
                is_open = True
                self._refusals = 0
                while True:
                    async with asyncio.timeout(self.silence):
                        message = await socket.recv(decode=False)
                    frame = self.read_event(message)
                    if expected is not None and frame.at is not None:
                        if frame.at - expected > TOLERANCE:
                            gap = Gap(expected, frame.at, "posts, deletions and account events")
                            frame = replace(frame, gap=gap)
                        expected = None
                    yield frame
        except InvalidStatus as error:
            raise self._refusal(host, error.response) from None
        except InvalidURI as error:
            raise ConnectError(
                f"{masked_addresses(error.uri)} is not the address of a WebSocket",
                "correct connect.jetstream_hosts",
            ) from None
        except TimeoutError:
            silence = f"sent nothing for {self.silence:g} s" if is_open else "does not answer"
            raise ConnectionLostError(f"{masked_addresses(host)} {silence}") from None
        except (InvalidHandshake, WebSocketException, OSError) as error:
            place = masked_addresses(host)
            raise ConnectionLostError(f"the connection to {place} failed: {error}") from None

    def _refusal(self, host: str, response: Response) -> MonitorError:
        """Return the error for an answer that is not a connection; it is final once all hosts refuse."""
        explanation = " ".join((response.body or b"").decode(errors="replace").split())[:MAX_DETAIL]
        failure = passing_failure(response.status_code, response.headers, explanation)
        if failure is not None:
            return failure
        self._refusals += 1
        fact = f"{masked_addresses(host)} answered {response.status_code} ({explanation})"
        if self._refusals < len(self.hosts):
            return ConnectionLostError(fact)
        return ConnectError(fact, "check connect.jetstream_hosts")

    def _url(self, host: str, position: Position | None) -> str:
        query = {"wantedCollections": COLLECTION}
        if self.dictionary is not None:
            query["compress"] = "true"
        if position is not None:
            query["cursor"] = str(int((position.at - REWIND - _EPOCH) / timedelta(microseconds=1)))
        return f"{host.rstrip('/')}/subscribe?{urlencode(query)}"

    def read_event(self, message: bytes) -> Frame:
        """Return the frame of an event as it arrives; one that cannot be read has a fault."""
        if self.dictionary is not None:
            try:
                message = _decompress(message, self.dictionary)
            except PoisonError as error:
                return Frame(message, fault=error)
        frame = read_frame(message)
        at = _time_of(frame.document)
        if at is None:
            return frame
        return replace(frame, at=at, position=Position({"time_us": str(frame.document["time_us"])}, at))


def _decompress(message: bytes, dictionary: Any) -> bytes:
    from backports import zstd

    decompressor = zstd.ZstdDecompressor(zstd_dict=dictionary)
    try:
        event = decompressor.decompress(message, max_length=MAX_EVENT)
    except zstd.ZstdError:
        raise PoisonError("not-json", "the event cannot be decompressed with this dictionary") from None
    if not decompressor.eof:
        raise PoisonError("too-large", f"the event is cut, or has more than {MAX_EVENT} bytes")
    return event


def _time_of(document: Any) -> datetime | None:
    microseconds = document.get("time_us") if isinstance(document, Mapping) else None
    if not isinstance(microseconds, int) or not _SMALLEST_TIME <= microseconds < _LARGEST_TIME:
        return None
    with suppress(OverflowError):
        return _EPOCH + timedelta(microseconds=microseconds)
    return None

"""What a live platform is to the loop that all connectors share: frames, and positions in the stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from monitor.connect.reconnecting import ReconnectRules
from monitor.errors import PoisonError
from monitor.ingest import parse_json

Clock = Callable[[], datetime]
"""Returns the current time, timezone-aware."""


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a platform was read.

    Attributes:
        cursor: what the platform needs to continue, such as the id of the newest post; JSON strings.
        at: time up to which everything has arrived, timezone-aware.
    """

    cursor: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A time for which a platform does not deliver everything again.

    Attributes:
        since: start of the gap, timezone-aware.
        until: end of the gap, timezone-aware.
        missing: what may be missing, such as "posts".
    """

    since: datetime
    until: datetime
    missing: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One unit that a platform sends: an event, a keep-alive signal without a document, or a gap.

    Attributes:
        raw: the bytes as they arrived; not part of `repr`, because they hold a post.
        document: the parsed JSON that a source of `monitor.ingest` reads, or None.
        position: how far the platform is read once this frame is on the topic; None to leave it.
        at: when the event happened, if the platform states it; for the lag.
        fault: why the frame cannot be read.
        gap: a gap right before this frame.
    """

    raw: bytes = field(default=b"", repr=False)
    document: Any = field(default=None, repr=False)
    position: Position | None = None
    at: datetime | None = None
    fault: PoisonError | None = None
    gap: Gap | None = None


class LiveSource(Protocol):
    """A platform to connect to."""

    @property
    def name(self) -> str:
        """Name in logs, such as "bluesky"; part of the name of the state file."""

    @property
    def format_name(self) -> str:
        """Name of the source in `monitor.ingest` that reads the documents, such as "x-v2"."""

    @property
    def rules(self) -> ReconnectRules:
        """How long to wait before the next attempt."""

    def frames(self, position: Position | None) -> AsyncGenerator[Frame]:
        """Connect, and yield frames until the connection ends.

        Args:
            position: where to continue; None to start with what is new.

        Raises:
            ConnectionLostError: the connection ended, or could not be made.
            ConnectError: the platform refuses, and waiting does not help.
        """


def read_frame(raw: bytes) -> Frame:
    """Parse the JSON of a frame. A frame that is not JSON has a fault."""
    try:
        return Frame(raw, parse_json(raw))
    except PoisonError as error:
        return Frame(raw, fault=error)

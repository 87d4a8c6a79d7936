"""The two protocols between alerts and the broker that carries them.

The relay publishes through a `Publisher`, and `follow` reads through a `Reader`. Everything about Redis is in
`monitor/alerts/redis/`. To carry alerts over another broker, implement both protocols in a folder next to it.
Implementations translate the errors of their client library into those of `monitor/errors.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from monitor.errors import MonitorError

Notify = Callable[[str], None]
"""Shows a message to the person who runs the command."""


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """An entry of the alert stream: its id, which the broker assigns, and its fields."""

    entry_id: str
    fields: Mapping[str, str]


@dataclass
class PublishResult:
    """The result of publishing a batch of alerts.

    Attributes:
        stored: ids of the alerts that are in the stream, whether added now or earlier.
        unannounced: how many of them are in the stream but could not be announced on the channel.
        error: the first error, if some alerts were not stored.
    """

    stored: list[str] = field(default_factory=list)
    unannounced: int = 0
    error: MonitorError | None = None


class Publisher(Protocol):
    """Adds alerts to the stream. Publishing an alert again changes nothing."""

    async def publish(self, alerts: Sequence[tuple[str, Mapping[str, Any]]]) -> PublishResult:
        """Publish alerts, each as (alert id, payload), in their order.

        Raises:
            MonitorError: the whole call failed, and it is not known which alerts were published.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Reader(Protocol):
    """A position in the alert stream.

    All methods raise `MonitorError`. After an error, `read` continues after the last acknowledged entry.
    """

    @property
    def location(self) -> str:
        """Name of the server, for messages."""
        ...

    def read(self) -> list[StreamEntry]:
        """Return the next entries. Wait a few seconds for them, then return none."""
        ...

    def acknowledge(self, entry: StreamEntry) -> None:
        """Mark the entry as done, so that it is not read again."""
        ...

    def release(self) -> None:
        """Leave what was read and not acknowledged to the next reader, without delay."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...

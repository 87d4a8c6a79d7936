"""The two protocols between alerts and the broker that carries them.

The relay publishes through a `Publisher`, and `follow` reads through an `AlertReader`. Everything about Redis
is in `monitor/alerts/redis/`. To carry alerts over another broker, implement both protocols in a folder next
to it.
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
class AlertRevision:
    """A change that subscribers must see: a new alert, new content for a known one, or its retraction.

    Attributes:
        alert_id: the alert.
        number: number of the change, from 1. Of two changes of an alert, the higher number counts.
        payload: JSON of the alert, or of the retraction if `retracts` is True.
        retracts: True if the alert leaves the stream.
        entry_id: id of the entry that has the alert, or had it last. Only its milliseconds, about, if an
            older version published it, and None if it is not known to be published.
    """

    alert_id: str
    number: int
    payload: Mapping[str, Any]
    retracts: bool = False
    entry_id: str | None = None


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """An entry of the alert stream: its id, which the broker assigns, and its fields."""

    entry_id: str
    fields: Mapping[str, str]


@dataclass
class PublishResult:
    """The result of publishing a batch of changes.

    Attributes:
        stored: ids of the alerts whose change is in the stream, whether added now or earlier, each with the
            id of the entry that has the alert. The entry's id is None if the alert is not in the stream.
        unannounced: how many of them are in the stream but could not be announced on the channel.
        error: the first error, if some changes were not stored.
    """

    stored: dict[str, str | None] = field(default_factory=dict)
    unannounced: int = 0
    error: MonitorError | None = None


class Publisher(Protocol):
    """Adds alerts to the stream, and removes them. Publishing a change again does nothing."""

    async def publish(self, revisions: Sequence[AlertRevision]) -> PublishResult:
        """Publish changes in their order. A retraction of an alert that nobody saw publishes nothing.

        Raises:
            MonitorError: the whole call failed, and it is not known which changes were published.
        """
        ...

    async def purge(self) -> None:
        """Make the broker delete removed alerts from its files, too, if that is due. Call it regularly.

        Raises:
            MonitorError: the broker is away.
        """
        ...

    async def require_answer(self) -> None:
        """Check that the broker answers.

        Raises:
            MonitorError: it does not.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class AlertReader(Protocol):
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

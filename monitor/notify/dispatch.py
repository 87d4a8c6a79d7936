"""What a route sends at once: an alert, a retraction, a digest, or a test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from monitor.alerts import AlertPayload, RetractionPayload, StreamEntry, parse_payload, parse_retraction


@dataclass(frozen=True, slots=True)
class RoutedEntry:
    """An entry of the stream.

    Attributes:
        entry_id: its id in the stream.
        item: the alert or the retraction.
        content: its JSON as published, with fields that this version does not know.
    """

    entry_id: str
    item: AlertPayload | RetractionPayload
    content: Mapping[str, Any]

    @property
    def changed_at(self) -> datetime:
        """When the alert was detected, or retracted."""
        return self.item.detected_at if isinstance(self.item, AlertPayload) else self.item.retracted_at

    @property
    def event_id(self) -> str:
        """Identity of the event, the same at each attempt: the alert and the milliseconds of its change."""
        milliseconds = round(self.changed_at.timestamp() * 1000)
        end = "" if isinstance(self.item, AlertPayload) else "-retracted"
        return f"{self.item.alert_id}-{milliseconds}{end}"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What a route sends in one message.

    Attributes:
        route: name of the route.
        entries: one alert or retraction, or the alerts of a digest; none in a test.
        digest: "hourly" or "daily" of a digest, else None.
        created_at: now, timezone-aware.
    """

    route: str
    entries: tuple[RoutedEntry, ...]
    created_at: datetime
    digest: str | None = None

    @property
    def is_test(self) -> bool:
        """True for the message of `ade-monitor notify --test`."""
        return not self.entries

    @property
    def alerts(self) -> list[AlertPayload]:
        """The alerts."""
        return [entry.item for entry in self.entries if isinstance(entry.item, AlertPayload)]

    @property
    def retractions(self) -> list[RetractionPayload]:
        """The retractions."""
        return [entry.item for entry in self.entries if isinstance(entry.item, RetractionPayload)]

    @property
    def message_id(self) -> str:
        """Identity of the message, the same at each attempt with the same entries."""
        if self.is_test:
            return f"test-{round(self.created_at.timestamp() * 1000)}"
        if self.digest is None:
            return self.entries[0].event_id
        events = " ".join(entry.event_id for entry in self.entries)
        return f"{self.digest}-{hashlib.sha256(events.encode()).hexdigest()[:32]}"


class RouteSender(Protocol):
    """Sends messages to the receiver of one route."""

    def send(self, dispatch: Dispatch) -> None:
        """Send a message.

        Raises:
            RouteAwayError: it did not arrive, or it is not known whether it did.
            RefusedError: the receiver will never take it.
        """
        ...

    def preview(self, dispatch: Dispatch) -> str:
        """Return what `send` would send, without secrets."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def read_entry(entry: StreamEntry) -> RoutedEntry:
    """Parse an entry of the stream.

    Raises:
        PoisonError: it is neither an alert nor a retraction.
    """
    item: AlertPayload | RetractionPayload
    if "retracted" in entry.fields:
        text = entry.fields["retracted"]
        item = parse_retraction(text)
    else:
        text = entry.fields.get("alert", "")
        item = parse_payload(text)
    return RoutedEntry(entry.entry_id, item, json.loads(text))

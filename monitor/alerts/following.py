"""Pass alerts from a reader to a subscriber, through outages, and acknowledge each one afterwards."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

from monitor.alerts.filtering import AlertFilter, FilteredAlerts
from monitor.alerts.payload import AlertPayload, RetractionPayload, parse_payload, parse_retraction
from monitor.alerts.ports import AlertReader, Notify, StreamEntry
from monitor.backoff import Backoff
from monitor.errors import MonitorError, PoisonError, RetryableError
from monitor.retrying import REDIS, Outage, Retries

BACKOFF: Final = Backoff(first=0.25, longest=5.0, jitter=0.5)
"""Pauses between attempts to reach the broker."""

Show = Callable[[AlertPayload | RetractionPayload, str], None]
"""Shows an alert or a retraction, also passed as JSON, to the subscriber."""


def follow(
    reader: AlertReader,
    show: Show,
    *,
    notify: Notify,
    alert_filter: AlertFilter | None = None,
    count: int | None = None,
) -> None:
    """Show alerts and retractions until `count` alerts were shown, or without end.

    An entry is acknowledged after `show` has returned, so an interrupted `show` loses nothing. An entry that
    is neither is reported, skipped and acknowledged. While the broker is away, this waits, and notifies the
    user once.

    Args:
        reader: source of the entries; it is released at the end, also after an error.
        show: called for each alert and retraction that passes the filter, in the order of the stream.
        notify: called with messages for the user.
        alert_filter: which alerts to show; all by default.
        count: number of alerts to show. Retractions are not counted.

    Raises:
        SettingsError, FatalError: the broker refuses, and waiting does not help.
    """
    shown = 0
    retries = Retries(REDIS, BACKOFF, _OutageNotes(reader.location, notify))
    filtered = FilteredAlerts(alert_filter or AlertFilter())
    try:
        while count is None or shown < count:
            try:
                entries = reader.read()
                retries.succeeded()
                for entry in entries:
                    shown += _show_entry(entry, show, notify, filtered)
                    reader.acknowledge(entry)
                    if shown == count:
                        return
            except RetryableError as error:
                time.sleep(retries.failed(error))
    finally:
        with contextlib.suppress(MonitorError):
            reader.release()


def _show_entry(entry: StreamEntry, show: Show, notify: Notify, filtered: FilteredAlerts) -> bool:
    """Show an entry, and return True if it was an alert."""
    item: AlertPayload | RetractionPayload
    try:
        if "retracted" in entry.fields:
            text = entry.fields["retracted"]
            item = parse_retraction(text)
        else:
            text = entry.fields.get("alert", "")
            item = parse_payload(text)
    except PoisonError as error:
        notify(f"entry {entry.entry_id} is not an alert and was skipped ({error.detail})")
        return False
    visible = filtered.visible(item, replaces="replaces" in entry.fields)
    if visible is None:
        return False
    show(visible, text if visible is item else visible.model_dump_json())
    return isinstance(visible, AlertPayload)


class _OutageNotes:
    """Notifies the user once that the broker is away, and once that it is back."""

    def __init__(self, location: str, notify: Notify) -> None:
        self._location = location
        self._notify = notify

    def away(self, error: BaseException | None, outage: Outage, **_: Any) -> None:
        if outage.attempts == 1:
            self._notify(f"{error}. Waiting for it; press Ctrl-C to stop.")

    def back(self, away_s: float) -> None:
        self._notify(f"{self._location} is back.")

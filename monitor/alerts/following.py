"""Pass alerts from a reader to a subscriber, through outages, and acknowledge each one afterwards."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.alerts.payload import AlertPayload, parse_payload
from monitor.alerts.ports import Notify, Reader, StreamEntry
from monitor.backoff import Backoff
from monitor.errors import MonitorError, PoisonError, RetryableError
from monitor.word_search import contains_phrase

BACKOFF: Final = Backoff(first=0.25, longest=5.0)
"""Pauses between attempts to reach the broker."""

Show = Callable[[AlertPayload, str], bool]
"""Shows an alert, also passed as JSON, to the subscriber. Returns False if it was filtered out."""


@dataclass(frozen=True)
class AlertFilter:
    """Passes alerts that name one of the drugs and one of the effects; an empty list passes everything.

    Attributes:
        drugs: whole words of the tweet, in any case; a hashtag counts as the word.
        effects: codes or names of PTs, in any case.
    """

    drugs: Sequence[str] = ()
    effects: Sequence[str] = ()

    def matches(self, alert: AlertPayload) -> bool:
        """Return True if the alert passes."""
        return self._names_drug(alert.text) and self._is_effect(alert)

    def _names_drug(self, text: str) -> bool:
        return not self.drugs or any(contains_phrase(text, drug) for drug in self.drugs)

    def _is_effect(self, alert: AlertPayload) -> bool:
        if not self.effects:
            return True
        effects = {effect.strip().casefold() for effect in self.effects}
        return bool(effects & {alert.ptid, (alert.pt_name or "").casefold() or None})


def follow(reader: Reader, show: Show, *, notify: Notify, count: int | None = None) -> None:
    """Show alerts until `count` were shown, or without end.

    An entry is acknowledged after `show` has returned, so an interrupted `show` loses no alert. An entry that
    is not an alert is reported, skipped and acknowledged. While the broker is away, this waits, and
    notifies the user once.

    Args:
        reader: source of the entries; it is released at the end, also after an error.
        show: called for each alert, in the order of the stream.
        notify: called with messages for the user.
        count: number of alerts to show.

    Raises:
        SettingsError, FatalError: the broker refuses, and waiting does not help.
    """
    shown = 0
    outage = _Outage(reader.location, notify)
    try:
        while count is None or shown < count:
            try:
                entries = reader.read()
                outage.end()
                for entry in entries:
                    shown += _show_entry(entry, show, notify)
                    reader.acknowledge(entry)
                    if shown == count:
                        return
            except RetryableError as error:
                outage.wait(error)
    finally:
        with contextlib.suppress(MonitorError):
            reader.release()


def _show_entry(entry: StreamEntry, show: Show, notify: Notify) -> bool:
    text = entry.fields.get("alert", "")
    try:
        alert = parse_payload(text)
    except PoisonError as error:
        notify(f"entry {entry.entry_id} is not an alert and was skipped ({error.detail})")
        return False
    return show(alert, text)


class _Outage:
    """Reports once that the broker is away, and once that it is back."""

    def __init__(self, location: str, notify: Notify) -> None:
        self._location = location
        self._notify = notify
        self._pauses: Iterator[float] | None = None

    def wait(self, error: RetryableError) -> None:
        if self._pauses is None:
            self._pauses = BACKOFF.pauses()
            self._notify(f"{error}. Waiting for it; press Ctrl-C to stop.")
        time.sleep(next(self._pauses))

    def end(self) -> None:
        if self._pauses is not None:
            self._pauses = None
            self._notify(f"{self._location} is back.")

"""Handing alerts from a reader to a subscriber, through outages, and acknowledging what arrived.

Which alerts a subscriber wants to see.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError

from monitor.alerts.payload import AlertPayload, read_payload
from monitor.alerts.ports import Reader, Say, StreamEntry
from monitor.alerts.redis.connection import explained
from monitor.errors import PoisonError, RetryableError

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
"""Seconds between two tries while Redis is away."""

Show = Callable[[AlertPayload, str], bool]
"""Brings an alert, given with its JSON, to the subscriber for good; tells whether it was one to show."""


def follow(reader: Reader, show: Show, *, say: Say, place: str, count: int | None = None) -> None:
    """Show alerts until `count` were shown, for ever without it.

    An entry is done when `show` has returned, so that what interrupts `show` loses no alert. An entry that
    holds no alert is named and done with. While Redis is away this waits and says so once.

    Args:
        reader: where the entries come from; released at the end, whatever ends it.
        show: called for each alert, in the order of the stream.
        say: told what a person should know.
        place: the server's name for messages.
        count: alerts to show.

    Raises:
        SettingsError, FatalError: Redis refuses in a way that no waiting mends.
    """
    shown = 0
    outage = _Outage(say, place)
    try:
        while count is None or shown < count:
            try:
                entries = reader.read()
                outage.over()
                for entry in entries:
                    shown += _handle(entry, show, say)
                    reader.done(entry)
                    if shown == count:
                        return
            except RedisError as error:
                outage.wait(error)
    finally:
        with contextlib.suppress(RedisError):
            reader.release()


def pauses() -> Iterator[float]:
    """Give seconds to wait before the next try: doubling, then steady."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


def _handle(entry: StreamEntry, show: Show, say: Say) -> bool:
    text = entry.fields.get("alert", "")
    try:
        alert = read_payload(text)
    except PoisonError as error:
        say(f"entry {entry.entry_id} is no alert and was skipped ({error.detail})")
        return False
    return show(alert, text)


class _Outage:
    """Says once that Redis is away, and once that it is back."""

    def __init__(self, say: Say, place: str) -> None:
        self._say = say
        self._place = place
        self._pauses: Iterator[float] | None = None

    def wait(self, error: Exception) -> None:
        problem = explained(error, self._place)
        if not isinstance(problem, RetryableError):
            raise problem from error
        if self._pauses is None:
            self._pauses = pauses()
            self._say(f"{problem}. Waiting for it; Ctrl-C ends.")
        time.sleep(next(self._pauses))

    def over(self) -> None:
        if self._pauses is not None:
            self._pauses = None
            self._say(f"{self._place} is back.")


@dataclass(frozen=True)
class AlertFilter:
    """Lets an alert pass that names one of the drugs and is one of the effects; an empty list asks nothing.

    Attributes:
        drugs: words of the tweet, whole and in any case; a hashtag counts as the word.
        effects: codes or names of PTs, in any case.
    """

    drugs: Sequence[str] = ()
    effects: Sequence[str] = ()

    def matches(self, alert: AlertPayload) -> bool:
        """Tell whether the alert passes."""
        return self._names_drug(alert.text) and self._is_effect(alert)

    def _names_drug(self, text: str) -> bool:
        return not self.drugs or any(_word(drug).search(text) for drug in self.drugs)

    def _is_effect(self, alert: AlertPayload) -> bool:
        if not self.effects:
            return True
        wanted = {effect.strip().casefold() for effect in self.effects}
        return bool(wanted & {alert.ptid, (alert.pt_name or "").casefold() or None})


def _word(drug: str) -> re.Pattern[str]:
    """Match the drug as a word; between the words of a longer name any white space may stand."""
    parts = drug.strip().removeprefix("#").split()
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, parts)) + r"(?!\w)", re.IGNORECASE)

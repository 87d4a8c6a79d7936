"""What a connector has done so far: counts, lag and gaps, for the log and for the status line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass
class Activity:
    """The counts of one connector since its start.

    Attributes:
        source: name of the source.
        connected: whether a connection delivers at the moment.
        frames: units that the platform sent, without keep-alive signals.
        posts: posts in them.
        filtered: posts that name no drug and do not go to the topic.
        events: deletions and other compliance events.
        without_text: posts that have no text, such as pictures.
        unreadable: frames, or parts of frames, that are not valid.
        sent: messages that the broker has confirmed.
        reconnects: connections that ended, and attempts that failed.
        gaps: times for which the platform did not deliver everything.
        waiting: frames that wait for the broker.
        newest_at: when the newest event happened, according to the platform.
        last_contact: when the platform last sent anything.
    """

    source: str
    connected: bool = False
    frames: int = 0
    posts: int = 0
    filtered: int = 0
    events: int = 0
    without_text: int = 0
    unreadable: int = 0
    sent: int = 0
    reconnects: int = 0
    gaps: int = 0
    waiting: int = 0
    newest_at: datetime | None = None
    last_contact: datetime | None = None

    def saw(self, moment: datetime | None, now: datetime) -> None:
        """Note when an event happened. Times in the future are clocks that are wrong, and are ignored."""
        if moment is not None and moment <= now and (self.newest_at is None or moment > self.newest_at):
            self.newest_at = moment

    def lag(self, now: datetime) -> float | None:
        """Return how many seconds ago the newest event happened, or None if there was none yet."""
        return None if self.newest_at is None else max(0.0, (now - self.newest_at).total_seconds())

    def record(self, now: datetime) -> dict[str, Any]:
        """Return the counts as fields of a log event."""
        lag = self.lag(now)
        fields = asdict(self)
        del fields["last_contact"], fields["newest_at"]
        return {**fields, "lag_s": None if lag is None else round(lag, 1)}

    def sentence(self, now: datetime) -> str:
        """Return the counts as one line for a terminal, with the state of the connection and the lag."""
        state = "connected" if self.connected else "not connected"
        lag = self.lag(now)
        return f"{self.source} {state}, {self.summary()}" + ("" if lag is None else f", lag {lag:,.0f} s")

    def summary(self) -> str:
        """Return the counts as one line."""
        parts = [
            f"{self.posts:,} posts",
            f"{self.filtered:,} without a drug",
            f"{self.events:,} deletions and events",
            f"{self.sent:,} sent",
        ]
        optional = (
            (self.unreadable, "unreadable"),
            (self.waiting, "waiting for the broker"),
            (self.reconnects, "reconnects"),
            (self.gaps, "gaps"),
        )
        parts += [f"{count:,} {name}" for count, name in optional if count]
        return ", ".join(parts)

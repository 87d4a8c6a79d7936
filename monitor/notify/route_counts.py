"""What a route has done since its process started, for its metrics and for `ade-monitor doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class RouteCounts:
    """The counts of one route; only the thread of the route changes them.

    Attributes:
        messages: messages that the receiver took.
        alerts: alerts in them.
        retractions: retractions in them.
        failures: attempts that failed.
        refused: alerts that the receiver refused for good.
        missed: alerts that left the stream unsent, because it was trimmed.
        unrouted: alerts whose routes are not in the rules file; only one route counts them.
        waiting: alerts that wait now.
        oldest_due: when the first of them is due, or was.
        serves: True while this process serves the route.
        failing_since: when the attempts began to fail, or None.
        problem: why the last attempt failed, or None.
    """

    messages: int = 0
    alerts: int = 0
    retractions: int = 0
    failures: int = 0
    refused: int = 0
    missed: int = 0
    unrouted: int = 0
    waiting: int = 0
    oldest_due: datetime | None = None
    serves: bool = False
    failing_since: datetime | None = None
    problem: str | None = None

    def record(self, now: datetime) -> dict[str, float]:
        """Return the counts by the names in `RouteMetrics`; `late_s` is in seconds."""
        late = 0.0 if self.oldest_due is None else max(0.0, (now - self.oldest_due).total_seconds())
        return {
            "messages": self.messages,
            "alerts": self.alerts,
            "retractions": self.retractions,
            "failures": self.failures,
            "refused": self.refused,
            "missed": self.missed,
            "unrouted": self.unrouted,
            "serves": self.serves,
            "failing": self.failing_since is not None,
            "waiting": self.waiting,
            "late_s": late,
        }

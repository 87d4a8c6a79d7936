"""When to connect again: the pauses that a platform asks for after each kind of failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.backoff import Backoff
from monitor.connect.errors import ConnectionLostError, FailureKind

STABLE_AFTER: Final = timedelta(seconds=10)
"""How long a connection must deliver until it counts as established.

Without this, a server that accepts every connection and drops it at once would be called without any pause.
"""

LONGEST_WAIT: Final = 3_600.0
"""Maximum number of seconds to wait for the end of a rate limit, whatever a server states."""


@dataclass(frozen=True, slots=True)
class ReconnectRules:
    """The pauses that a platform asks for.

    Attributes:
        network: after the network failed or the connection ended.
        http: after an HTTP error that another attempt may not meet.
        rate_limited: after a rate limit whose end is not known.
        at_once: whether the first attempt after an established connection needs no pause.
    """

    network: Backoff
    http: Backoff
    rate_limited: Backoff
    at_once: bool = False


class ReconnectPauses:
    """The pauses of one connector, which grow until a connection is established."""

    def __init__(self, rules: ReconnectRules) -> None:
        self._rules = rules
        self._pauses: dict[FailureKind, Iterator[float]] = {}
        self._first_frame_at: datetime | None = None

    def received(self, now: datetime) -> None:
        """Note that a connection delivers."""
        if self._first_frame_at is None:
            self._first_frame_at = now

    def pause_after(self, failure: ConnectionLostError, now: datetime) -> float:
        """Return the number of seconds to wait after a failure."""
        established = self._first_frame_at is not None and now - self._first_frame_at >= STABLE_AFTER
        self._first_frame_at = None
        if established:
            self._pauses.clear()
        if failure.retry_at is not None:
            # One second more, because clocks differ.
            return min(max(0.0, (failure.retry_at - now).total_seconds()) + 1.0, LONGEST_WAIT)
        if established and self._rules.at_once and failure.kind is FailureKind.NETWORK:
            return 0.0
        if failure.kind not in self._pauses:
            self._pauses[failure.kind] = self._backoff_of(failure.kind).pauses()
        return next(self._pauses[failure.kind])

    def _backoff_of(self, kind: FailureKind) -> Backoff:
        if kind is FailureKind.NETWORK:
            return self._rules.network
        return self._rules.http if kind is FailureKind.HTTP else self._rules.rate_limited

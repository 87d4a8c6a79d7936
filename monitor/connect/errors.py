"""What can go wrong between a live platform and the topic, and who has to act.

ConnectError         the platform refuses, or an option is wrong: the user corrects it and starts again
ConnectionLostError  the platform is away, busy or silent: wait as long as it asks for, and connect again
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from monitor.errors import MonitorError, RetryableError


class FailureKind(StrEnum):
    """Why a connection ended; platforms ask for other pauses after each kind."""

    NETWORK = "network"
    HTTP = "http"
    RATE_LIMITED = "rate-limited"


class ConnectError(MonitorError):
    """A connector cannot work as requested. No new attempt would help."""


class ConnectionLostError(RetryableError):
    """A connection ended, or was not made.

    Attributes:
        kind: why; it decides how long to wait.
        retry_at: earliest time of the next attempt, timezone-aware, or None if the platform did not state it.
    """

    def __init__(
        self, fact: str, kind: FailureKind = FailureKind.NETWORK, *, retry_at: datetime | None = None
    ) -> None:
        super().__init__(fact, "check the address and the network, and try again")
        self.kind = kind
        self.retry_at = retry_at

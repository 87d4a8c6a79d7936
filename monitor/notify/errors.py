"""Why a message did not reach its receiver, and what happens with its alerts.

RouteAwayError   a RetryableError: the route does not work now. Its alerts wait, however long that takes.
RefusedError     the receiver will never take this message. Its alerts are set aside, and the route goes on.
"""

from __future__ import annotations

from monitor.errors import MonitorError, RetryableError


class RouteAwayError(RetryableError):
    """A receiver did not answer, is overloaded, or refuses every message, as with a wrong password.

    Attributes:
        retry_after: seconds that the receiver asks to wait, or None.
    """

    def __init__(self, fact: str, advice: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(fact, advice)
        self.retry_after = retry_after


class RefusedError(MonitorError):
    """A receiver refuses one message for its content, so that no retry helps."""

"""The pauses between attempts follow the rules of the platform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.connect import ConnectionLostError
from monitor.connect.errors import FailureKind
from monitor.connect.reconnecting import STABLE_AFTER, ReconnectPauses
from monitor.connect.x_stream import RULES as X_RULES

NOW = datetime(2026, 3, 14, tzinfo=UTC)
NETWORK = ConnectionLostError("cut")
HTTP = ConnectionLostError("503", FailureKind.HTTP)
LIMITED = ConnectionLostError("429", FailureKind.RATE_LIMITED)


def pauses_of(failure: ConnectionLostError, count: int) -> list[float]:
    pauses = ReconnectPauses(X_RULES)
    return [pauses.pause_after(failure, NOW) for _ in range(count)]


def test_network_failures_of_x_wait_linearly() -> None:
    pauses = pauses_of(NETWORK, 70)
    assert pauses[:4] == [0.25, 0.5, 0.75, 1.0]
    assert pauses[-1] == 16.0


def test_http_errors_and_rate_limits_of_x_wait_exponentially() -> None:
    assert pauses_of(HTTP, 8) == [5, 10, 20, 40, 80, 160, 320, 320]
    assert pauses_of(LIMITED, 3) == [60, 120, 240]


def test_a_known_end_of_a_rate_limit_decides_within_a_bound() -> None:
    pauses = ReconnectPauses(X_RULES)

    def limited_for(seconds: float) -> ConnectionLostError:
        retry_at = NOW + timedelta(seconds=seconds)
        return ConnectionLostError("429", FailureKind.RATE_LIMITED, retry_at=retry_at)

    assert pauses.pause_after(limited_for(90), NOW) == 91.0
    assert pauses.pause_after(limited_for(-90), NOW) == 1.0
    assert pauses.pause_after(limited_for(10**7), NOW) == 3_600.0


def test_an_established_connection_starts_over_and_reconnects_at_once() -> None:
    pauses = ReconnectPauses(X_RULES)
    for _ in range(5):
        pauses.pause_after(NETWORK, NOW)
    pauses.received(NOW)
    assert pauses.pause_after(NETWORK, NOW + STABLE_AFTER) == 0.0
    assert pauses.pause_after(NETWORK, NOW) == 0.25


def test_a_connection_that_drops_right_away_does_not_start_over() -> None:
    pauses = ReconnectPauses(X_RULES)
    seen = []
    for _ in range(3):
        pauses.received(NOW)
        seen.append(pauses.pause_after(NETWORK, NOW + timedelta(seconds=1)))
    assert seen == [0.25, 0.5, 0.75]

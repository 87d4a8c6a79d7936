"""The rate of requests, and what Retry-After demands."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from training.labelling.request_pace import RequestPace, retry_after


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("training.labelling.request_pace.asyncio.sleep", clock.sleep)
    return clock


def turns(pace: RequestPace, clock: Clock, count: int) -> list[float]:
    async def take() -> list[float]:
        times = []
        for _ in range(count):
            await pace.turn()
            times.append(clock.now)
        return times

    return asyncio.run(take())


def test_a_rate_spreads_requests(clock: Clock) -> None:
    assert turns(RequestPace(30, clock=clock), clock, 4) == [0, 2, 4, 6]
    clock.now = 0.0
    assert turns(RequestPace(None, clock=clock), clock, 3) == [0, 0, 0]


def test_a_demanded_pause_holds_all_requests(clock: Clock) -> None:
    pace = RequestPace(None, clock=clock)
    pace.hold(5)
    pace.hold(2)
    assert turns(pace, clock, 2) == [5, 5]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("0", 0),
        ("-3", 0),
        ("2.5", 2.5),
        ("inf", 60),
        ("86400", 60),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, longest=60) == seconds


def test_retry_after_as_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    seconds = retry_after(date, longest=60)
    assert seconds is not None
    assert 20 < seconds <= 30

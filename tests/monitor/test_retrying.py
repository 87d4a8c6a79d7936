"""Failed attempts are repeated, counted and reported, and an end of the process stops them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from monitor.backoff import Backoff
from monitor.errors import FatalError, RetryableError
from monitor.log_limits import INTERVAL
from monitor.metrics import EVERY_PROCESS
from monitor.retrying import DATABASE, PROGRAM, REDIS, OutageLog, Retries

SHORT = Backoff(first=0.001, longest=0.002, jitter=0.5)
LOG = OutageLog(structlog.get_logger(), "away", "back")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Flaky:
    """A call that fails some times."""

    def __init__(self, failures: int, error: type[Exception] = RetryableError) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error("no answer")
        return self.calls

    async def later(self) -> int:
        return self()


def counted(dependency: str) -> float:
    return EVERY_PROCESS.get_sample_value("ade_retries_total", {"dependency": dependency}) or 0.0


async def test_a_call_is_repeated_until_it_succeeds_and_each_failure_counts() -> None:
    before = counted(DATABASE)
    with capture_logs() as lines:
        assert await Retries(DATABASE, SHORT, LOG).repeat(Flaky(7).later) == 8
    assert counted(DATABASE) - before == 7
    assert [line["event"] for line in lines] == ["away", "back"]
    assert lines[0]["problem"] == "no answer"


def test_a_blocking_call_is_repeated_in_the_same_way() -> None:
    before = counted(REDIS)
    with capture_logs() as lines:
        assert Retries(REDIS, SHORT, LOG).repeat_blocking(Flaky(3)) == 4
    assert counted(REDIS) - before == 3
    assert [line["event"] for line in lines] == ["away", "back"]


async def test_a_call_that_succeeds_at_once_neither_waits_nor_logs() -> None:
    before = counted(DATABASE)
    with capture_logs() as lines:
        retries = Retries(DATABASE, Backoff(first=9_999, longest=9_999), LOG)
        assert await retries.repeat(Flaky(0).later) == 1
    assert (lines, counted(DATABASE)) == ([], before)


async def test_an_attempt_of_the_caller_counts_as_the_first() -> None:
    call = Flaky(1)
    before = counted(DATABASE)
    assert await Retries(DATABASE, SHORT).repeat(call.later, after=RetryableError("before")) == 2
    assert counted(DATABASE) - before == 2


@pytest.mark.parametrize("error", [FatalError, ValueError])
async def test_other_errors_are_raised_at_once(error: type[Exception]) -> None:
    call = Flaky(9, error)
    with pytest.raises(error):
        await Retries(DATABASE, SHORT).repeat(call.later)
    with pytest.raises(error):
        Retries(DATABASE, SHORT).repeat_blocking(call)
    assert call.calls == 2


async def test_a_cancelled_task_stops_in_the_middle_of_a_pause() -> None:
    call = Flaky(9)
    retries = Retries(DATABASE, Backoff(first=9_999, longest=9_999))
    task = asyncio.create_task(retries.repeat(call.later))
    while not call.calls:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert call.calls == 1


def test_a_blocking_call_gives_up_with_the_last_error(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, call = Clock(), Flaky(99)

    def sleep(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr("monitor.retrying.time.sleep", sleep)
    retries = Retries(DATABASE, Backoff(first=1, longest=1), clock=clock)
    with pytest.raises(RetryableError):
        retries.repeat_blocking(call, give_up_after=5)
    assert call.calls == 6


def test_a_blocking_call_stops_at_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.retrying.time.sleep", interrupted)
    call = Flaky(99)
    with pytest.raises(KeyboardInterrupt):
        Retries(DATABASE, SHORT).repeat_blocking(call)
    assert call.calls == 1


def test_an_outage_is_logged_when_it_begins_once_an_interval_and_when_it_ends() -> None:
    clock = Clock()
    retries = Retries(REDIS, Backoff(first=1, longest=1), LOG, clock)
    with capture_logs() as lines:
        for second in range(int(3 * INTERVAL)):
            clock.now = float(second)
            retries.failed(RetryableError("no answer"), host="a")
        clock.now = 3 * INTERVAL
        retries.succeeded()
        retries.succeeded()
    warnings = [line for line in lines if line["log_level"] == "warning"]
    assert [line["attempts"] for line in warnings] == [1, INTERVAL + 1, 2 * INTERVAL + 1]
    assert {line["host"] for line in warnings} == {"a"}
    assert lines[-1] == {"event": "back", "log_level": "info", "away_s": 3 * INTERVAL}
    assert len(lines) == 4


def test_the_pauses_start_over_after_a_success_and_the_other_side_may_set_one() -> None:
    retries = Retries(PROGRAM, Backoff(first=1, longest=8))
    assert [retries.failed(None) for _ in range(3)] == [1, 2, 4]
    assert retries.failed(None, pause=77.0) == 77.0
    assert retries.failures == 4
    retries.succeeded()
    assert retries.failures == 0
    assert retries.failed(None) == 1


@given(outcomes=st.lists(st.booleans(), max_size=60), jitter=st.floats(0, 1))
def test_whatever_happens_the_pauses_stay_below_the_limit_and_failures_are_counted(
    outcomes: list[bool], jitter: float
) -> None:
    retries = Retries(PROGRAM, Backoff(first=0.5, longest=4.0, jitter=jitter))
    before, in_a_row = counted(PROGRAM), 0
    for succeeds in outcomes:
        if succeeds:
            retries.succeeded()
            in_a_row = 0
        else:
            in_a_row += 1
            limit = min(0.5 * 2 ** (in_a_row - 1), 4.0)
            assert limit * (1 - jitter) - 1e-9 <= retries.failed(None) <= limit
        assert retries.failures == in_a_row
    assert counted(PROGRAM) - before == outcomes.count(False)


def test_another_report_replaces_the_log() -> None:
    class Notes:
        def __init__(self) -> None:
            self.notes: list[str] = []

        def away(self, error: BaseException | None, outage: Any, **fields: Any) -> None:
            self.notes.append(f"{error} {fields['pause_s']}")

        def back(self, away_s: float) -> None:
            self.notes.append("back")

    notes = Notes()
    clock: Callable[[], float] = time.monotonic
    retries = Retries(REDIS, Backoff(first=1, longest=1), notes, clock)
    with capture_logs() as lines:
        retries.failed(RetryableError("gone"))
        retries.succeeded()
    assert (notes.notes, lines) == (["gone 1.0", "back"], [])

"""A batch that gets no result ends the process, unless there is a known reason."""

from __future__ import annotations

import pytest

from monitor.errors import FatalError
from monitor.stream.stage_watch import SLOW_AFTER, StageWatch
from monitor.stream.stage_work import DATABASE, WorkInStages, waiting_for
from tests.monitor.stream.watched_process import WatchedProcess

TIMEOUT = 300.0


class Watched(WatchedProcess):
    """A watch, its clock, and the errors that ended the process."""

    def __init__(self) -> None:
        super().__init__()
        self.work = WorkInStages(self.clock)
        self.watch = StageWatch(
            self.work, timeout=TIMEOUT, fail=self.fail, require_broker=self.require_broker, clock=self.clock
        )


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_a_batch_without_a_result_is_logged_and_then_ends_the_process(watched: Watched) -> None:
    with watched.work.begun("ScorePosts", "b1"):
        assert await watched.check_at(SLOW_AFTER - 1) == []
        assert await watched.check_at(SLOW_AFTER) == ["slow batch"]
        assert await watched.check_at(SLOW_AFTER + 5) == []
        assert await watched.check_at(SLOW_AFTER * 2) == ["slow batch"]
        assert watched.errors == []
        await watched.check_at(TIMEOUT)
    [error] = watched.errors
    assert isinstance(error, FatalError)
    assert "ScorePosts" in str(error)
    assert "stall_timeout" in str(error)


async def test_batches_that_end_in_time_change_nothing(watched: Watched) -> None:
    for second in range(0, 1000, 10):
        with watched.work.begun("ScorePosts", f"b{second}"):
            assert await watched.check_at(second) == []
    assert await watched.check_at(5000) == []
    assert watched.errors == []


async def test_while_the_database_is_away_no_batch_is_too_slow(watched: Watched) -> None:
    with watched.work.begun("WriteBatches", "b1"):
        with waiting_for(DATABASE):
            assert await watched.check_at(TIMEOUT * 10) == []
        assert await watched.check_at(TIMEOUT * 10 + 1) == []
    assert watched.errors == []


async def test_while_the_broker_is_away_no_batch_is_too_slow(watched: Watched) -> None:
    watched.is_broker_away = True
    with watched.work.begun("SendDeadLetters", "b1"):
        await watched.check_at(TIMEOUT)
        assert watched.errors == []
        watched.is_broker_away = False
        assert await watched.check_at(TIMEOUT + 1) == []
        await watched.check_at(TIMEOUT * 2)
    assert len(watched.errors) == 1


async def test_a_strange_error_of_the_broker_check_keeps_no_hanging_batch(
    watched: Watched,
) -> None:
    def broken() -> None:
        raise KeyError("an error of the client's own")

    watch = StageWatch(
        watched.work, timeout=TIMEOUT, fail=watched.fail, require_broker=broken, clock=watched.clock
    )
    watched.watch = watch
    with watched.work.begun("ScorePosts", "b1"):
        assert "the broker could not be checked" in await watched.check_at(TIMEOUT)
    assert len(watched.errors) == 1


async def test_a_stall_is_known_from_the_first_line_of_the_log_until_the_batch_has_a_result(
    watched: Watched,
) -> None:
    watch = watched.watch
    assert isinstance(watch, StageWatch)
    with watched.work.begun("ScorePosts", "b1"):
        await watched.check_at(SLOW_AFTER - 1)
        assert watch.stall is None
        await watched.check_at(SLOW_AFTER)
        assert watch.stall == "ScorePosts has had no result for 30 s"
    await watched.check_at(SLOW_AFTER + 5)
    assert watch.stall is None


async def test_a_batch_that_waits_for_the_broker_is_not_a_stall(watched: Watched) -> None:
    watch = watched.watch
    assert isinstance(watch, StageWatch)
    watched.is_broker_away = True
    with watched.work.begun("SendDeadLetters", "b1"):
        assert await watched.check_at(SLOW_AFTER) == []
        assert watch.stall is None
        watched.is_broker_away = False
        await watched.check_at(SLOW_AFTER + 1)
        assert watch.stall is None, "its time counts from when the broker is back"
        await watched.check_at(SLOW_AFTER * 2 + 1)
        assert watch.stall is not None

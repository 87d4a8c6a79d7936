"""Messages that stay unread without a reason end the process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.errors import FatalError
from monitor.metrics import LAG_MESSAGES
from monitor.settings import KafkaSettings
from monitor.stream.reader_watch import PATIENT_FOR, STILL_AFTER, ReaderWatch
from monitor.stream.unread import PartitionLag
from tests.monitor.stream.watched_process import WatchedProcess

TIMEOUT = 300.0


class WatchedReader(WatchedProcess):
    """A watch, and the state of the broker and the reader that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.lags = {0: PartitionLag(0, 0, None)}
        self.positions: dict[int, int | None] | None = {0: 0}
        self.missing: str | None = None
        self.watch = ReaderWatch(
            KafkaSettings(),
            timeout=TIMEOUT,
            positions=lambda: self.positions,
            reason_not_to_read=lambda: self.missing,
            fail=self.fail,
            find=self.find,
            clock=self.clock,
        )

    def find(self, _: KafkaSettings) -> dict[int, PartitionLag]:
        self.require_broker()
        return self.lags


@pytest.fixture
def reader() -> WatchedReader:
    return WatchedReader()


async def test_unread_messages_without_progress_are_logged_and_then_end_the_process(
    reader: WatchedReader,
) -> None:
    reader.lags = {0: PartitionLag(0, 50, 10), 1: PartitionLag(0, 7, 7)}
    reader.positions = {0: 20, 1: 7}
    assert await reader.check_at(0) == []
    assert await reader.check_at(STILL_AFTER) == ["no progress"]
    assert await reader.check_at(STILL_AFTER + 1) == []
    assert reader.errors == []
    assert await reader.check_at(TIMEOUT) == ["worker stalled"]
    [error] = reader.errors
    assert isinstance(error, FatalError)
    assert "30 messages" in str(error)
    assert "partitions 0," in str(error)


async def test_a_right_that_was_taken_away_ends_the_process(
    reader: WatchedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = FatalError("the broker does not allow ade-worker to use the group")
    monkeypatch.setattr(reader.watch, "_find", failing_with(refusal))
    assert await reader.check_at(0) == []
    assert reader.errors == [refusal]


def failing_with(error: Exception) -> Callable[[KafkaSettings], dict[int, PartitionLag]]:
    """Return a question to the broker that is answered with an error."""

    def find(_: KafkaSettings) -> dict[int, PartitionLag]:
        raise error

    return find


@pytest.mark.parametrize("moves", ["position", "committed"])
async def test_progress_of_either_kind_is_progress(moves: str, reader: WatchedReader) -> None:
    for step in range(20):
        reader.lags = {0: PartitionLag(0, 1000, step if moves == "committed" else 10)}
        reader.positions = {0: 100 + step if moves == "position" else 100}
        assert await reader.check_at(step * TIMEOUT / 2) == []
    assert reader.errors == []


async def test_one_partition_that_stands_still_is_found_among_others_that_are_read(
    reader: WatchedReader,
) -> None:
    for step in range(4):
        reader.lags = {0: PartitionLag(0, step, step), 1: PartitionLag(0, 50, 10)}
        reader.positions = {0: step, 1: 10}
        await reader.check_at(step * TIMEOUT / 3)
    assert len(reader.errors) == 1
    assert "partitions 1," in str(reader.errors[0])


async def test_while_one_partition_has_a_backlog_the_others_wait_for_their_turn(
    reader: WatchedReader,
) -> None:
    for step in range(20):
        reader.lags = {0: PartitionLag(0, 10_000, step), 1: PartitionLag(0, 50, 10)}
        reader.positions = {0: step, 1: 10}
        assert await reader.check_at(step * TIMEOUT / 3) == []
    assert reader.errors == []


async def test_while_one_large_poll_is_worked_off_the_other_partitions_wait_for_their_turn(
    reader: WatchedReader,
) -> None:
    # All of partition 0 was read at once, so its position stays at the end for as long as a slow model needs.
    for step in range(20):
        reader.lags = {0: PartitionLag(0, 3_000, step * 100), 1: PartitionLag(0, 50, 10)}
        reader.positions = {0: 3_000, 1: 10}
        assert await reader.check_at(step * TIMEOUT / 15) == []
    assert reader.errors == []


async def test_a_partition_that_stands_still_next_to_a_lasting_backlog_is_found(
    reader: WatchedReader,
) -> None:
    events = []
    for step in range(20):
        read = step * PATIENT_FOR // 4
        reader.lags = {0: PartitionLag(0, 10**9, read), 1: PartitionLag(0, 50, 10)}
        reader.positions = {0: read, 1: 10}
        events += await reader.check_at(step * TIMEOUT / 10)
    assert "no progress" in events
    assert "partitions 1," in str(reader.errors[0])


async def test_a_reader_at_the_end_may_wait_for_ever(reader: WatchedReader) -> None:
    # The last offset is a control record, which is read but never committed.
    reader.lags = {0: PartitionLag(0, 51, 50)}
    reader.positions = {0: 51}
    for step in range(10):
        assert await reader.check_at(step * TIMEOUT) == []
    assert reader.errors == []


async def test_partitions_of_other_workers_do_not_count(reader: WatchedReader) -> None:
    reader.lags = {0: PartitionLag(0, 50, 10)}
    reader.positions = {}
    await reader.check_at(0)
    await reader.check_at(TIMEOUT * 2)
    assert reader.errors == []


async def test_a_rebalance_without_an_end_ends_the_process(reader: WatchedReader) -> None:
    reader.positions = None
    assert await reader.check_at(0) == []
    assert await reader.check_at(STILL_AFTER) == ["no progress"]
    assert await reader.check_at(TIMEOUT) == ["worker stalled"]
    assert "rebalanced" in str(reader.errors[0])


async def test_while_a_dependency_is_away_nothing_stands_still(reader: WatchedReader) -> None:
    reader.lags = {0: PartitionLag(0, 50, 10)}
    reader.positions = {0: 20}
    await reader.check_at(0)
    reader.missing = "the database"
    assert await reader.check_at(TIMEOUT * 3) == []
    reader.missing = None
    assert await reader.check_at(TIMEOUT * 3 + 1) == []
    assert reader.errors == []


async def test_a_broker_that_is_away_is_logged_and_so_is_its_return(reader: WatchedReader) -> None:
    reader.lags = {0: PartitionLag(0, 50, 10)}
    reader.positions = {0: 20}
    await reader.check_at(0)
    reader.is_broker_away = True
    assert await reader.check_at(TIMEOUT * 2) == ["broker away"]
    reader.is_broker_away = False
    assert await reader.check_at(TIMEOUT * 3) == ["broker answers again"]
    assert reader.errors == []


@pytest.mark.parametrize(
    ("lag", "position", "unread"),
    [
        (PartitionLag(0, 10, None), None, 10),
        (PartitionLag(3, 10, None), None, 7),
        (PartitionLag(0, 10, 4), None, 6),
        (PartitionLag(0, 10, 4), 6, 4),
        (PartitionLag(8, 10, 4), 6, 2),
        (PartitionLag(0, 3, 4), 6, 0),
    ],
)
def test_unread_messages_lie_between_the_position_and_the_end(
    lag: PartitionLag, position: int | None, unread: int
) -> None:
    assert lag.unread(position) == unread


async def test_a_stall_is_known_from_the_first_line_of_the_log_until_messages_are_read(
    reader: WatchedReader,
) -> None:
    reader.lags = {0: PartitionLag(0, 50, 10)}
    reader.positions = {0: 20}
    await reader.check_at(0)
    assert reader.watch.stall is None
    await reader.check_at(STILL_AFTER)
    assert "30 messages" in (reader.watch.stall or "")
    reader.positions = {0: 30}
    await reader.check_at(STILL_AFTER + 1)
    assert reader.watch.stall is None


async def test_the_lag_of_this_worker_is_exported_while_the_broker_answers(reader: WatchedReader) -> None:
    def lags() -> dict[str, float]:
        return {sample.labels["partition"]: sample.value for sample in LAG_MESSAGES.collect()[0].samples}

    reader.lags = {0: PartitionLag(0, 50, 10), 1: PartitionLag(0, 7, None), 2: PartitionLag(0, 9, 0)}
    reader.positions = {0: 20, 1: 7}
    reader.missing = "the database"
    await reader.check_at(0)
    assert lags() == {"0": 40, "1": 7}, "what is read and not committed counts, those of others do not"
    reader.positions = {0: 20}
    await reader.check_at(1)
    assert lags() == {"0": 40}
    reader.is_broker_away = True
    await reader.check_at(2)
    assert lags() == {}
    assert reader.watch.is_broker_away

"""A partition is committed up to its last acknowledged message, or to the reader if none is in work."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.stream.positions.acknowledged import AcknowledgedOffsets

PLACE = "tweets/0"


def reader_at(position: int) -> AcknowledgedOffsets[str]:
    """Return the bookkeeping of a reader that has jumped to a position."""
    offsets: AcknowledgedOffsets[str] = AcknowledgedOffsets()
    offsets.jumped([PLACE])
    offsets.read(PLACE, None, position)
    return offsets


def acknowledge(offsets: AcknowledgedOffsets[str], *done: int) -> None:
    for offset in done:
        offsets.acknowledge(PLACE, offsets.epochs()[PLACE], offset)


def test_nothing_is_known_of_a_partition_without_a_reader() -> None:
    assert AcknowledgedOffsets[str]().committable(PLACE) is None


def test_messages_in_work_are_not_committed() -> None:
    offsets = reader_at(5)
    offsets.read(PLACE, 9, 10)
    assert offsets.committable(PLACE) is None
    acknowledge(offsets, 5, 6)
    assert offsets.committable(PLACE) == 7


def test_records_without_a_message_are_committed_once_nothing_before_them_is_in_work() -> None:
    offsets = reader_at(0)
    offsets.read(PLACE, 3, 5)
    acknowledge(offsets, 0, 1, 2)
    assert offsets.committable(PLACE) == 3
    acknowledge(offsets, 3)
    assert offsets.committable(PLACE) == 5


def test_a_partition_with_nothing_but_aborted_messages_is_committed() -> None:
    offsets = reader_at(0)
    offsets.read(PLACE, None, 12)
    assert offsets.committable(PLACE) == 12


def test_a_gap_behind_offset_0_does_not_stop_commits() -> None:
    offsets = reader_at(0)
    offsets.read(PLACE, 0, 1)
    acknowledge(offsets, 0)
    offsets.read(PLACE, 20, 21)
    acknowledge(offsets, 20)
    assert offsets.committable(PLACE) == 21


def test_after_a_jump_messages_from_before_count_for_nothing() -> None:
    offsets = reader_at(2_990)
    offsets.read(PLACE, 2_999, 3_000)
    before = offsets.epochs()[PLACE]
    offsets.jumped([PLACE])
    offsets.read(PLACE, None, 0)
    offsets.acknowledge(PLACE, before, 2_999)
    assert offsets.committable(PLACE) == 0


def test_partitions_are_independent() -> None:
    offsets = reader_at(7)
    offsets.jumped(["tweets/1"])
    offsets.acknowledge("tweets/1", 1, 3)
    assert (offsets.committable(PLACE), offsets.committable("tweets/1")) == (7, 4)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(0, 3)), max_size=30))
def test_no_message_is_passed_over(steps: list[tuple[bool, int, int]]) -> None:
    offsets, delivered, position = reader_at(0), list[int](), 0
    done = 0
    for reads, count, hidden in steps:
        if reads:
            new = list(range(position, position + count))
            delivered += new
            position = new[-1] + 1 + hidden
            offsets.read(PLACE, new[-1], position)
        else:
            for offset in delivered[done : done + count]:
                acknowledge(offsets, offset)
            done = min(len(delivered), done + count)
        committed = offsets.committable(PLACE)
        in_work = delivered[done:]
        if in_work:
            assert committed is None or committed <= in_work[0]
            assert committed == (delivered[done - 1] + 1 if done else None)
        else:
            assert committed == position

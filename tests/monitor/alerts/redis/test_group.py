"""The reader of a consumer group: where it starts, what it takes over, what it reports as missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import redis

from monitor.alerts.ports import StreamEntry
from monitor.alerts.redis.group import ABANDONED_MS, GroupReader
from tests.monitor.alerts.payloads import STREAM, add_alerts, pending_alerts, retract_alerts

LONG = 3600.0  # seconds; longer than any reader of these tests is idle

MakeReader = Callable[..., GroupReader]


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def make_reader(client: redis.Redis, notes: list[str]) -> MakeReader:
    def make(consumer: str = "one", **options: Any) -> GroupReader:
        options = {"group": "g", "claim_after": LONG, "from_start": False, "max_length": 100, **options}
        return GroupReader(client, STREAM, consumer=consumer, notify=notes.append, **options)

    return make


def numbers(entries: Iterable[StreamEntry]) -> list[int]:
    return [int(entry.fields["alert_id"], 16) for entry in entries]


def joined(reader: GroupReader) -> GroupReader:
    """Return the reader after its first read, which only creates the group."""
    assert reader.read() == []
    return reader


def test_a_new_group_starts_at_the_next_alert(client: redis.Redis, make_reader: MakeReader) -> None:
    add_alerts(client, [1, 2])
    reader = joined(make_reader())
    add_alerts(client, [3])
    assert numbers(reader.read()) == [3]


def test_a_new_group_can_start_at_the_oldest_alert(client: redis.Redis, make_reader: MakeReader) -> None:
    add_alerts(client, [1, 2])
    assert numbers(joined(make_reader(from_start=True)).read()) == [1, 2]


def test_a_group_can_exist_before_the_stream(client: redis.Redis, make_reader: MakeReader) -> None:
    reader = joined(make_reader())
    add_alerts(client, [1])
    assert numbers(reader.read()) == [1]


def test_a_group_continues_where_it_stopped(client: redis.Redis, make_reader: MakeReader) -> None:
    first = joined(make_reader())
    add_alerts(client, [1, 2, 3])
    for entry in first.read():
        first.acknowledge(entry)
    first.release()
    add_alerts(client, [4])
    assert numbers(make_reader("two", from_start=True).read()) == [4]
    assert pending_alerts(client) == 1


def test_released_entries_go_to_the_next_reader_at_once_and_in_order(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    first = joined(make_reader())
    add_alerts(client, [1, 2, 3])
    first.acknowledge(first.read()[0])
    first.release()
    add_alerts(client, [4])
    second = make_reader("two", claim_after=ABANDONED_MS / 1000)
    claimed = second.read()
    assert numbers(claimed) == [2, 3]
    for entry in claimed:
        second.acknowledge(entry)
    assert numbers(second.read()) == [4]


def test_a_reader_of_the_same_name_gets_the_unacknowledged_entries(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    killed = joined(make_reader())
    add_alerts(client, range(70))
    killed.read(), killed.read()
    again = make_reader()
    read: list[int] = []
    while len(read) < 70:
        for entry in again.read():
            read += numbers([entry])
            again.acknowledge(entry)
    assert read == list(range(70))
    assert pending_alerts(client) == 0


def test_entries_of_a_dead_reader_are_taken_over_after_claim_after_seconds(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    killed = joined(make_reader())
    add_alerts(client, [1, 2])
    assert numbers(killed.read()) == [1, 2]
    add_alerts(client, [3])
    patient, hasty = make_reader("two"), make_reader("three", claim_after=0)
    assert numbers(patient.read()) == [3]
    assert numbers(hasty.read())[:2] == [1, 2]


def test_taking_over_skips_entries_of_active_readers(client: redis.Redis, make_reader: MakeReader) -> None:
    alive, dead = joined(make_reader("alive")), make_reader("dead")
    add_alerts(client, range(601))
    busy: list[StreamEntry] = []
    while len(busy) < 600:
        busy += client.xreadgroup("g", "alive", {STREAM: ">"}, count=600)[0][1]  # type: ignore[index]
    assert numbers(dead.read()) == [600]
    dead.release()
    assert numbers(make_reader("next").read()) == [600]
    alive.release()


def test_an_idle_reader_removes_itself_from_the_group(client: redis.Redis, make_reader: MakeReader) -> None:
    reader = joined(make_reader())
    add_alerts(client, [1])
    reader.acknowledge(reader.read()[0])
    reader.release()
    assert client.xinfo_consumers(STREAM, "g") == []


def test_alerts_that_were_trimmed_unread_are_reported(
    client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    late = joined(make_reader())
    add_alerts(client, range(10))
    client.xtrim(STREAM, maxlen=4, approximate=False)
    notes.clear()
    assert numbers(late.read()) == [6, 7, 8, 9]
    assert [note.split()[0] for note in notes] == ["6"]


def test_alerts_that_were_trimmed_after_reading_are_not_reported(
    client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    reader = joined(make_reader())
    add_alerts(client, range(10))
    for entry in reader.read():
        reader.acknowledge(entry)
    client.xtrim(STREAM, maxlen=0, approximate=False)
    add_alerts(client, [10])
    notes.clear()
    assert numbers(make_reader("two").read()) == [10]
    assert notes == []


@pytest.mark.parametrize("consumer", ["one", "two"])
def test_alerts_that_were_trimmed_from_a_dead_reader_are_reported_and_acknowledged(
    consumer: str, client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    killed = joined(make_reader())
    add_alerts(client, [1, 2, 3])
    killed.read()
    client.xtrim(STREAM, maxlen=1, approximate=False)
    notes.clear()
    successor = make_reader(consumer, claim_after=0)
    [entry] = successor.read()
    successor.acknowledge(entry)
    assert numbers([entry]) == [3]
    assert [note.split()[0] for note in notes] == ["2"]
    assert pending_alerts(client) == 0


@pytest.mark.parametrize("consumer", ["one", "two"])
def test_alerts_that_were_retracted_while_pending_are_acknowledged_without_a_report(
    consumer: str, client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    killed = joined(make_reader())
    add_alerts(client, [1, 2, 3])
    killed.read()
    retract_alerts(client, [2, 3])
    notes.clear()
    successor = make_reader(consumer, claim_after=0)
    read: list[StreamEntry] = []
    while len(read) < 3:
        for entry in successor.read():
            read.append(entry)
            successor.acknowledge(entry)
    assert numbers(read) == [1, 2, 3]
    assert ["retracted" in entry.fields for entry in read] == [False, True, True]
    assert notes == []
    assert pending_alerts(client) == 0


def test_an_alert_that_was_retracted_unread_is_read_as_a_retraction_only(
    client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    late = joined(make_reader())
    add_alerts(client, [1, 2, 3])
    retract_alerts(client, [2])
    notes.clear()
    assert numbers(late.read()) == [1, 3, 2]
    assert notes == []


@pytest.mark.parametrize(("max_length", "reports"), [(100, []), (3, [True])])
def test_retracted_alerts_are_reported_only_if_they_may_have_been_trimmed(
    max_length: int, reports: list[bool], client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    late = joined(make_reader(max_length=max_length))
    add_alerts(client, [1, 2, 3])
    retract_alerts(client, [1])
    notes.clear()
    assert numbers(late.read()) == [2, 3, 1]
    assert ["retracted" in note for note in notes] == reports


def test_a_released_entry_may_be_retracted(client: redis.Redis, make_reader: MakeReader) -> None:
    reader = joined(make_reader())
    add_alerts(client, [1])
    reader.read()
    retract_alerts(client, [1])
    reader.release()
    assert numbers(make_reader("two").read()) == [1]


def test_a_deleted_group_is_created_again_and_repeats_no_alert(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    reader = joined(make_reader(from_start=True))
    add_alerts(client, [1, 2])
    for entry in reader.read():
        reader.acknowledge(entry)
    client.xgroup_destroy(STREAM, "g")
    add_alerts(client, [3])
    joined(reader)
    assert numbers(reader.read()) == [3]
    client.flushall()
    add_alerts(client, [4])
    joined(reader)
    assert numbers(reader.read()) == [4]

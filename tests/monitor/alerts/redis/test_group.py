"""Readers of the stream: where they begin, what they take over, what they miss, what they leave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from monitor.alerts.ports import StreamEntry
from monitor.alerts.redis.connection import connect
from monitor.alerts.redis.group import ABANDONED_MS, GroupReader
from monitor.alerts.redis.tail import TailReader
from monitor.settings import RedisSettings
from tests.monitor.alerts.payloads import payload

STREAM = "ade:alerts"
LONG = 3600.0  # seconds; longer than any reader of these tests is idle

MakeReader = Callable[..., GroupReader]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(RedisSettings(url=redis_url)) as client:  # type: ignore[arg-type]
        yield client


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def make_reader(client: redis.Redis, notes: list[str]) -> MakeReader:
    def make(consumer: str = "one", **options: Any) -> GroupReader:
        options = {"group": "g", "claim_after": LONG, "from_start": False, **options}
        return GroupReader(client, STREAM, consumer=consumer, notify=notes.append, **options)

    return make


def add(client: redis.Redis, *numbers: int) -> None:
    for number in numbers:
        client.xadd(STREAM, {"alert_id": f"{number:032x}", "alert": json.dumps(payload(number))})


def numbers(entries: list[StreamEntry]) -> list[int]:
    return [int(entry.fields["alert_id"], 16) for entry in entries]


def pending(client: redis.Redis) -> int:
    return int(client.xpending(STREAM, "g")["pending"])  # type: ignore[index]


def joined(reader: GroupReader) -> GroupReader:
    """Let the reader create its group, which its first read does and no more."""
    assert reader.read() == []
    return reader


def test_a_new_group_begins_at_the_next_alert(client: redis.Redis, make_reader: MakeReader) -> None:
    add(client, 1, 2)
    reader = joined(make_reader())
    add(client, 3)
    assert numbers(reader.read()) == [3]


def test_a_new_group_begins_at_the_oldest_alert_on_demand(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    add(client, 1, 2)
    assert numbers(joined(make_reader(from_start=True)).read()) == [1, 2]


def test_a_group_may_be_there_before_the_stream(client: redis.Redis, make_reader: MakeReader) -> None:
    reader = joined(make_reader())
    add(client, 1)
    assert numbers(reader.read()) == [1]


def test_a_group_goes_on_where_it_stopped(client: redis.Redis, make_reader: MakeReader) -> None:
    first = joined(make_reader())
    add(client, 1, 2, 3)
    for entry in first.read():
        first.acknowledge(entry)
    first.release()
    add(client, 4)
    assert numbers(make_reader("two", from_start=True).read()) == [4]
    assert pending(client) == 1


def test_what_was_released_goes_to_the_next_reader_at_once_and_in_order(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    first = joined(make_reader())
    add(client, 1, 2, 3)
    first.acknowledge(first.read()[0])
    first.release()
    add(client, 4)
    second = make_reader("two", claim_after=ABANDONED_MS / 1000)
    claimed = second.read()
    assert numbers(claimed) == [2, 3]
    for entry in claimed:
        second.acknowledge(entry)
    assert numbers(second.read()) == [4]


def test_a_reader_of_the_same_name_gets_back_what_it_did_not_finish(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    killed = joined(make_reader())
    add(client, *range(70))
    killed.read(), killed.read()
    again = make_reader()
    got: list[int] = []
    while len(got) < 70:
        for entry in again.read():
            got += numbers([entry])
            again.acknowledge(entry)
    assert got == list(range(70))
    assert pending(client) == 0


def test_a_dead_readers_alerts_are_taken_over_after_a_while(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    killed = joined(make_reader())
    add(client, 1, 2)
    assert numbers(killed.read()) == [1, 2]
    add(client, 3)
    patient, hasty = make_reader("two"), make_reader("three", claim_after=0)
    assert numbers(patient.read()) == [3]
    assert numbers(hasty.read())[:2] == [1, 2]


def test_taking_over_looks_past_those_that_are_still_read(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    alive, dead = joined(make_reader("alive")), make_reader("dead")
    add(client, *range(601))
    busy: list[StreamEntry] = []
    while len(busy) < 600:
        busy += client.xreadgroup("g", "alive", {STREAM: ">"}, count=600)[0][1]  # type: ignore[index]
    assert numbers(dead.read()) == [600]
    dead.release()
    assert numbers(make_reader("next").read()) == [600]
    alive.release()


def test_an_idle_reader_leaves_no_trace(client: redis.Redis, make_reader: MakeReader) -> None:
    reader = joined(make_reader())
    add(client, 1)
    reader.acknowledge(reader.read()[0])
    reader.release()
    assert client.xinfo_consumers(STREAM, "g") == []


def test_a_reader_says_how_many_alerts_it_was_too_late_for(
    client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    late = joined(make_reader())
    add(client, *range(10))
    client.xtrim(STREAM, maxlen=4, approximate=False)
    notes.clear()
    assert numbers(late.read()) == [6, 7, 8, 9]
    assert [note.split()[0] for note in notes] == ["6"]


def test_a_reader_says_nothing_when_only_read_alerts_were_trimmed(
    client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    reader = joined(make_reader())
    add(client, *range(10))
    for entry in reader.read():
        reader.acknowledge(entry)
    client.xtrim(STREAM, maxlen=0, approximate=False)
    add(client, 10)
    notes.clear()
    assert numbers(make_reader("two").read()) == [10]
    assert notes == []


@pytest.mark.parametrize("consumer", ["one", "two"])
def test_alerts_that_were_trimmed_while_a_dead_reader_had_them_are_counted_and_done_with(
    consumer: str, client: redis.Redis, make_reader: MakeReader, notes: list[str]
) -> None:
    killed = joined(make_reader())
    add(client, 1, 2, 3)
    killed.read()
    client.xtrim(STREAM, maxlen=1, approximate=False)
    notes.clear()
    successor = make_reader(consumer, claim_after=0)
    [entry] = successor.read()
    successor.acknowledge(entry)
    assert numbers([entry]) == [3]
    assert [note.split()[0] for note in notes] == ["2"]
    assert pending(client) == 0


def test_a_group_that_vanished_with_its_data_is_made_again_and_repeats_nothing(
    client: redis.Redis, make_reader: MakeReader
) -> None:
    reader = joined(make_reader(from_start=True))
    add(client, 1, 2)
    for entry in reader.read():
        reader.acknowledge(entry)
    client.xgroup_destroy(STREAM, "g")
    add(client, 3)
    joined(reader)
    assert numbers(reader.read()) == [3]
    client.flushall()
    add(client, 4)
    joined(reader)
    assert numbers(reader.read()) == [4]


def test_a_tail_sees_what_comes_and_moves_on(client: redis.Redis) -> None:
    add(client, 1)
    tail, whole = (TailReader(client, STREAM, from_start=start) for start in (False, True))
    assert tail.read() == []
    add(client, 2)
    [two] = tail.read()
    assert numbers([two]) == [2]
    tail.acknowledge(two)
    add(client, 3)
    assert numbers(tail.read()) == [3]
    assert numbers(whole.read()) == [1, 2, 3]

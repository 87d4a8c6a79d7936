"""The reader without a group."""

from __future__ import annotations

import redis

from monitor.alerts.redis import TailReader
from monitor.alerts.redis.tail import count_missed
from tests.monitor.alerts.payloads import STREAM, add_alerts


def numbers(reader: TailReader) -> list[int]:
    entries = reader.read()
    for entry in entries:
        reader.acknowledge(entry)
    return [int(entry.fields["alert_id"], 16) for entry in entries]


def test_a_tail_reads_new_alerts_only(client: redis.Redis) -> None:
    add_alerts(client, [1])
    tail = TailReader(client, STREAM, from_start=False)
    assert tail.read() == []
    add_alerts(client, [2])
    assert numbers(tail) == [2]
    add_alerts(client, [3])
    assert numbers(tail) == [3]


def test_a_tail_from_the_start_reads_all_alerts(client: redis.Redis) -> None:
    add_alerts(client, [1, 2, 3])
    assert numbers(TailReader(client, STREAM, from_start=True)) == [1, 2, 3]


def test_an_entry_that_is_not_acknowledged_is_read_again(client: redis.Redis) -> None:
    add_alerts(client, [1, 2])
    tail = TailReader(client, STREAM, from_start=True)
    tail.acknowledge(tail.read()[0])
    assert numbers(tail) == [2]


def test_missed_entries_are_not_counted_where_redis_does_not_count() -> None:
    stream = {"first-entry": ("5-0", {}), "entries-added": 9, "length": 2}
    assert count_missed({"last-delivered-id": "0-0", "entries-read": None}, stream) == 0
    assert count_missed({"last-delivered-id": "0-0", "entries-read": 0}, stream) == 7
    assert count_missed({"last-delivered-id": "0-0", "entries-read": 0}, {"first-entry": None}) == 0

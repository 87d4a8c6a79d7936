"""Messages that wait, and those of a batch, are limited in bytes as well as in number."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from mode.utils.queues import FlowControlEvent

from monitor.stream.byte_limits import BatchGate, ByteLimitedQueue, share_of
from tests.monitor.kafka_events import Event, event

PATIENCE = 20.0


def queue_of(max_bytes: int, maxsize: int = 100) -> ByteLimitedQueue:
    flow_control = FlowControlEvent(initially_suspended=False)
    return ByteLimitedQueue(max_bytes=max_bytes, maxsize=maxsize, flow_control=flow_control)


def event_of(size: int) -> Event:
    """Return an event with `size` bytes in its key and its value."""
    return event(raw=b"x" * (size - len(b"key 0")))


async def test_a_queue_is_full_at_a_number_of_bytes_or_of_events() -> None:
    by_bytes, by_events = queue_of(100), queue_of(100, maxsize=2)
    for _ in range(2):
        assert not by_bytes.full()
        by_bytes.put_nowait(event_of(50))
        by_events.put_nowait(event_of(10))
    assert by_bytes.full()
    assert by_events.full()


async def test_an_event_of_any_size_enters_an_empty_queue() -> None:
    queue = queue_of(100)
    queue.put_nowait(event_of(5_000))
    assert queue.full()
    queue.get_nowait()
    assert (queue.full(), queue.waiting_bytes) == (False, 0)


async def test_a_producer_goes_on_once_enough_bytes_are_gone() -> None:
    queue = queue_of(100)
    for size in (10, 90):
        queue.put_nowait(event_of(size))
    waiting = asyncio.create_task(queue.put(event_of(30)))
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.get_nowait()
    await asyncio.wait_for(waiting, PATIENCE)
    assert queue.waiting_bytes == 120


async def test_clearing_a_queue_gives_its_bytes_back() -> None:
    queue = queue_of(100)
    queue.put_nowait(event_of(300))
    queue.clear()
    assert (queue.full(), queue.waiting_bytes, queue.qsize()) == (False, 0, 0)


@given(st.lists(st.one_of(st.none(), st.integers(5, 200)), max_size=40))
def test_a_queue_always_knows_its_bytes(steps: list[int | None]) -> None:
    async def run() -> None:
        queue = queue_of(300)
        waiting: list[int] = []
        for size in steps:
            if size is not None and not queue.full():
                queue.put_nowait(event_of(size))
                waiting.append(size)
            elif size is None and waiting:
                queue.get_nowait()
                waiting.pop(0)
            assert queue.waiting_bytes == sum(waiting)
            assert queue.waiting_bytes < 300 + 200

    asyncio.run(run())


async def test_a_gate_admits_what_fits_into_a_batch_and_the_rest_into_the_next() -> None:
    gate = BatchGate(100)
    assert await gate.admit(b"x" * 60) == b"x" * 60
    assert await gate.admit(None) is None
    waiting = asyncio.create_task(gate.admit(b"x" * 41))
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.start_next()
    assert len(await asyncio.wait_for(waiting, PATIENCE) or b"") == 41


async def test_a_gate_admits_a_message_of_any_size_as_the_first_of_a_batch() -> None:
    gate = BatchGate(100)
    for _ in range(3):
        await asyncio.wait_for(gate.admit(b"x" * 5_000), PATIENCE)
        gate.start_next()


def test_a_share_is_at_least_a_byte() -> None:
    assert (share_of(3), share_of(800)) == (1, 100)

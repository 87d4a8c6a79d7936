"""Dead letters of deleted posts go some seconds after their deletion, by one process at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from monitor.compliance import LetterScrubber
from monitor.compliance import letter_scrubber as module
from monitor.deadletters import read_letters
from monitor.errors import RetryableError
from monitor.settings import Settings
from monitor.store import AuditedEvent, Store
from tests.monitor.deadletters.conftest import sender_of
from tests.monitor.store.batches import Tables
from tests.monitor.store.events import apply, author_event, post_event

LETTERS = [
    b'{"id": "17", "text": ""}',
    b'{"id": "18", "text": "", "author_id": "author 7"}',
    b'{"id": "19", "text": ""}',
]


def deletion(settings: Settings, post_id: str) -> AuditedEvent:
    """Return a deletion that came from the topic of the settings."""
    return post_event("delete", post_id, source=f"{settings.kafka.topic}/0/{post_id}")


def values(settings: Settings) -> list[bytes]:
    return [letter.value for letter in read_letters(settings.kafka)]


async def test_letters_of_removed_posts_and_authors_are_removed_and_the_audit_says_so(
    store: Store, migrated: Settings
) -> None:
    await asyncio.to_thread(sender_of(migrated.kafka), *LETTERS, key=None)
    scrubber = LetterScrubber(migrated)
    assert (await scrubber.scrub()) == module.ScrubResult(0, 0)
    await apply(
        store, deletion(migrated, "17"), author_event("user_delete", source=f"{migrated.kafka.topic}/0/2")
    )
    result = await scrubber.scrub()
    assert result is not None
    assert (result.letters, result.removed) == (3, 2)
    assert await asyncio.to_thread(values, migrated) == LETTERS[2:]
    tables = Tables(migrated)
    assert tables.rows("SELECT count(*) FROM compliance_events WHERE letters_done_at IS NULL") == [(0,)]
    tables.connection.close()


async def test_a_worker_of_another_topic_leaves_the_letters_to_the_workers_of_this_one(
    store: Store, migrated: Settings
) -> None:
    await asyncio.to_thread(sender_of(migrated.kafka), *LETTERS, key=None)
    await apply(store, deletion(migrated, "17"))
    kafka = migrated.kafka.model_copy(update={"topic": "another"})
    assert await LetterScrubber(migrated.model_copy(update={"kafka": kafka})).scrub() == (
        module.ScrubResult(0, 0)
    )
    result = await LetterScrubber(migrated).scrub()
    assert result is not None
    assert result.removed == 1


async def test_a_scrub_leaves_the_connections_of_the_pool_to_the_batches(
    migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = migrated.database.model_copy(update={"pool_size": 1})
    settings = migrated.model_copy(update={"database": database})
    store, reading, written = Store(settings), threading.Event(), threading.Event()

    def read_many_letters(_: object, removed: Callable[[Sequence[str]], set[str]]) -> module.ScrubResult:
        reading.set()
        assert written.wait(30)
        return module.ScrubResult(1, len(removed(["17", "18"])))

    monkeypatch.setattr(module, "scrub_letters", read_many_letters)
    await apply(store, deletion(migrated, "17"))
    async with asyncio.timeout(60):
        scrub = asyncio.create_task(LetterScrubber(settings).scrub())
        assert await asyncio.to_thread(reading.wait, 30)
        await apply(store, deletion(migrated, "18"))
        written.set()
        result = await scrub
    assert result is not None
    assert result.removed == 2
    await store.close()


async def test_a_scrub_ends_with_its_worker(
    store: Store, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def read_many_letters(_: object, removed: Callable[[Sequence[str]], set[str]]) -> module.ScrubResult:
        while True:
            removed(["17"])
            loop.call_soon_threadsafe(started.set)

    monkeypatch.setattr(module, "scrub_letters", read_many_letters)
    await apply(store, deletion(migrated, "17"))
    task = asyncio.create_task(LetterScrubber(migrated).run())
    async with asyncio.timeout(30):
        await started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    tables = Tables(migrated)
    with tables.connection:
        assert tables.rows("SELECT letters_done_at FROM compliance_events") == [(None,)]


async def test_one_scrub_runs_at_a_time(store: Store, migrated: Settings) -> None:
    await apply(store, deletion(migrated, "17"))
    tables = Tables(migrated)
    with tables.connection.transaction():
        assert tables.rows(module.TRY_LOCK.text) == [(True,)]
        assert await LetterScrubber(migrated).scrub() is None
    tables.connection.close()
    assert await LetterScrubber(migrated).scrub() is not None


async def test_the_task_goes_on_where_another_one_was_killed_and_waits_for_nudges(
    store: Store, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    done: list[int] = []

    def scrub(*_: object) -> module.ScrubResult:
        done.append(1)
        if len(done) == 1:
            raise RetryableError("the broker is away")
        return module.ScrubResult(0, 0)

    monkeypatch.setattr(module, "scrub_letters", scrub)
    monkeypatch.setattr(module, "BACKOFF", module.Backoff(first=0.01, longest=0.01))
    await apply(store, deletion(migrated, "17"))
    scrubber = LetterScrubber(migrated)
    task = asyncio.create_task(scrubber.run())
    await _until(lambda: len(done) == 2)
    await apply(store, deletion(migrated, "18"))
    scrubber.nudge()
    await _until(lambda: len(done) == 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _until(is_true) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(30):
        while not is_true():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("took", "pause"), [(0.0, 5.0), (0.2, 5.0), (2.0, 40.0), (15.0, 300.0), (900.0, 300.0)]
)
def test_a_slow_scrub_delays_the_next_one_by_five_minutes_at_most(took: float, pause: float) -> None:
    assert module.pause_after(took) == pause

"""Posts that are sent while something breaks, and the wait until all of them are stored and alerted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from types import TracebackType

import psycopg
import redis

from monitor.kafka import open_producer
from monitor.settings import Settings
from tests.faults.damage import Damage, alerted_posts, count_damage
from tests.faults.dated_posts import dated_values
from tests.processes import RunningCommand, wait_for

PATIENCE = 300.0
SLICE = 20
"""Posts that are sent at a time."""


class Load:
    """Sends posts in the background, about 200 a second, from the start of the block to its end.

    Args:
        settings: which broker and topic.
        first: id of the first post; those from 0 to it were sent already.
        pause: seconds between two slices of 20 posts.
        values: returns posts, by their number and the id of the first of them; those of `dated_posts` by
            default.

    Attributes:
        count: how many posts were sent. After the block, the broker has acknowledged all of them.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        first: int = 0,
        pause: float = 0.1,
        values: Callable[[int, int], list[bytes]] | None = None,
    ) -> None:
        self.count = 0
        self._values = values or (lambda count, first: dated_values(count, first=first))
        self._dated = values is None
        self._first = first
        self._settings = settings
        self._pause = pause
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._error: BaseException | None = None

    @property
    def end(self) -> int:
        """The id after that of the last post."""
        return self._first + self.count

    @property
    def ids(self) -> set[str]:
        """Ids of all posts, also of those before the first."""
        return {str(number) for number in range(self.end)}

    @property
    def alerting(self) -> set[str]:
        """Ids of the posts that cause an alert, also of those before the first."""
        return {str(number) for number in range(0, self.end, 5)}

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join(PATIENCE)
        if error is None and self._error is not None:
            raise self._error

    def damage(self, settings: Settings, before: Collection[str] = ()) -> Damage:
        """Count what was lost and what came twice, before another load begins.

        Args:
            settings: which database and which stream of alerts, not behind a gate.
            before: posts of the alerts that the stream had before it was emptied.
        """
        alerting = self.alerting - set(before)
        return count_damage(settings, self.ids, alerting, dated=self._dated, kafka=self._settings.kafka)

    def wait_until_done(
        self, settings: Settings, worker: RunningCommand, before: Collection[str] = ()
    ) -> float:
        """Wait until all posts are stored and their alerts are in the stream, and return the seconds.

        Args:
            settings: which database and which stream of alerts, not behind a gate.
            worker: must live meanwhile.
            before: see `damage`.
        """
        started = time.monotonic()
        wait_for(lambda: stored_posts(settings) >= self.end, PATIENCE, watching=worker)
        wait_for(lambda: alerts_in_stream(settings) | set(before) >= self.alerting, PATIENCE, watching=worker)
        return time.monotonic() - started

    def _send(self) -> None:
        try:
            producer = open_producer(self._settings.kafka)
            futures = []
            while not self._ends.is_set():
                values = self._values(SLICE, self.end)
                futures += [producer.send(self._settings.kafka.topic, value) for value in values]
                self.count += SLICE
                self._ends.wait(self._pause)
            for future in futures:
                future.get(PATIENCE)
            producer.close()
        except BaseException as error:  # raised at the end of the block
            self._error = error


def stored_posts(settings: Settings) -> int:
    """Return how many posts are counted, with rows or without; 0 while the database is away."""
    with (
        suppress(psycopg.Error),
        psycopg.connect(settings.database.url.get_secret_value(), connect_timeout=5) as connection,
    ):
        row = connection.execute("SELECT coalesce(sum(seen), 0) FROM hourly_counts").fetchone()
        return int(row[0]) if row else 0
    return 0


def alerts_in_stream(settings: Settings) -> set[str]:
    """Return the ids of the posts whose alerts are in the stream; none while Redis is away."""
    with suppress(redis.RedisError):
        return set(alerted_posts(settings))
    return set()

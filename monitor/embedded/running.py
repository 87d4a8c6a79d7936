"""Ctrl-C and its kin: the first one asks to stop, the next ones ask to hurry.

The whole monitor on one machine: the embedded stack, its topics and tables, and the workers.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from pydantic import SecretStr

from monitor.embedded.broker import count_unread_messages
from monitor.embedded.endpoints import Endpoints
from monitor.embedded.process import Hurry, calmly
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.workers import SupervisedWorker
from monitor.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, the first of the signals raises KeyboardInterrupt, and only the first."""

    def __init__(self) -> None:
        self._stopping = False
        self._hurried = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        # Under nohup, the end of the terminal shall go unnoticed.
        numbers = [n for n in SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def now_stopping(self) -> None:
        """From here on no signal raises anything: the stop shall not be left halfway."""
        self._stopping = True

    def hurried(self) -> bool:
        """Tell whether somebody grew impatient with the stop."""
        return self._hurried

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._hurried = True
            return
        self._stopping = True
        raise KeyboardInterrupt


Say = Callable[[str], None]


class RunningMonitor:
    """A monitor to start, tend and stop.

    Args:
        settings: with a broker, database and Redis that are replaced by the embedded ones.
        workers: worker processes, at least one.
        say: told, in words for the user, what happens.

    Attributes:
        settings: the effective settings; once started, with the addresses of the embedded stack.
        stack: the embedded stack.
    """

    def __init__(self, settings: Settings, *, workers: int, say: Say) -> None:
        self.settings = settings
        self.stack = EmbeddedStack(settings.embedded.data_dir, start_timeout=settings.embedded.start_timeout)
        self._count = workers
        self._say = say
        self._workers: list[SupervisedWorker] = []

    def start(self) -> None:
        """Start the parts, make topics and tables where they are missing, and start the workers.

        Raises:
            MonitorError: something of that failed; call `stop` then, too.
        """
        from monitor.kafka.topics import ensure_topics
        from monitor.store.revisions import upgrade_database

        self.stack.start(lambda part: self._say(f"{part.name} answers on port {part.port}"))
        self.settings = embedded(self.settings, self.stack.endpoints)
        ensure_topics(self.settings.kafka)
        upgrade_database(self.settings)
        for number in range(1, self._count + 1):
            many = self._count > 1
            log = self.stack.logs / (f"worker-{number}.log" if many else "worker.log")
            name = f"worker {number}" if many else "the worker"
            self._workers.append(SupervisedWorker(self.settings, log, name, self._say))
        self.tend()

    def tend(self) -> None:
        """Look after everything; to be called about twice a second.

        Raises:
            EmbeddedError: a part ended, or a worker will not live.
        """
        self.stack.check()
        for worker in self._workers:
            worker.tend()

    def last_lines(self) -> str:
        """Give the end of the first worker's log."""
        return self._workers[0].last_lines() if self._workers else ""

    def stop(self, hurry: Hurry = calmly) -> None:
        """Stop the workers, tell what is lost with the broker, and stop the parts."""
        try:
            for worker in self._workers:
                worker.stop(hurry)
            if self._workers and not hurry():
                self._tell_losses()
        finally:
            self.stack.stop(hurry)

    def _tell_losses(self) -> None:
        unread = count_unread_messages(self.settings.kafka)
        if unread is None:
            self._say("the broker does not tell whether tweets are left in it; such tweets are lost")
            return
        if unread.tweets:
            self._say(
                f"{unread.tweets:,} tweets were not read yet, and are lost: the embedded broker keeps them "
                "in memory alone. Feed them again after the next start; tweets that are fed twice count once"
            )
        if unread.dead_letters:
            self._say(
                f"{unread.dead_letters:,} dead letters are lost with the broker; while it runs, "
                "`ade-monitor deadletters list` shows them"
            )


@contextmanager
def running_monitor(settings: Settings, *, workers: int, say: Say) -> Iterator[RunningMonitor]:
    """Run a monitor for a while, in the main thread; it is stopped cleanly however the block ends.

    The first Ctrl-C, SIGTERM or SIGHUP raises KeyboardInterrupt in the block; a later one hurries the stop.

    Raises:
        MonitorError: it cannot be started.
    """
    with Interrupts() as interrupts:
        monitor = RunningMonitor(settings, workers=workers, say=say)
        started = False
        try:
            monitor.start()
            started = True
            yield monitor
        finally:
            interrupts.now_stopping()
            if started:
                say("stopping; a second Ctrl-C hurries")
            monitor.stop(interrupts.hurried)


def embedded(settings: Settings, endpoints: Endpoints) -> Settings:
    """Put the addresses of the embedded stack into settings; a key for authors that is set already stays."""
    found = endpoints.settings()
    key = settings.privacy.author_key or SecretStr(found["privacy"]["author_key"])
    return settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(update=found["kafka"]),
            "database": settings.database.model_copy(update={"url": SecretStr(endpoints.database_url)}),
            "redis": settings.redis.model_copy(update={"url": SecretStr(endpoints.redis_url)}),
            "privacy": settings.privacy.model_copy(update={"author_key": key}),
        }
    )

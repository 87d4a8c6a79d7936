"""The whole monitor on one machine: the embedded stack, its topics and tables, and the workers."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Final

from pydantic import SecretStr

from monitor.embedded.broker import count_unread_messages
from monitor.embedded.endpoints import Endpoints
from monitor.embedded.process import KillRequested, never
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.workers import SupervisedWorker
from monitor.settings import Settings

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ShutdownSignals:
    """Handles the signals that ask for a stop, while it is entered.

    The first signal raises KeyboardInterrupt. A later one asks to kill what has not stopped yet.
    """

    def __init__(self) -> None:
        self._stopping = False
        self._kill_requested = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> ShutdownSignals:
        # Under nohup, the end of the terminal must be ignored.
        numbers = [n for n in STOP_SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
        self._previous = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def begin_stop(self) -> None:
        """Raise nothing from now on, so that no signal interrupts the stop."""
        self._stopping = True

    def kill_requested(self) -> bool:
        """Return True if a signal arrived after the stop had begun."""
        return self._kill_requested

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._kill_requested = True
            return
        self._stopping = True
        raise KeyboardInterrupt


class RunningMonitor:
    """A monitor on one machine: start it, supervise it, stop it.

    Args:
        settings: the addresses of broker, database and Redis are replaced by those of the embedded stack.
        workers: number of worker processes, at least one.
        notify: called with messages for the user.

    Attributes:
        settings: the effective settings; after the start, with the addresses of the embedded stack.
        stack: the embedded stack.
    """

    def __init__(self, settings: Settings, *, workers: int, notify: Callable[[str], None]) -> None:
        self.settings = settings
        self.stack = EmbeddedStack(settings.embedded)
        self._count = workers
        self._notify = notify
        self._workers: list[SupervisedWorker] = []

    def start(self) -> None:
        """Start the servers, create missing topics and tables, and start the workers.

        Raises:
            MonitorError: something of that failed; call `stop` then, too.
        """
        from monitor.kafka import ensure_topics
        from monitor.store import upgrade_database

        self.stack.start(lambda server: self._notify(f"{server.name} answers on port {server.port}"))
        self.settings = with_endpoints(self.settings, self.stack.endpoints)
        ensure_topics(self.settings.kafka)
        upgrade_database(self.settings)
        for number in range(1, self._count + 1):
            several = self._count > 1
            log = self.stack.logs / (f"worker-{number}.log" if several else "worker.log")
            name = f"worker {number}" if several else "the worker"
            self._workers.append(SupervisedWorker(self.settings, log, name, self._notify))
        self.supervise()

    def supervise(self) -> None:
        """Check the servers, and restart workers that crashed. Call this about twice a second.

        Raises:
            EmbeddedError: a server ended, or a worker crashed repeatedly.
        """
        self.stack.check()
        for worker in self._workers:
            worker.supervise()

    def last_lines(self) -> str:
        """Return the end of the first worker's log."""
        return self._workers[0].last_lines() if self._workers else ""

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop the workers, report what is lost with the broker, and stop the servers."""
        try:
            for worker in self._workers:
                worker.stop(kill_requested)
            if self._workers and not kill_requested():
                self._report_losses()
        finally:
            self.stack.stop(kill_requested)

    def _report_losses(self) -> None:
        unread = count_unread_messages(self.settings.kafka)
        if unread is None:
            self._notify("the broker does not answer: tweets that are still in it are lost")
            return
        if unread.tweets:
            self._notify(
                f"{unread.tweets:,} tweets were not read yet, and are lost: the embedded broker keeps them "
                "in memory only. Feed them again after the next start; tweets that are fed twice count once"
            )
        if unread.dead_letters:
            self._notify(
                f"{unread.dead_letters:,} dead letters are lost with the broker; while it runs, "
                "`ade-monitor deadletters list` shows them"
            )


@contextmanager
def running_monitor(
    settings: Settings, *, workers: int, notify: Callable[[str], None]
) -> Iterator[RunningMonitor]:
    """Run a monitor during the block, in the main thread; it is stopped however the block ends.

    The first Ctrl-C, SIGTERM or SIGHUP raises KeyboardInterrupt in the block. The next one kills what has not
    stopped yet.

    Raises:
        MonitorError: it cannot be started.
    """
    with ShutdownSignals() as signals:
        monitor = RunningMonitor(settings, workers=workers, notify=notify)
        started = False
        try:
            monitor.start()
            started = True
            yield monitor
        finally:
            signals.begin_stop()
            if started:
                notify("stopping; press Ctrl-C again to stop at once")
            monitor.stop(signals.kill_requested)


def with_endpoints(settings: Settings, endpoints: Endpoints) -> Settings:
    """Return the settings with the addresses of the embedded stack, and its author key if they have none."""
    sections = endpoints.settings()
    key = settings.privacy.author_key or SecretStr(sections["privacy"]["author_key"])
    return settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(update=sections["kafka"]),
            "database": settings.database.model_copy(update={"url": SecretStr(endpoints.database_url)}),
            "redis": settings.redis.model_copy(update={"url": SecretStr(endpoints.redis_url)}),
            "privacy": settings.privacy.model_copy(update={"author_key": key}),
        }
    )

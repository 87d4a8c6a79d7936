"""The whole monitor on one machine: the embedded stack, its topics and tables, and the workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from pydantic import SecretStr

from monitor import metrics
from monitor.embedded.apache_kafka import has_topics
from monitor.embedded.broker import count_unread_messages
from monitor.embedded.capacity import CapacityWatch
from monitor.embedded.endpoints import Endpoints
from monitor.embedded.process import KillRequested, never
from monitor.embedded.restarts import RestartedServer
from monitor.embedded.shutdown_signals import ShutdownSignals
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.workers import SupervisedWorker, with_port_of_worker
from monitor.errors import MonitorError
from monitor.health import Health, Heartbeat
from monitor.settings import Settings

LONGEST_ROUND: Final = 180.0
"""Seconds between two rounds of `supervise` after which it hangs. It waits for servers that it starts, and
for workers that it stops."""


class RunningMonitor:
    """A monitor on one machine: start it, supervise it, stop it.

    Args:
        settings: the addresses of broker, database and Redis are replaced by those of the embedded stack.
        workers: number of worker processes, at least one.
        notify: called with messages for the user. It may fail, for example on a full disk.
        health: gets the checks of this monitor.

    Attributes:
        settings: the effective settings; after the start, with the addresses of the embedded stack.
        stack: the embedded stack.
    """

    def __init__(
        self, settings: Settings, *, workers: int, notify: Callable[[str], None], health: Health | None = None
    ) -> None:
        self.settings = settings
        self.stack = EmbeddedStack(settings.embedded)
        self._count = workers
        self._notify_user = notify
        self._health = health or Health()
        self._heartbeat = Heartbeat(LONGEST_ROUND)
        self._workers: list[SupervisedWorker] = []
        self._capacity = CapacityWatch(self.stack.data_dir, self.stack.broker, self._notify)
        postgres, valkey, broker = self.stack.postgres, self.stack.valkey, self.stack.broker
        self._servers = (
            RestartedServer(postgres, self._notify),
            RestartedServer(valkey, self._notify),
            RestartedServer(
                broker, self._notify, on_end=self._broker_ended, on_restart=self._broker_restarted
            ),
        )

    def start(self) -> None:
        """Start the servers, create missing topics and tables, and start the workers.

        Raises:
            MonitorError: something of that failed; call `stop` then, too.
        """
        from monitor.kafka import ensure_topics
        from monitor.store import upgrade_database

        self.stack.start(lambda server: self._notify(f"{server.name} answers on port {server.port}"))
        if not self.stack.broker.keeps_topics and has_topics(self.stack.data_dir):
            self._notify(
                "this broker starts empty; the topics of `ade-monitor up --broker kafka` wait for its next "
                "start"
            )
        self.settings = with_endpoints(self.settings, self.stack.endpoints)
        if self.settings.worker.state_dir is None:
            worker = {"state_dir": self.stack.data_dir / "worker"}
            self.settings = self.settings.model_copy(
                update={"worker": self.settings.worker.model_copy(update=worker)}
            )
        ensure_topics(self.settings.kafka)
        upgrade_database(self.settings)
        for number in range(1, self._count + 1):
            several = self._count > 1
            log = self.stack.logs / (f"worker-{number}.log" if several else "worker.log")
            name = f"worker {number}" if several else "the worker"
            settings = with_port_of_worker(self.settings, number)
            self._workers.append(SupervisedWorker(settings, log, name, self._notify))
        self._health.live["supervision"] = self._heartbeat.problem
        self._health.ready.update(servers=self._missing_servers, workers=self._missing_workers)
        self._health.runs()
        self.supervise()

    def supervise(self) -> None:
        """Start again what has ended, and report what runs out. Call this about twice a second."""
        self._heartbeat.beat()
        for server in self._servers:
            server.supervise()
        if self.stack.broker.keeps_topics or self.stack.broker.child:
            for worker in self._workers:
                worker.supervise()
        self._capacity.check()
        metrics.WORKERS_READY.set(sum(worker.is_ready for worker in self._workers))

    def require_stable_workers(self) -> None:
        """Check that no worker ends soon after each start.

        Raises:
            EmbeddedError: one does; the message shows the end of its log.
        """
        for worker in self._workers:
            if error := worker.repeated_crash():
                raise error

    def last_lines(self) -> str:
        """Return the end of the first worker's log."""
        return self._workers[0].last_lines() if self._workers else ""

    def stop(self, kill_requested: KillRequested = never) -> None:
        """Stop the workers, report what is lost with the broker, and stop the servers."""
        self._health.stops()
        try:
            for worker in self._workers:
                worker.request_stop()
            for worker in self._workers:
                worker.stop(kill_requested)
            if self._workers and not kill_requested():
                self._report_unread()
        finally:
            self.stack.stop(kill_requested)

    def _notify(self, message: str) -> None:
        # Output that goes to a file on a full disk must not end the broker.
        with suppress(OSError):
            self._notify_user(message)

    def _missing_servers(self) -> str | None:
        servers = (self.stack.broker, self.stack.postgres, self.stack.valkey)
        ended = [server.name for server in servers if server.child is None]
        return f"have ended: {', '.join(ended)}" if ended else None

    def _missing_workers(self) -> str | None:
        ready = sum(worker.is_ready for worker in self._workers)
        return None if ready == self._count else f"are not ready: {self._count - ready} of {self._count}"

    def _broker_ended(self) -> None:
        if self.stack.broker.keeps_topics:
            return
        self._notify(
            "what was in the broker is lost: posts that no worker had read, and dead letters. Feed the posts "
            "again; posts that are fed twice count once"
        )
        # A worker that lives on would commit its old offsets to the new broker, and skip new posts.
        for worker in self._workers:
            worker.request_stop()
        for worker in self._workers:
            worker.pause()

    def _broker_restarted(self) -> None:
        from monitor.kafka import ensure_topics

        try:
            self.stack.publish_endpoints()
            ensure_topics(self.settings.kafka)
        except MonitorError as error:
            self._notify(f"after the restart of the broker: {error}")

    def _report_unread(self) -> None:
        unread = count_unread_messages(self.settings.kafka)
        if self.stack.broker.keeps_topics:
            if unread and unread.tweets:
                self._notify(
                    f"{unread.tweets:,} tweets were not read yet; the broker has them on disk, and the next "
                    "`ade-monitor up --broker kafka` reads them"
                )
            return
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
    settings: Settings, *, workers: int, notify: Callable[[str], None], health: Health | None = None
) -> Iterator[RunningMonitor]:
    """Run a monitor during the block, in the main thread; it is stopped however the block ends.

    The first Ctrl-C, SIGTERM or SIGHUP raises KeyboardInterrupt in the block. The next one kills what has not
    stopped yet.

    Raises:
        MonitorError: it cannot be started.
    """
    with ShutdownSignals() as signals:
        monitor = RunningMonitor(settings, workers=workers, notify=notify, health=health)
        started = False
        try:
            monitor.start()
            started = True
            yield monitor
        finally:
            signals.begin_stop()
            if started:
                with suppress(OSError):
                    notify("stopping; press Ctrl-C again to stop at once")
            monitor.stop(signals.kill_requested)


def with_endpoints(settings: Settings, endpoints: Endpoints) -> Settings:
    """Return the settings with the addresses of the embedded stack, and its author key if they have none."""
    sections = endpoints.settings()
    key = settings.privacy.author_key or SecretStr(sections["privacy"]["author_key"])
    return settings.model_copy(
        update={
            "kafka": settings.kafka.without_security().model_copy(update=sections["kafka"]),
            "database": settings.database.at(endpoints.database_url),
            "redis": settings.redis.at(endpoints.redis_url),
            "privacy": settings.privacy.model_copy(update={"author_key": key}),
        }
    )

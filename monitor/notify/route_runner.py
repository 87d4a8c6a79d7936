"""The life of a route in one process: stand by, serve it while this process has the right to, and stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from redis import Redis

from monitor.alerts.redis import GroupReader, connect, location_of
from monitor.alerts.rulebook.routes import Route
from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.health import Heartbeat
from monitor.notify.dispatch import RouteSender
from monitor.notify.route_counts import RouteCounts
from monitor.notify.route_lease import LEASE_S, LeaseKeeper, RouteLease
from monitor.notify.route_queue import RouteQueue
from monitor.notify.route_states import CONSUMER, RouteKeys, write_route_state
from monitor.notify.route_worker import BACKOFF, RouteWorker
from monitor.notify.routing import Routing
from monitor.notify.set_aside import RefusedAlerts
from monitor.retrying import REDIS, OutageLog, Retries
from monitor.settings import Settings

log = structlog.get_logger()

REDIS_BACKOFF: Final = Backoff(first=0.25, longest=5.0, jitter=0.5)

LOOK_AGAIN: Final = 300.0
"""Seconds between two looks at entries that this reader should have, such as those that are sent again."""

SILENT: Final = 300.0
"""Seconds without progress after which the thread of a route counts as hanging."""

BEAT: Final = 1.0
"""Seconds between two life signs in a pause."""

STATE_INTERVAL: Final = 5.0
"""Seconds between two writes of the state that `ade-monitor doctor` reads."""


class RouteRunner:
    """Serves one route in a thread of its own, so that a broken route does not hold up the others.

    Args:
        settings: Redis and its stream.
        name: of the route.
        route: the route.
        routing: of all routes of the file.
        sender: sends messages; closed at the end.
        holder: name of this process, different from that of all others.
        clock: returns the time, timezone-aware.
        from_start: let a new route start at the oldest alert of the stream instead of the next one.
        backoff: pauses between attempts to send.
        lease_s: seconds until another process takes over after this one was killed.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        route: Route,
        routing: Routing,
        sender: RouteSender,
        *,
        holder: str,
        clock: Callable[[], datetime],
        from_start: bool = False,
        backoff: Backoff = BACKOFF,
        lease_s: float = LEASE_S,
    ) -> None:
        self.name = name
        self.counts = RouteCounts()
        self.heartbeat = Heartbeat(SILENT)
        self.error: BaseException | None = None
        self.is_redis_away = False
        self._settings = settings
        self._route = route
        self._routing = routing
        self._sender = sender
        self._clock = clock
        self._from_start = from_start
        self._backoff = backoff
        self._keys = RouteKeys(settings.alerts.stream, name)
        self._client: Redis = connect(settings.redis)
        self._lease = RouteLease(self._client, self._keys.lease, holder, seconds=lease_s)
        self._stop = threading.Event()
        self._next_state = 0.0
        self._written_problem: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"route {name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Make the thread end after the message that it sends now."""
        self._stop.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the thread, and return True if it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        """True until the thread ends."""
        return self._thread.is_alive()

    def _run(self) -> None:
        report = OutageLog(log, "a route waits for Redis", "Redis is back")
        retries = Retries(REDIS, REDIS_BACKOFF, report)
        try:
            with LeaseKeeper(self._lease) as lease:
                while not self._stop.is_set():
                    try:
                        if lease.is_held() or lease.take():
                            self._serve(retries)
                        else:
                            self._redis_answers(retries)
                            self.heartbeat.beat()
                            self._stop.wait(min(1.0, lease.seconds / 3))
                    except RetryableError as error:
                        self.is_redis_away = True
                        self._stop.wait(retries.failed(error))
        except BaseException as error:  # the main thread reports it
            self.error = error
        finally:
            self._sender.close()
            self._client.close()

    def _serve(self, retries: Retries) -> None:
        """Serve the route until this process stops or loses the right to.

        Each time begins with a new reader, because another process may have sent what waited here.
        """
        log.info("serving a route", route=self.name)
        worker = self._new_worker()
        self.counts.serves = True
        try:
            while self._may_send():
                try:
                    pause = worker.step()
                    self._redis_answers(retries)
                    self._write_state()
                    self._wait(pause)
                except RetryableError as error:
                    self.is_redis_away = True
                    self.heartbeat.beat()
                    self._stop.wait(retries.failed(error))
        finally:
            self.counts.serves = False

    def _redis_answers(self, retries: Retries) -> None:
        self.is_redis_away = False
        retries.succeeded()

    def _may_send(self) -> bool:
        return not self._stop.is_set() and self._lease.is_held()

    def _new_worker(self) -> RouteWorker:
        settings = self._settings
        reader = GroupReader(
            self._client,
            settings.alerts.stream,
            group=self._keys.group,
            consumer=CONSUMER,
            claim_after=LOOK_AGAIN,
            from_start=self._from_start,
            notify=lambda message: log.info("reading alerts", route=self.name, note=message),
            max_length=settings.alerts.max_length,
            location=location_of(settings.redis),
        )
        queue = RouteQueue(
            self.name, self._route, self._routing, reader, self._client, settings.alerts, self.counts
        )
        return RouteWorker(
            self.name,
            queue,
            self._sender,
            RefusedAlerts(self._client, settings.alerts.stream),
            self.counts,
            is_stopped=lambda: not self._may_send(),
            clock=self._clock,
            backoff=self._backoff,
            heartbeat=self.heartbeat,
        )

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._may_send() and (rest := until - time.monotonic()) > 0:
            self.heartbeat.beat()
            self._stop.wait(min(rest, BEAT))

    def _write_state(self) -> None:
        """Write the state every few seconds, and at once if the problem is another one."""
        now = time.monotonic()
        if now >= self._next_state or self.counts.problem != self._written_problem:
            self._written_problem = self.counts.problem
            self._next_state = now + STATE_INTERVAL
            write_route_state(self._client, self._keys, self.counts)

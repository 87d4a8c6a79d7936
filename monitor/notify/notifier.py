"""All routes of one process: start them, watch them, and stop them."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from monitor import metrics
from monitor.alerts.rulebook.route_tables import read_routes
from monitor.alerts.rulebook.routes import Route
from monitor.backoff import Backoff
from monitor.errors import FatalError, SettingsError
from monitor.health import Health
from monitor.notify.dispatch import RouteSender
from monitor.notify.route_counts import RouteCounts
from monitor.notify.route_lease import LEASE_S
from monitor.notify.route_runner import RouteRunner
from monitor.notify.route_worker import BACKOFF
from monitor.notify.routing import Routing
from monitor.notify.senders import new_senders, require_notify_libraries
from monitor.settings import Settings

LONGEST_STOP: Final = 60.0
"""Seconds that the end waits for messages that are being sent."""


class Notifier:
    """Takes alerts to their routes.

    Args:
        settings: Redis and its stream.
        routes: all routes of the rules file.
        senders: of the routes that this process serves.
        from_start: let new routes start at the oldest alert of the stream.
        clock: returns the time, timezone-aware.
        backoff: pauses between attempts to send.
        lease_s: seconds until another process takes over after this one was killed.
    """

    def __init__(
        self,
        settings: Settings,
        routes: Mapping[str, Route],
        senders: Mapping[str, RouteSender],
        *,
        from_start: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        backoff: Backoff = BACKOFF,
        lease_s: float = LEASE_S,
    ) -> None:
        routing = Routing(routes)
        holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._clock = clock
        self._runners = [
            RouteRunner(
                settings,
                name,
                routes[name],
                routing,
                sender,
                holder=holder,
                clock=clock,
                from_start=from_start,
                backoff=backoff,
                lease_s=lease_s,
            )
            for name, sender in senders.items()
        ]

    def start(self) -> None:
        """Start a thread for each route."""
        for runner in self._runners:
            runner.start()

    def stop(self) -> None:
        """Stop after the messages that are being sent, and wait for them.

        Raises:
            MonitorError: a route ended before, because Redis refuses what it needs.
            FatalError: a receiver is so slow that its message is cut off. It is sent again.
        """
        for runner in self._runners:
            runner.stop()
        until = time.monotonic() + LONGEST_STOP
        late = [
            runner.name for runner in self._runners if not runner.join(max(0.0, until - time.monotonic()))
        ]
        self.raise_error()
        if late:
            raise FatalError(f"routes did not stop within {LONGEST_STOP:g} s: {', '.join(late)}")

    def has_ended(self) -> bool:
        """Return True if a route has ended by itself; `raise_error` then has the reason."""
        return any(runner.error for runner in self._runners)

    def raise_error(self) -> None:
        """Raise the error that ended a route, if there is one."""
        for runner in self._runners:
            if runner.error:
                raise runner.error

    def counts(self) -> dict[str, RouteCounts]:
        """Return the counts by route."""
        return {runner.name: runner.counts for runner in self._runners}

    def sentence(self) -> str:
        """Return what was done, in one line for people."""
        totals = self.totals()
        return (
            f"{totals['alerts']:,} alerts and {totals['retractions']:,} retractions sent, "
            f"{totals['waiting']:,} wait, {totals['failing']} of {len(self._runners)} routes fail"
        )

    def totals(self) -> dict[str, int]:
        """Return the counts of all routes together, for the log."""
        counts = self.counts().values()
        return {
            "messages": sum(count.messages for count in counts),
            "alerts": sum(count.alerts for count in counts),
            "retractions": sum(count.retractions for count in counts),
            "refused": sum(count.refused for count in counts),
            "waiting": sum(count.waiting for count in counts),
            "failing": sum(count.failing_since is not None for count in counts),
        }

    def export(self, health: Health) -> None:
        """Export the counts as metrics, and what the process needs as checks."""
        health.live["route_threads"] = self._hanging
        health.ready.update(redis=self._redis_problem, routes=self._failing)
        metrics.ROUTES.read = lambda: {
            name: counts.record(self._clock()) for name, counts in self.counts().items()
        }

    def _hanging(self) -> str | None:
        hanging = sum(runner.heartbeat.problem() is not None for runner in self._runners)
        return f"make no progress ({hanging} of {len(self._runners)})" if hanging else None

    def _failing(self) -> str | None:
        failing = sum(runner.counts.failing_since is not None for runner in self._runners)
        return f"do not take alerts ({failing} of {len(self._runners)})" if failing else None

    def _redis_problem(self) -> str | None:
        return "does not answer" if any(runner.is_redis_away for runner in self._runners) else None


def open_routes(
    settings: Settings, only: Collection[str] = (), *, clock: Callable[[], datetime]
) -> tuple[Mapping[str, Route], dict[str, RouteSender]]:
    """Return all routes of the rules file, and the senders of those that this process serves.

    Args:
        settings: the rules file and the stream.
        only: names of the routes to serve; all by default.
        clock: returns the time, timezone-aware.

    Raises:
        MonitorError: there is no rules file or no route, a name is unknown, or a route cannot be used.
    """
    require_notify_libraries()
    path = settings.alerts.rules
    if path is None:
        raise SettingsError(
            "there is no rules file, and so no route",
            "name one with --rules or alerts.rules (ADE_ALERTS__RULES)",
        )
    routes = read_routes(path)
    if not routes:
        raise SettingsError(f"the rules file {path} has no route", "add one, as in docs/notify.md")
    for name in only:
        if name not in routes:
            raise SettingsError(
                f"the rules file {path} has no route {name!r}", f"it has {', '.join(sorted(routes))}"
            )
    chosen = {name: route for name, route in routes.items() if not only or name in only}
    return routes, new_senders(chosen, Path(path), settings.alerts.stream, clock)

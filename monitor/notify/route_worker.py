"""Serve one route: take up its alerts, send what is due, and wait while the receiver is away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.health import Heartbeat
from monitor.notify.dispatch import Dispatch, RouteSender
from monitor.notify.errors import RefusedError, RouteAwayError
from monitor.notify.route_counts import RouteCounts
from monitor.notify.route_queue import IMMEDIATE, RouteQueue, Waiting
from monitor.notify.set_aside import RefusedAlerts
from monitor.retrying import ROUTE, OutageLog, Retries

log = structlog.get_logger()

BACKOFF: Final = Backoff(first=1.0, longest=300.0, jitter=0.3)
"""Pauses between attempts to send."""

MOST_DUE: Final = 1_000
"""Alerts that are due alone and unsent at which a route reads no more of the stream. The rest waits there."""


class RouteWorker:
    """Sends what waits for one route, until it is told to stop.

    Args:
        name: of the route.
        queue: what waits.
        sender: sends messages.
        refused: list of the alerts that the receiver refuses for good.
        counts: counts what happens.
        is_stopped: returns True once no further message may be sent.
        clock: returns the time, timezone-aware.
        backoff: pauses between attempts to send.
        heartbeat: beats as long as this goes on.
    """

    def __init__(
        self,
        name: str,
        queue: RouteQueue,
        sender: RouteSender,
        refused: RefusedAlerts,
        counts: RouteCounts,
        *,
        is_stopped: Callable[[], bool],
        clock: Callable[[], datetime],
        backoff: Backoff = BACKOFF,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self._name = name
        self._queue = queue
        self._sender = sender
        self._refused = refused
        self._counts = counts
        self._is_stopped = is_stopped
        self._clock = clock
        self._heartbeat = heartbeat or Heartbeat()
        report = OutageLog(log.bind(route=name), "a route does not take alerts", "a route takes alerts again")
        self._retries = Retries(ROUTE, backoff, report)

    def step(self) -> float:
        """Take up new entries, and try to send what is due. Return the seconds to wait before the next step.

        Raises:
            MonitorError: Redis is away, or refuses.
        """
        self._heartbeat.beat()
        if self._queue.alone(self._clock()) < MOST_DUE:
            self._queue.poll(self._clock())
        try:
            for members in self._queue.due(self._clock()):
                if self._is_stopped():
                    break
                if pause := self._send(members):
                    return pause
                self._heartbeat.beat()
            return 0.0
        finally:
            self._counts.waiting = len(self._queue)
            self._counts.oldest_due = self._queue.oldest_due()

    def _send(self, members: Sequence[Waiting]) -> float:
        """Send one message. Return 0, or the seconds to wait if the route does not work now."""
        entries = self._queue.contents(members)
        if not entries:
            return 0.0
        digest = members[0].digest
        dispatch = Dispatch(
            self._name, tuple(entries), self._clock(), None if digest == IMMEDIATE else digest
        )
        try:
            self._sender.send(dispatch)
        except RouteAwayError as error:
            return self._fail(members, error, error.retry_after)
        except RefusedError as error:
            self._set_aside(dispatch, error)
        except MonitorError:
            raise
        except Exception as error:  # a mistake of ours about one message must not end the route
            # Not the text of the error, which may quote the post.
            log.error("a message cannot be written", route=self._name, problem=_place_of(error))
            return self._fail(members, RouteAwayError(f"a message cannot be written ({_place_of(error)})"))
        else:
            self._counts.messages += 1
            self._counts.alerts += len(dispatch.alerts)
            self._counts.retractions += len(dispatch.retractions)
        self._counts.failing_since = self._counts.problem = None
        self._retries.succeeded()
        self._queue.finish([entry.entry_id for entry in entries])
        return 0.0

    def _fail(
        self, members: Sequence[Waiting], error: RouteAwayError, retry_after: float | None = None
    ) -> float:
        self._counts.failures += 1
        self._counts.problem = str(error)
        self._counts.failing_since = self._counts.failing_since or self._clock()
        self._queue.try_later(members)
        return self._retries.failed(error, pause=retry_after, waiting=len(self._queue))

    def _set_aside(self, dispatch: Dispatch, error: RefusedError) -> None:
        """Put alerts on the list of refused ones, before they are acknowledged."""
        self._refused.add(self._name, dispatch.entries, str(error))
        self._counts.refused += len(dispatch.entries)
        log.warning(
            "a receiver refuses a message for good; its alerts are set aside",
            route=self._name,
            problem=str(error),
            alerts=len(dispatch.entries),
            advice=f"`ade-monitor notify --resend {self._name}` sends them again",
        )


def _place_of(error: Exception) -> str:
    """Return the kind of an error and the line that raised it."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = Path(trace.tb_frame.f_code.co_filename).name
    return f"{type(error).__name__} in {file}, line {trace.tb_lineno}"

"""Programs that ended by themselves are started again: soon at first, later and later if they keep ending.

Nothing is given up. A full disk or a missing file may be repaired at any time, and until then the other
programs go on: above all the broker, which has posts that nobody else has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from monitor import metrics
from monitor.backoff import Backoff
from monitor.embedded.servers import LoopbackServer
from monitor.errors import EmbeddedError
from monitor.retrying import PROGRAM, Retries

QUICK_END: Final = 60.0
"""Seconds. If a program ran for longer, its end has a new cause, and it is started again soon."""

MANY_ENDS: Final = 5
"""Quick ends in a row after which a person has to act."""

RESTARTS: Final = Backoff(first=1.0, longest=60.0)
"""Pauses before the restarts after quick ends."""


class RestartPlan:
    """When a program that ended is started again. A run that was long counts as a success.

    Args:
        clock: returns seconds.
        pauses: before the restarts.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, pauses: Backoff = RESTARTS) -> None:
        self._clock = clock
        self._retries = Retries(PROGRAM, pauses, clock=clock)
        self._due_at = clock()

    @property
    def quick_ends(self) -> int:
        """How often the program has ended in a row, each time soon after its start."""
        return self._retries.failures

    def count_end(self, started: float) -> float:
        """Count an end, and return the pause in seconds until the restart.

        Args:
            started: time on the clock when the program was started.
        """
        if self._clock() - started >= QUICK_END:
            self._retries.succeeded()
        pause = self._retries.failed(None)
        self._due_at = self._clock() + pause
        return pause

    @property
    def is_due(self) -> bool:
        """True once the pause is over."""
        return self._clock() >= self._due_at


class RestartedServer:
    """Starts a server again, on its port, each time that it has ended.

    Args:
        server: has been started.
        notify: called with messages for the user.
        on_end: called after the server has ended.
        on_restart: called after it answers again.
        pauses: before the restarts.
    """

    def __init__(
        self,
        server: LoopbackServer,
        notify: Callable[[str], None],
        *,
        on_end: Callable[[], None] = lambda: None,
        on_restart: Callable[[], None] = lambda: None,
        pauses: Backoff = RESTARTS,
    ) -> None:
        self._server = server
        self._notify = notify
        self._on_end = on_end
        self._on_restart = on_restart
        self._plan = RestartPlan(pauses=pauses)
        self._last_failure = ""

    def supervise(self) -> None:
        """Start the server again if it has ended. A failed start is reported, and repeated later."""
        child = self._server.child
        if child is None:
            if self._plan.is_due:
                self._restart()
        elif (status := child.exit_status()) is not None:
            self._server.child = None
            pause = self._plan.count_end(child.started)
            self._notify(
                f"{child.program.name} ended with status {status}, and is started again in {pause:g} s "
                f"(log: {child.program.log})"
            )
            self._on_end()

    def _restart(self) -> None:
        name = self._server.name
        started = time.monotonic()
        try:
            self._server.restart()
        except EmbeddedError as error:
            pause = self._plan.count_end(started)
            # The same lines of a log once a minute would hide everything else.
            headline = error.fact.partition("\n")[0]
            reason = f"{name} still does not start" if headline == self._last_failure else str(error)
            self._notify(f"{reason}\nThe next attempt to start {name} is in {pause:g} s")
            self._last_failure = headline
            return
        self._last_failure = ""
        metrics.RESTARTS.labels(program=name).inc()
        self._notify(f"{name} answers again on port {self._server.port}")
        self._on_restart()

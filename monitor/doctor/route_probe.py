"""The probe of the routes of `ade-monitor notify`: does a process serve each of them, and does it work?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.doctor.checkup import ProbeResult
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.notify import RouteState


def probe_routes(settings: Settings) -> ProbeResult:
    """Read what the processes of `ade-monitor notify` wrote to Redis about the routes of the rules file.

    A route whose receiver does not take messages has failed: people wait for alerts in vain.

    Raises:
        MonitorError: the rules file is wrong, or Redis is away.
    """
    from monitor.alerts.redis import connect
    from monitor.alerts.rulebook.route_tables import read_routes
    from monitor.notify import RouteKeys, read_state

    assert settings.alerts.rules  # noqa: S101 - `probes_for` has no such probe without a rules file
    names = sorted(read_routes(settings.alerts.rules))
    if not names:
        return ProbeResult("ok", f"{settings.alerts.rules} has no route")
    with connect(settings.redis) as client:
        states = {name: read_state(client, RouteKeys(settings.alerts.stream, name)) for name in names}
    failing = [name for name, state in states.items() if state.failing_since]
    idle = [name for name, state in states.items() if not state.is_served]
    detail = "\n".join([f"{len(names)} in {settings.alerts.rules}", *_lines(states)])
    if failing:
        return ProbeResult(
            "failed",
            detail,
            "correct the receiver or the route: `ade-monitor notify --test NAME` tries it; its alerts wait",
        )
    if idle:
        return ProbeResult("hint", detail, "start `ade-monitor notify`")
    if any(state.refused for state in states.values()):
        return ProbeResult(
            "hint",
            detail,
            "`ade-monitor notify --refused` lists them, and --resend NAME sends them again",
        )
    return ProbeResult("ok", detail)


def _lines(states: Mapping[str, RouteState]) -> list[str]:
    return [f"{name}: {_in_words(state)}" for name, state in states.items()]


def _in_words(state: RouteState) -> str:
    """Return the state of a route in words."""
    facts = []
    if state.failing_since:
        minutes = max(0, int((datetime.now(UTC) - state.failing_since).total_seconds() // 60))
        facts.append(f"has failed for {minutes} min ({state.problem})")
    if not state.is_served:
        facts.append("no process serves it")
    facts.append(f"{state.waiting:,} alerts wait")
    if state.unread:
        facts.append(f"{state.unread:,} entries unread")
    if state.refused:
        facts.append(f"{state.refused:,} refused")
    return ", ".join(facts)

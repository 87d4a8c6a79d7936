"""What each route would send for alerts of the stream, for `ade-monitor notify --preview`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from redis import Redis

from monitor.alerts import AlertPayload, StreamEntry
from monitor.alerts.redis import translate_redis_errors
from monitor.alerts.rulebook import AlertDelivery
from monitor.alerts.rulebook.routes import Route
from monitor.errors import PoisonError
from monitor.notify.dispatch import Dispatch, RoutedEntry, RouteSender, read_entry
from monitor.notify.route_queue import published_at
from monitor.notify.routing import Routing
from monitor.notify.schedule import due_at

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """A message that a route would send.

    Attributes:
        route: name of the route.
        due: when.
        digest: "hourly" or "daily", or None.
        alerts: how many alerts it has.
        text: what it would send, without secrets.
    """

    route: str
    due: datetime
    digest: str | None
    alerts: int
    text: str


def newest_alerts(client: Redis, stream: str, *, last: int, alert_id: str | None = None) -> list[RoutedEntry]:
    """Return the newest alerts of the stream, or the one with an id, the oldest first.

    Raises:
        MonitorError: Redis is away, or refuses.
    """
    chosen: list[RoutedEntry] = []
    before = "+"
    reader: Any = client
    with translate_redis_errors("Redis"):
        while entries := reader.xrevrange(stream, before, "-", PAGE):
            for entry_id, fields in entries:
                entry = _alert_in(entry_id, fields, alert_id)
                if entry:
                    chosen.append(entry)
                if len(chosen) == last:
                    return chosen[::-1]
            before = f"({entries[-1][0]}"
    return chosen[::-1]


def preview_messages(
    entries: Sequence[RoutedEntry],
    routes: Mapping[str, Route],
    senders: Mapping[str, RouteSender],
    now: datetime,
) -> Iterator[MessagePreview]:
    """Yield the messages of each route for alerts. A digest has all that belong into it."""
    routing = Routing(routes)
    for name, sender in senders.items():
        messages: dict[tuple[str | None, datetime, str], list[RoutedEntry]] = {}
        for entry in entries:
            item = entry.item
            if not isinstance(item, AlertPayload) or not routing.takes(name, routes[name], item):
                continue
            due = due_at(item, published_at(entry.entry_id), routes[name])
            digest = item.delivery if item.delivery in (AlertDelivery.HOURLY, AlertDelivery.DAILY) else None
            messages.setdefault((digest, due, "" if digest else entry.entry_id), []).append(entry)
        for (digest, due, _), members in messages.items():
            text = sender.preview(Dispatch(name, tuple(members), now, digest))
            yield MessagePreview(name, due, digest, len(members), text)


def reason_for_none(
    entries: Sequence[RoutedEntry], routes: Mapping[str, Route], served: Iterable[str], path: Path | None
) -> str:
    """Return in words why the newest alerts give no message.

    Args:
        entries: the alerts, at least one.
        routes: all routes of the rules file.
        served: names of the routes that were asked for.
        path: the rules file.
    """
    routing = Routing(routes)
    alerts = [entry.item for entry in entries if isinstance(entry.item, AlertPayload)]
    subject, s = ("the alert", "s") if len(alerts) == 1 else (f"the newest {len(alerts)} alerts", "")
    takers = frozenset[str]().union(*map(routing.routes_of, alerts))
    if takers:
        verb = "goes" if s else "go"
        return f"{subject} {verb} to {', '.join(sorted(takers))}, not to {', '.join(sorted(served))}"
    named = sorted({route for alert in alerts for route in alert.routes})
    if named:
        return f"{subject} name{s} {', '.join(named)}, and {path} has no such route and no [route.default]"
    return f"{subject} name{s} no route, and {path} has no [route.default]"


def _alert_in(entry_id: str, fields: Mapping[str, str], alert_id: str | None) -> RoutedEntry | None:
    if "alert" not in fields or (alert_id is not None and fields.get("alert_id") != alert_id):
        return None
    try:
        return read_entry(StreamEntry(entry_id, fields))
    except PoisonError:
        return None

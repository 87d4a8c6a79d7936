"""Routes that run in this process, with short pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import redis

from monitor.backoff import Backoff
from monitor.notify import Notifier, open_routes
from monitor.settings import AlertSettings, Settings
from tests.monitor.alerts.payloads import STREAM
from tests.monitor.notify.receivers import MailBox, WebhookReceiver

SHORT: Final = Backoff(first=0.02, longest=0.1)
"""Pauses between attempts."""

LEASE_S: Final = 0.6


def webhook(receiver: WebhookReceiver, name: str = "hook", **fields: str) -> str:
    """Return the table of a route to a webhook."""
    return table(name, type="webhook", url=receiver.url, secret_env="HOOK_KEY", **fields)


def email(box: MailBox, name: str = "mail", **fields: Any) -> str:
    """Return the table of a route to a mail server without TLS."""
    defaults = {
        "type": "email",
        "host": "127.0.0.1",
        "port": box.port,
        "tls": "none",
        "from": "ade@example.org",
        "to": ["safety@example.org"],
    }
    return table(name, **{**defaults, **fields})


def table(name: str, **fields: Any) -> str:
    """Return the TOML of a route."""
    lines = [f"[route.{name}]"]
    for key, value in fields.items():
        text = str(value).lower() if isinstance(value, bool) else repr(value)
        lines.append(f"{key} = {text}")
    return "\n".join([*lines, ""])


def with_rules(settings: Settings, folder: Path, *tables: str) -> Settings:
    """Write a rules file, and return the settings that name it."""
    path = folder / "rules.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return settings.model_copy(update={"alerts": AlertSettings(rules=path)})


@contextmanager
def notifying(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    backoff: Backoff = SHORT,
    lease_s: float = LEASE_S,
) -> Iterator[Notifier]:
    """Serve all routes from the start of the stream during the block."""
    routes, senders = open_routes(settings, clock=clock)
    notifier = Notifier(
        settings, routes, senders, from_start=True, clock=clock, backoff=backoff, lease_s=lease_s
    )
    notifier.start()
    try:
        yield notifier
    finally:
        notifier.stop()


def unfinished(client: redis.Redis, route: str) -> int:
    """Return how many entries the group of a route has not acknowledged, or not read."""
    groups: Any = client.xinfo_groups(STREAM)
    [group] = [row for row in groups if row["name"] == f"notify:{route}"]
    newest: Any = client.xinfo_stream(STREAM)
    is_behind = group["last-delivered-id"] != newest["last-generated-id"]
    return int(group["pending"]) + is_behind

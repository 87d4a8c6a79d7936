"""Digests and quiet hours, with a clock that the test sets."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from monitor.settings import Settings
from tests.monitor.alerts.payloads import STREAM, payload, retract_alerts
from tests.monitor.notify.receivers import MailBox, WebhookReceiver
from tests.monitor.notify.running import email, notifying, unfinished, webhook, with_rules
from tests.processes import wait_for

NOON = datetime(2026, 7, 1, 12, 10, tzinfo=UTC)


class SetClock:
    """A clock that stands still until the test sets it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def publish(client: redis.Redis, number: int, moment: datetime, **fields: Any) -> None:
    """Add an alert that was published at a moment."""
    alert = payload(number, **fields)
    entry_id = f"{int(moment.timestamp() * 1000)}-{number}"
    client.xadd(STREAM, {"alert_id": alert["alert_id"], "alert": json.dumps(alert)}, id=entry_id)


def ids(*numbers: int) -> list[str]:
    return [payload(number)["alert_id"] for number in numbers]


def pending(client: redis.Redis, route: str) -> int:
    groups: Any = client.xinfo_groups(STREAM) if client.exists(STREAM) else []
    return next((row["pending"] for row in groups if row["name"] == f"notify:{route}"), 0)


def test_an_hourly_digest_is_one_message_after_the_hour(
    client: redis.Redis, settings: Settings, mailbox: MailBox, tmp_path: Path, clock: SetClock
) -> None:
    for number in (1, 2, 3):
        publish(client, number, NOON, routes=["mail"], delivery="hourly")
    publish(client, 4, NOON, routes=["mail"])
    with notifying(with_rules(settings, tmp_path, email(mailbox)), clock=clock):
        wait_for(lambda: len(mailbox.messages) == 1)
        wait_for(lambda: pending(client, "mail") == 3)
        clock.now = NOON.replace(minute=59, second=59)
        publish(client, 5, NOON, routes=["mail"])
        wait_for(lambda: len(mailbox.messages) == 2)
        wait_for(lambda: pending(client, "mail") == 3)
        clock.now = NOON.replace(hour=13, minute=0)
        wait_for(lambda: len(mailbox.messages) == 3)
        wait_for(lambda: unfinished(client, "mail") == 0)
    _, digest = mailbox.messages[-1]
    assert digest["Subject"] == "ADE hourly digest, 3 alerts: Tremor (3)"
    body = digest.get_body(("plain",))
    assert body
    assert all(alert_id in body.get_content() for alert_id in ids(1, 2, 3))


def test_a_digest_survives_a_restart_and_leaves_out_what_was_retracted(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path, clock: SetClock
) -> None:
    rules = with_rules(settings, tmp_path, webhook(hook))
    for number in (1, 2):
        publish(client, number, NOON, routes=["hook"], delivery="daily")
    with notifying(rules, clock=clock):
        wait_for(lambda: pending(client, "hook") == 2)
    publish(client, 3, NOON + timedelta(hours=1), routes=["hook"], delivery="daily")
    retract_alerts(client, [2])
    assert hook.seen == []
    clock.now = NOON + timedelta(days=1)
    with notifying(rules, clock=clock):
        wait_for(lambda: len(hook.taken) == 2)
        wait_for(lambda: unfinished(client, "hook") == 0)
    [digest] = [request for request in hook.taken if "batch" in request.headers["Content-Type"]]
    content = json.loads(digest.body)
    assert [event["data"]["alert_id"] for event in content] == ids(1, 3)
    assert len({event["id"] for event in content}) == 2


def test_a_long_digest_becomes_several_messages(
    client: redis.Redis,
    settings: Settings,
    hook: WebhookReceiver,
    tmp_path: Path,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.notify.route_queue.DIGEST_SIZE", 2)
    for number in range(1, 6):
        publish(client, number, NOON, routes=["hook"], delivery="hourly")
    clock.now = NOON + timedelta(hours=1)
    with notifying(with_rules(settings, tmp_path, webhook(hook)), clock=clock):
        wait_for(lambda: len(hook.taken) >= 3 and unfinished(client, "hook") == 0)
    sizes = [len(json.loads(request.body)) for request in hook.taken]
    assert sum(sizes) == 5
    assert max(sizes) == 2


def test_a_refused_digest_sets_aside_each_of_its_alerts(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path, clock: SetClock
) -> None:
    hook.answers.append(413)
    for number in (1, 2):
        publish(client, number, NOON, routes=["hook"], delivery="hourly")
    rules = with_rules(settings, tmp_path, webhook(hook))
    with notifying(rules, clock=clock):
        wait_for(lambda: pending(client, "hook") == 2)
        clock.now = NOON + timedelta(hours=1)
        wait_for(lambda: unfinished(client, "hook") == 0)
    lines: Any = client.xrange(f"{STREAM}:refused")
    assert [fields["alert_id"] for _, fields in lines] == ids(1, 2)


def test_alerts_wait_for_the_end_of_quiet_hours_and_critical_ones_do_not(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path, clock: SetClock
) -> None:
    quiet = {"start": "12:00", "end": "13:00", "time_zone": "UTC"}
    publish(client, 1, NOON, routes=["hook"], quiet_hours=quiet, severity="high")
    publish(client, 2, NOON, routes=["hook"], quiet_hours=quiet, severity="critical")
    with notifying(with_rules(settings, tmp_path, webhook(hook)), clock=clock):
        wait_for(lambda: len(hook.taken) == 1)
        assert json.loads(hook.taken[0].body)["data"]["alert_id"] == ids(2)[0]
        wait_for(lambda: pending(client, "hook") == 1)
        clock.now = NOON.replace(hour=13, minute=0)
        wait_for(lambda: len(hook.taken) == 2)

"""Alerts reach a webhook at least once, whatever it does in between, and its signature is right."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import redis

from monitor.backoff import Backoff
from monitor.embedded import free_port
from monitor.settings import Settings
from tests.certificates import TestAuthority
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload, retract_alerts
from tests.monitor.notify.receivers import CLOSE, HALF, Answer, WebhookReceiver, webhook_receiver
from tests.monitor.notify.running import notifying, table, unfinished, webhook, with_rules
from tests.processes import wait_for

ROUTES = {"routes": ["hook"]}


def ids(*numbers: int) -> list[str]:
    return [payload(number)["alert_id"] for number in numbers]


def test_an_alert_is_a_signed_cloud_event(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    add_alerts(client, [1], **ROUTES, unknown_field="kept")
    with notifying(with_rules(settings, tmp_path, webhook(hook))):
        wait_for(lambda: bool(hook.taken))
        wait_for(lambda: unfinished(client, "hook") == 0)
    [event] = hook.taken[0].events
    assert event["data"] == payload(1, **ROUTES, unknown_field="kept")
    assert hook.taken[0].headers["Content-Type"].startswith("application/cloudevents+json")
    assert hook.taken[0].headers["webhook-id"] == event["id"]
    assert (event["specversion"], event["type"]) == ("1.0", "ade-monitor.alert.v1")
    assert event["id"].startswith(payload(1)["alert_id"])


@pytest.mark.parametrize("faults", [[500, 503], [CLOSE], [HALF], [404, 410], [429], [301], [408, 425]])
def test_a_route_that_recovers_gets_each_alert(
    faults: list[Answer], client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.answers.extend(faults)
    add_alerts(client, [1, 2, 3], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))) as notifier:
        wait_for(lambda: sorted(hook.alert_ids()) == ids(1, 2, 3))
        wait_for(lambda: unfinished(client, "hook") == 0)
        counts = notifier.counts()["hook"]
        assert (counts.failures, counts.alerts, counts.refused) == (len(faults), 3, 0)
        assert counts.failing_since is None


def test_each_attempt_has_the_same_id_and_a_signature_of_its_own_time(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.answers.append(500)
    add_alerts(client, [1], **ROUTES)
    backoff = Backoff(first=1.1, longest=1.1)
    with notifying(with_rules(settings, tmp_path, webhook(hook)), backoff=backoff):
        wait_for(lambda: bool(hook.taken))
    first, second = hook.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert first.events == second.events


def test_the_receiver_says_how_long_to_wait(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.answers.append((429, {"Retry-After": "1"}))
    add_alerts(client, [1], **ROUTES)
    started = time.monotonic()
    with notifying(with_rules(settings, tmp_path, webhook(hook))):
        wait_for(lambda: bool(hook.taken))
    assert time.monotonic() - started >= 1


def test_a_slow_receiver_counts_as_away(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.seconds = 0.5
    add_alerts(client, [1], **ROUTES)
    slow = table("hook", type="webhook", url=hook.url, secret_env="HOOK_KEY", timeout=0.2)
    with notifying(with_rules(settings, tmp_path, slow)) as notifier:
        wait_for(lambda: notifier.counts()["hook"].failures > 0)
        assert unfinished(client, "hook") == 1
        hook.seconds = 0.0
        wait_for(lambda: unfinished(client, "hook") == 0)
    assert ids(1)[0] in hook.alert_ids()


def test_nobody_listens_at_first(client: redis.Redis, settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    add_alerts(client, [1], **ROUTES)
    absent = WebhookReceiver(url=f"http://127.0.0.1:{port}/")
    with notifying(with_rules(settings, tmp_path, webhook(absent))) as notifier:
        wait_for(lambda: notifier.counts()["hook"].failures > 1)
        with webhook_receiver(port=port) as hook:
            wait_for(lambda: hook.alert_ids() == ids(1))


def test_a_certificate_of_an_unknown_authority_is_refused(
    client: redis.Redis, settings: Settings, tmp_path: Path
) -> None:
    trusted, other = TestAuthority(tmp_path / "trusted"), TestAuthority(tmp_path / "other")
    add_alerts(client, [1], **ROUTES)
    with webhook_receiver(trusted.issue()) as hook:
        wrong = with_rules(settings, tmp_path, webhook(hook, ca_file=str(other.file)))
        with notifying(wrong) as notifier:
            wait_for(lambda: notifier.counts()["hook"].failures > 1)
            assert "CERTIFICATE_VERIFY_FAILED" in str(notifier.counts()["hook"].problem)
        assert hook.seen == []
        with notifying(with_rules(settings, tmp_path, webhook(hook, ca_file=str(trusted.file)))):
            wait_for(lambda: hook.alert_ids() == ids(1))


def test_a_refused_message_is_set_aside_and_does_not_hold_up_others(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.answers.append(422)
    add_alerts(client, [1, 2], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))) as notifier:
        wait_for(lambda: hook.alert_ids() == ids(2))
        wait_for(lambda: unfinished(client, "hook") == 0)
        assert notifier.counts()["hook"].refused == 1
    [(_, fields)] = client.xrange(f"{STREAM}:refused")  # type: ignore[misc]
    assert (fields["route"], fields["alert_id"]) == ("hook", ids(1)[0])
    assert "422" in fields["problem"]
    assert payload(1)["text"] not in json.dumps(fields)


def test_a_message_that_breaks_the_receiver_does_not_hold_up_others(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.poison = ids(1)[0]
    add_alerts(client, [1, 2, 3], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))):
        wait_for(lambda: sorted(hook.alert_ids()) == ids(2, 3))
        assert unfinished(client, "hook") == 1


def test_a_broken_route_does_not_hold_up_another(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    absent = WebhookReceiver(url=f"http://127.0.0.1:{free_port()}/")
    add_alerts(client, range(1, 6), routes=["hook", "broken"])
    with notifying(with_rules(settings, tmp_path, webhook(hook), webhook(absent, "broken"))):
        wait_for(lambda: hook.alert_ids() == ids(1, 2, 3, 4, 5))
        assert unfinished(client, "broken") == 5


def test_a_retraction_reaches_the_webhook_and_the_waiting_alert_does_not(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    add_alerts(client, [1, 2], **ROUTES)
    hook.answers.extend([500] * 3)
    with notifying(
        with_rules(settings, tmp_path, webhook(hook)), backoff=Backoff(first=0.3, longest=0.3)
    ) as notifier:
        wait_for(lambda: notifier.counts()["hook"].failures > 0)
        hook.answers.clear()
        retract_alerts(client, [1])
        wait_for(lambda: len(hook.taken) == 2)
        wait_for(lambda: unfinished(client, "hook") == 0)
    by_type = {event["type"]: event for request in hook.taken for event in request.events}
    assert by_type["ade-monitor.retraction.v1"]["data"]["alert_id"] == ids(1)[0]
    assert by_type["ade-monitor.alert.v1"]["data"]["alert_id"] == ids(2)[0]

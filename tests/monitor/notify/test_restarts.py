"""Nothing is lost when notify, Valkey or the network between them ends, and two processes share a route."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import redis
from pydantic import SecretStr

from monitor.notify import RouteKeys
from monitor.notify.route_lease import RouteLease
from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.monitor.notify.receivers import KEY, WebhookReceiver
from tests.monitor.notify.running import LEASE_S, notifying, unfinished, webhook, with_rules
from tests.processes import RunningCommand, wait_for

ROUTES = {"routes": ["hook"]}
KEYS = RouteKeys(STREAM, "hook")


def ids(*numbers: int) -> list[str]:
    return [payload(number)["alert_id"] for number in numbers]


def test_a_killed_process_loses_nothing_and_a_stopped_one_sends_nothing_twice(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    rules = with_rules(settings, tmp_path, webhook(hook))
    hook.seconds = 0.1
    add_alerts(client, range(1, 9), **ROUTES)

    extra = {"HOOK_KEY": KEY, "ADE_ALERTS__RULES": str(rules.alerts.rules)}
    process = RunningCommand(settings, tmp_path / "log", "notify", "--from-start", extra=extra)
    wait_for(lambda: len(hook.taken) >= 2)
    process.kill()
    # Otherwise the next process would wait for the 15 seconds of the lease.
    client.delete(KEYS.lease)
    with notifying(rules):
        wait_for(lambda: len(hook.taken) >= 6)
    before = Counter(hook.alert_ids())
    assert client.exists(KEYS.lease) == 0
    with notifying(rules):
        wait_for(lambda: unfinished(client, "hook") == 0)
    after = Counter(hook.alert_ids())
    assert sorted(after) == ids(*range(1, 9))
    # Only what was being sent when the process was killed may come twice.
    assert sum(after.values()) <= 9
    assert all(before[alert_id] == after[alert_id] for alert_id in before)
    assert KEY not in process.output()
    assert "very-secret-path" not in process.output()


def test_a_route_waits_for_valkey_and_goes_on(
    valkey: RestartableValkey, hook: WebhookReceiver, tmp_path: Path
) -> None:
    settings = Settings(redis=RedisSettings(url=SecretStr(valkey.url)))
    with valkey.client() as client:
        add_alerts(client, [1, 2], **ROUTES)
        with notifying(with_rules(settings, tmp_path, webhook(hook))) as notifier:
            wait_for(lambda: len(hook.taken) == 2)
            hook.answers.extend([500] * 1000)
            add_alerts(client, [3], **ROUTES)
            wait_for(lambda: notifier.counts()["hook"].failures > 0)
            valkey.stop()
            hook.answers.clear()
            time.sleep(0.2)
            valkey.start()
            add_alerts(client, [4], **ROUTES)
            wait_for(lambda: set(hook.alert_ids()) >= {*ids(1, 2, 3, 4)})
            wait_for(lambda: unfinished(client, "hook") == 0)


def test_an_alert_that_was_sent_while_valkey_was_away_is_not_sent_again(
    valkey: RestartableValkey, hook: WebhookReceiver, tmp_path: Path
) -> None:
    settings = Settings(redis=RedisSettings(url=SecretStr(valkey.url)))
    with valkey.client() as client:
        with notifying(with_rules(settings, tmp_path, webhook(hook)), lease_s=10.0):
            hook.seconds = 0.5
            add_alerts(client, [1], **ROUTES)
            wait_for(lambda: len(hook.seen) == 1)
            valkey.stop()  # while the receiver thinks
            wait_for(lambda: len(hook.taken) == 1)
            valkey.start()
            wait_for(lambda: unfinished(client, "hook") == 0)
        assert hook.alert_ids() == ids(1)


def test_two_processes_send_each_alert_once_and_the_second_takes_over(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    rules = with_rules(settings, tmp_path, webhook(hook))
    with notifying(rules) as first:
        wait_for(lambda: first.counts()["hook"].serves)
        with notifying(rules) as second:
            add_alerts(client, range(1, 6), **ROUTES)
            wait_for(lambda: unfinished(client, "hook") == 0)
            assert not second.counts()["hook"].serves
            first.stop()
            wait_for(lambda: second.counts()["hook"].serves)
            add_alerts(client, range(6, 11), **ROUTES)
            wait_for(lambda: len(hook.taken) == 10)
    assert hook.alert_ids() == ids(*range(1, 11))


def test_the_route_of_a_process_that_is_gone_is_taken_over(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    dead = RouteLease(client, KEYS.lease, "a process that was killed", seconds=LEASE_S)
    assert dead.take()
    add_alerts(client, [1], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))):
        wait_for(lambda: hook.alert_ids() == ids(1))
    assert not dead.is_held()


def test_a_process_that_has_lost_its_route_sends_no_more(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    with notifying(with_rules(settings, tmp_path, webhook(hook))) as notifier:
        wait_for(lambda: notifier.counts()["hook"].serves)
        client.set(KEYS.lease, "another process", px=1_500)
        wait_for(lambda: not notifier.counts()["hook"].serves)
        add_alerts(client, [1], **ROUTES)
        time.sleep(0.3)
        assert hook.seen == []
        wait_for(lambda: hook.alert_ids() == ids(1))


def test_alerts_that_were_trimmed_while_they_waited_are_counted(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.answers.extend([500] * 1000)
    add_alerts(client, [1, 2, 3], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))) as notifier:
        wait_for(lambda: notifier.counts()["hook"].failures > 0)
        client.xtrim(STREAM, maxlen=1, approximate=False)
        hook.answers.clear()
        wait_for(lambda: unfinished(client, "hook") == 0)
        assert notifier.counts()["hook"].missed == 3 - notifier.counts()["hook"].alerts
        assert ids(3)[0] in hook.alert_ids()


def test_a_stream_that_is_gone_ends_nothing(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    hook.answers.extend([500] * 1000)
    add_alerts(client, [1], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))) as notifier:
        wait_for(lambda: notifier.counts()["hook"].failures > 0)
        client.delete(STREAM)
        hook.answers.clear()
        wait_for(lambda: client.exists(STREAM) == 1)  # with its group, for the next alert
        add_alerts(client, [2], **ROUTES)
        wait_for(lambda: ids(2)[0] in hook.alert_ids())
        assert not notifier.has_ended()


def test_entries_that_are_not_alerts_are_passed_over(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    entries: list[dict[Any, Any]] = [{"alert": "{"}, {"other": "1"}, {b"\xff": b"\xff"}, {"retracted": "[]"}]
    for fields in entries:
        client.xadd(STREAM, fields)
    add_alerts(client, [1], **ROUTES)
    with notifying(with_rules(settings, tmp_path, webhook(hook))):
        wait_for(lambda: hook.alert_ids() == ids(1))
        wait_for(lambda: unfinished(client, "hook") == 0)

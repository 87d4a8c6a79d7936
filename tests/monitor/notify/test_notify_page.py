"""The examples in docs/notify.md run, and the page lists every key."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from monitor.alerts.rulebook.route_tables import read_routes
from monitor.alerts.rulebook.routes import ChatRoute, EmailRoute, WebhookRoute
from monitor.embedded import free_port
from monitor.notify import RefusedAlerts, RouteKeys, newest_alerts
from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload, retract_alerts
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.monitor.notify.receivers import KEY, WebhookReceiver
from tests.monitor.notify.running import notifying, table, unfinished, webhook, with_rules
from tests.processes import wait_for

PAGE = (Path(__file__).parents[3] / "docs" / "notify.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    """Return the code block of a language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_routes_of_the_page_are_valid(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(example("toml"), encoding="utf-8")
    routes = read_routes(tmp_path / "rules.toml")
    assert set(routes) == {"safety-team", "mailbox", "channel", "default"}
    assert {type(route) for route in routes.values()} == {WebhookRoute, EmailRoute, ChatRoute}


def test_the_page_explains_every_key_and_its_default() -> None:
    table_of_keys = PAGE.split("| key | of |")[1].split("\n\n")[0]
    listed = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", table_of_keys, re.MULTILINE))))
    keys = {
        info.alias or name
        for kind in (WebhookRoute, EmailRoute, ChatRoute)
        for name, info in kind.model_fields.items()
    }
    assert listed == keys


def test_the_event_of_the_page_is_what_a_webhook_gets(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    shown = json.loads(example("json"))
    detected = shown["time"].replace("+00:00", "Z")
    add_alerts(client, [1], alert_id=shown["subject"], detected_at=detected, routes=["hook"])
    with notifying(with_rules(settings, tmp_path, webhook(hook))):
        wait_for(lambda: bool(hook.taken))
    [event] = hook.taken[0].events
    assert {**event, "data": None} == {**shown, "data": None}


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """The receiver of the page in a process of its own: its address, and what it prints."""
    port, log = free_port(), tmp_path / "received"
    monkeypatch.setenv("SAFETY_HOOK_KEY", KEY)
    code = example("python").replace("8080", str(port))
    with (
        log.open("wb") as output,
        subprocess.Popen([sys.executable, "-c", code], stdout=output, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            yield f"http://127.0.0.1:{port}/", log
        finally:
            process.kill()


def test_the_receiver_of_the_page_stores_and_deletes(
    client: redis.Redis, settings: Settings, receiver: tuple[str, Path], tmp_path: Path
) -> None:
    url, log = receiver
    hook = table("hook", type="webhook", url=url, secret_env="SAFETY_HOOK_KEY")
    first, second = payload(1)["alert_id"], payload(2)["alert_id"]
    with notifying(with_rules(settings, tmp_path, hook)):
        add_alerts(client, [1, 2], routes=["hook"])
        wait_for(lambda: str([first, second]) in log.read_text())
        retract_alerts(client, [1])
        wait_for(lambda: log.read_text().splitlines()[-1:] == [str([second])])


def test_the_receiver_of_the_page_refuses_another_key(
    client: redis.Redis, settings: Settings, receiver: tuple[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("HOOK_KEY", "another key, which is not theirs")
    hook = table("hook", type="webhook", url=receiver[0], secret_env="HOOK_KEY")
    add_alerts(client, [1], routes=["hook"])
    with notifying(with_rules(settings, tmp_path, hook)) as notifier:
        wait_for(lambda: "401" in str(notifier.counts()["hook"].problem))
    assert receiver[1].read_text() == ""


def test_the_documented_rights_are_enough(
    valkey: RestartableValkey, hook: WebhookReceiver, tmp_path: Path
) -> None:
    [acl] = re.findall("^ACL .*", PAGE, re.MULTILINE)
    user = "notify"
    url = f"redis://ade-{user}:{user}-password@127.0.0.1:{valkey.port}/0"
    settings = Settings(redis=RedisSettings(url=SecretStr(url)))
    keys = RouteKeys(STREAM, "hook")
    with valkey.client() as client, redis.Redis.from_url(url, decode_responses=True) as restricted:
        client.execute_command(*acl.split())
        hook.answers.append(400)
        add_alerts(client, [1, 2], routes=["hook"])
        with notifying(with_rules(settings, tmp_path, webhook(hook))):
            wait_for(lambda: len(hook.taken) == 1 and unfinished(client, "hook") == 0)
            retract_alerts(client, [2])
            wait_for(lambda: len(hook.taken) == 2)
        refused = RefusedAlerts(restricted, STREAM)
        assert len(refused.of("hook")) == 1
        assert refused.send_again("hook", keys.group, "notify") == 1
        assert len(newest_alerts(restricted, STREAM, last=5)) == 1
        assert client.exists(keys.lease) == 0

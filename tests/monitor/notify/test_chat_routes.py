"""Alerts reach the services of apprise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from monitor.embedded import free_port
from monitor.errors import SettingsError
from monitor.notify import open_routes
from monitor.settings import Settings
from tests.monitor.alerts.payloads import add_alerts, payload
from tests.monitor.notify.receivers import WebhookReceiver
from tests.monitor.notify.running import notifying, table, unfinished, with_rules
from tests.processes import wait_for

SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TEAMS = (
    "https://prod-01.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/"
    "manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0"
)


def apprise_url(hook: WebhookReceiver) -> str:
    return hook.url.replace("http://", "json://")


def test_a_message_has_the_alert_as_text(
    client: redis.Redis,
    settings: Settings,
    hook: WebhookReceiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_URL", apprise_url(hook))
    hook.answers.append(500)
    add_alerts(client, [1], routes=["chat"], severity="low")
    rules = with_rules(settings, tmp_path, table("chat", type="apprise", url_env="CHAT_URL"))
    with notifying(rules) as notifier:
        wait_for(lambda: bool(hook.taken))
        wait_for(lambda: unfinished(client, "chat") == 0)
        assert notifier.counts()["chat"].failures == 1
    content = json.loads(hook.taken[0].body)
    assert content["title"] == "ADE alert [low]: Tremor"
    assert payload(1)["text"] in content["message"]
    assert payload(1)["alert_id"] in content["message"]


def test_the_reason_of_a_failure_has_no_token(
    client: redis.Redis, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_URL", f"json://user:s3cret@127.0.0.1:{free_port()}/very-secret-path")
    add_alerts(client, [1], routes=["chat"])
    rules = with_rules(settings, tmp_path, table("chat", type="apprise", url_env="CHAT_URL"))
    with notifying(rules) as notifier:
        wait_for(lambda: notifier.counts()["chat"].failures > 0)
        problem = str(notifier.counts()["chat"].problem)
    assert "did not take the message" in problem
    assert "s3cret" not in problem
    assert "very-secret-path" not in problem


@pytest.mark.parametrize(
    ("kind", "url", "is_right"),
    [
        ("slack", SLACK, True),
        ("teams", TEAMS, True),
        ("apprise", SLACK, True),
        ("teams", SLACK, False),
        ("slack", TEAMS, False),
        ("apprise", "nonsense://secret-token", False),
        ("slack", "secret-token", False),
    ],
)
def test_the_address_must_fit_the_type(
    kind: str,
    url: str,
    is_right: bool,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_URL", url)
    rules = with_rules(settings, tmp_path, table("chat", type=kind, url_env="CHAT_URL"))
    if is_right:
        open_routes(rules, clock=Any)  # type: ignore[arg-type]
        return
    with pytest.raises(SettingsError, match=r"route\.chat.*url is not") as raised:
        open_routes(rules, clock=Any)  # type: ignore[arg-type]
    assert url not in str(raised.value)

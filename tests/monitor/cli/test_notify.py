"""The modes of `ade-monitor notify`: preview, test, and refused alerts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import redis
from pydantic import SecretStr

from monitor.cli.app import app
from monitor.embedded import free_port
from monitor.settings import AlertSettings, RedisSettings, Settings
from tests.monitor.alerts.payloads import STREAM, add_alerts, payload
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.notify.receivers import (
    KEY,
    MailBox,
    WebhookReceiver,
    mail_server,
    webhook_receiver,
)
from tests.monitor.notify.running import email, notifying, table, unfinished, webhook
from tests.processes import RunningCommand, wait_for


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def settings(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setattr("monitor.alerts.redis.group.BLOCK_MS", 20)
    return Settings(redis=RedisSettings(url=SecretStr(redis_url)))


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    with mail_server() as box:
        yield box


def rules_file(folder: Path, *tables: str) -> str:
    path = folder / "rules.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return str(path)


def test_a_preview_shows_each_message_and_sends_none(
    run: RunCommand,
    client: redis.Redis,
    settings: Settings,
    hook: WebhookReceiver,
    mailbox: MailBox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_URL", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    chat = table("chat", type="slack", url_env="CHAT_URL")
    rules = rules_file(tmp_path, webhook(hook), email(mailbox), chat)
    add_alerts(client, [1], routes=["hook"])
    add_alerts(client, [2, 3], routes=["hook", "mail", "chat"], delivery="daily")
    ended = run(settings, "notify", "--rules", rules, "--preview", "--last", "3")
    assert ended.status == 0
    assert "route hook: one alert" in ended.out
    assert "route mail: daily digest of 2 alerts" in ended.out
    assert "route chat: daily digest of 2 alerts" in ended.out
    assert '"specversion":"1.0"' in ended.out
    assert "Subject: ADE daily digest, 2 alerts: Tremor (2)" in ended.out
    assert "Slack: ADE daily digest" in ended.out
    assert "4 messages" in ended.err
    single = run(settings, "notify", "--rules", rules, "--preview", "--alert", payload(1)["alert_id"])
    assert single.out.count("──") == 2
    assert (hook.seen, mailbox.messages) == ([], [])
    assert client.xinfo_groups(STREAM) == []
    for secret in (KEY, "very-secret-path", "TIiajkdnlazkcOXrIdevi7FQ"):
        assert secret not in ended.out + ended.err + single.out


def test_a_preview_without_a_message_says_why(
    run: RunCommand, client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    rules = rules_file(tmp_path, webhook(hook), webhook(hook, "other"))

    def note(*options: str) -> str:
        return " ".join(run(settings, "notify", "--rules", rules, "--preview", *options).err.split())

    add_alerts(client, [1])
    assert "the alert names no route" in note()
    assert "rules.toml has no [route.default]" in note()
    add_alerts(client, [2], routes=["gone"])
    assert "the alert names gone, and" in note()
    assert "the newest 2 alerts name gone" in note("--last", "5")
    add_alerts(client, [3], routes=["hook"])
    assert "goes to hook, not to other" in note("--route", "other")


def test_a_preview_of_an_unknown_alert_is_an_error(
    run: RunCommand, client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    add_alerts(client, [1])
    rules = rules_file(tmp_path, webhook(hook))
    ended = run(settings, "notify", "--rules", rules, "--preview", "--alert", "f" * 32)
    assert ended.status == 1
    assert "f" * 32 in ended.err


def test_a_test_message_is_marked_and_goes_to_one_route(
    run: RunCommand, settings: Settings, hook: WebhookReceiver, mailbox: MailBox, tmp_path: Path
) -> None:
    rules = rules_file(tmp_path, webhook(hook), email(mailbox))
    assert run(settings, "notify", "--rules", rules, "--test", "mail").status == 0
    [(_, message)] = mailbox.messages
    assert message["Subject"].startswith("[test]")
    assert hook.seen == []
    assert run(settings, "notify", "--rules", rules, "--test", "hook").status == 0
    [event] = hook.taken[0].events
    assert event["type"] == "ade-monitor.test.v1"
    hook.answers.append(500)
    ended = run(settings, "notify", "--rules", rules, "--test", "hook")
    assert ended.status == 1
    assert "500" in ended.err
    assert "very-secret-path" not in ended.err


def test_refused_alerts_are_listed_and_sent_again(
    run: RunCommand,
    client: redis.Redis,
    settings: Settings,
    hook: WebhookReceiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.notify.route_runner.LOOK_AGAIN", 0.1)
    rules = rules_file(tmp_path, webhook(hook))
    serving = settings.model_copy(update={"alerts": AlertSettings(rules=Path(rules))})
    hook.answers.append(400)
    add_alerts(client, [1, 2], routes=["hook"])
    with notifying(serving):
        wait_for(lambda: client.exists(STREAM) == 1 and len(hook.taken) == 1)
        wait_for(lambda: unfinished(client, "hook") == 0)
        listed = run(settings, "notify", "--rules", rules, "--refused")
        [line] = listed.out.splitlines()
        assert payload(1)["alert_id"] in line
        assert "400" in line
        assert "1 alerts" in run(settings, "notify", "--rules", rules, "--resend", "hook").out
        wait_for(lambda: len(hook.taken) == 2)
        assert run(settings, "notify", "--rules", rules, "--refused").out == ""
    assert sorted(hook.alert_ids()) == [payload(1)["alert_id"], payload(2)["alert_id"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preview", "--refused"], "exclude each other"),
        (["--alert", "x"], "needs --preview"),
        (["--route", "nobody"], "nobody"),
        (["--test", "nobody"], "nobody"),
    ],
)
def test_wrong_options_are_refused(
    arguments: list[str],
    words: str,
    run: RunCommand,
    settings: Settings,
    hook: WebhookReceiver,
    tmp_path: Path,
) -> None:
    ended = run(settings, "notify", "--rules", rules_file(tmp_path, webhook(hook)), *arguments)
    assert ended.status != 0
    assert words in ended.err
    assert hook.seen == []


@pytest.mark.slow  # test_restarts.py has the shorter one
def test_a_running_process_serves_its_metrics_and_stops_at_sigterm(
    client: redis.Redis, settings: Settings, hook: WebhookReceiver, tmp_path: Path
) -> None:
    add_alerts(client, [1], routes=["hook"])
    hook.answers.extend([503] * 10_000)
    port = free_port()
    extra = {"HOOK_KEY": KEY, "ADE_MONITORING__PORT": str(port)}
    arguments = ("notify", "--from-start", "--rules", rules_file(tmp_path, webhook(hook)))
    process = RunningCommand(settings, tmp_path / "log", *arguments, extra=extra)
    try:
        wait_for(lambda: bool(hook.seen))
        wait_for(lambda: 'ade_notify_failing{route="hook"} 1.0' in page(port, "metrics"))
        assert "routes" in page(port, "ready")
        hook.answers.clear()
        wait_for(lambda: 'ade_notify_alerts_total{route="hook"} 1.0' in page(port, "metrics"))
        assert process.stop() == 0
    finally:
        process.process.kill()
    assert "1 alerts and 0 retractions sent" in process.output()


def page(port: int, name: str) -> str:
    from urllib.error import HTTPError

    try:
        with urlopen(f"http://127.0.0.1:{port}/{name}", timeout=5) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        return error.read().decode()


def test_the_command_is_part_of_the_application() -> None:
    assert any(command.name == "notify" for command in app.registered_commands)

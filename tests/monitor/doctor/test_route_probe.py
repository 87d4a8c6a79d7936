"""`ade-monitor doctor` shows routes that fail, and those that nobody serves."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from monitor.doctor import probes_for
from monitor.doctor.route_probe import probe_routes
from monitor.errors import MonitorError
from monitor.settings import AlertSettings, RedisSettings, Settings
from tests.monitor.alerts.payloads import add_alerts
from tests.monitor.notify.receivers import KEY, webhook_receiver
from tests.monitor.notify.running import notifying, table, webhook, with_rules
from tests.processes import wait_for


@pytest.fixture
def settings(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setattr("monitor.alerts.redis.group.BLOCK_MS", 20)
    return Settings(redis=RedisSettings(url=SecretStr(redis_url)))


def test_without_a_rules_file_there_is_no_such_probe(settings: Settings) -> None:
    assert "routes" not in [probe.name for probe in probes_for(settings)]
    with_file = settings.model_copy(update={"alerts": AlertSettings(rules=Path("rules.toml"))})
    assert "routes" in [probe.name for probe in probes_for(with_file)]


def test_a_route_fails_recovers_and_is_left(settings: Settings, redis_url: str, tmp_path: Path) -> None:
    with webhook_receiver() as hook, redis.Redis.from_url(redis_url) as client:
        rules = with_rules(settings, tmp_path, webhook(hook))
        idle = probe_routes(rules)
        assert (idle.state, "no process serves it" in idle.detail) == ("hint", True)
        hook.answers.extend([401] * 1000)
        add_alerts(client, [1], routes=["hook"])
        with notifying(rules):
            wait_for(lambda: probe_routes(rules).state == "failed")
            failed = probe_routes(rules)
            assert "hook: has failed for 0 min" in failed.detail
            assert "401" in failed.detail
            assert "1 alerts wait" in failed.detail
            assert "very-secret-path" not in failed.detail + failed.advice
            hook.answers.clear()
            wait_for(lambda: probe_routes(rules).state == "ok", 15)
        assert probe_routes(rules).state == "hint"


def test_a_wrong_route_is_reported(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match=r"route\.team"):
        probe_routes(with_rules(settings, tmp_path, table("team", type="pigeon")))
    assert "no route" in probe_routes(with_rules(settings, tmp_path, "")).detail

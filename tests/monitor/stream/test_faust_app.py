"""The worker's app takes its configuration from our settings alone, and does not wait for what is away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from monitor.stream.faust_app import NEVER, MonitorApp


class NeverEmpty:
    """A consumer whose messages are never acknowledged."""

    def __init__(self) -> None:
        self.waits = 0

    async def wait_empty(self) -> None:
        self.waits += 1
        await asyncio.sleep(3600)


def app_for(name: str = "test", **options: Any) -> MonitorApp:
    return MonitorApp(name, broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False, **options)


def test_variables_for_other_programs_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "BROKER_URL": "kafka://elsewhere:9092",
        "BROKER_MAX_POLL_INTERVAL": "10",
        "APP_WEB_ENABLED": "1",
        "PRODUCER_ACKS": "0",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    conf = app_for(broker_max_poll_interval=NEVER).conf
    assert [str(url) for url in conf.broker] == ["kafka://127.0.0.1:1"]
    assert (conf.broker_max_poll_interval, conf.web_enabled, conf.producer_acks) == (NEVER, False, -1)


async def test_nothing_waits_for_batches_while_a_dependency_is_away() -> None:
    app, consumer = app_for(), NeverEmpty()
    app.longest_wait = 3600
    app.missing_dependency = lambda: "the database"
    await app._consumer_wait_empty(consumer, app.log)


async def test_a_wait_for_batches_has_a_limit() -> None:
    app, consumer = app_for(), NeverEmpty()
    app.longest_wait = 0.3
    await app._consumer_wait_empty(consumer, app.log)
    assert consumer.waits == 1

"""A Redis with an empty stream, short reads, and receivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.valkeys import RestartableValkey, restartable_valkey
from tests.monitor.notify.receivers import KEY, MailBox, WebhookReceiver, mail_server, webhook_receiver


@pytest.fixture(autouse=True)
def short_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a read wait for new entries for milliseconds instead of seconds."""
    monkeypatch.setattr("monitor.alerts.redis.group.BLOCK_MS", 20)
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setattr("socket.gethostname", lambda: "localhost")


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of the test's empty Valkey."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Settings with this Valkey."""
    return Settings(redis=RedisSettings(url=SecretStr(redis_url)))


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    """A webhook."""
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    """A mail server without TLS."""
    with mail_server() as box:
        yield box


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RestartableValkey]:
    """A Valkey that the test may stop and start again."""
    with restartable_valkey(tmp_path / "valkey") as server:
        yield server

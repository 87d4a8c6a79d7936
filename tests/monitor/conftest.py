"""Kafka alone, and the store alone, for tests that need no running worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from monitor.settings import KafkaSettings, Settings
from monitor.store import Store
from tests.monitor.store.batches import Tables


@pytest.fixture(autouse=True)
def uncached_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test that configures logs from fixing the loggers that a later test captures."""
    configure = structlog.configure

    def configure_uncached(**settings: Any) -> None:
        configure(**{**settings, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", configure_uncached)


@pytest.fixture
def kafka(kafka_bootstrap: str, topic: str, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """A fresh topic, which commands that run in this process find as well."""
    monkeypatch.setenv("ADE_KAFKA__BOOTSTRAP_SERVERS", kafka_bootstrap)
    monkeypatch.setenv("ADE_KAFKA__TOPIC", topic)
    return KafkaSettings(bootstrap_servers=kafka_bootstrap, topic=topic, group_id=f"group-{topic}")


@pytest.fixture
async def store(migrated: Settings) -> AsyncIterator[Store]:
    """A store on a migrated database."""
    store = Store(migrated)
    yield store
    await store.close()


@pytest.fixture
def tables(migrated: Settings) -> Iterator[Tables]:
    """The tables that `store` writes to."""
    tables = Tables(migrated)
    with tables.connection:
        yield tables

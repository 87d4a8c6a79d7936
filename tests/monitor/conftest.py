"""Kafka alone, for the tests that need no database."""

from __future__ import annotations

import pytest

from monitor.settings import KafkaSettings


@pytest.fixture
def kafka(kafka_bootstrap: str, topic: str, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """A fresh topic, which commands that run in this process find as well."""
    monkeypatch.setenv("ADE_KAFKA__BOOTSTRAP_SERVERS", kafka_bootstrap)
    monkeypatch.setenv("ADE_KAFKA__TOPIC", topic)
    return KafkaSettings(bootstrap_servers=kafka_bootstrap, topic=topic, group_id=f"group-{topic}")

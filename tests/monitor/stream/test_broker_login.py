"""Faust's producer and consumer log in to a real Apache Kafka with the settings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from monitor.kafka import ensure_topics, token_source
from monitor.settings import KafkaSettings
from monitor.stream.broker_login import WorkerTokens, broker_credentials
from tests.secure_kafka import CLIENT, LOGIN, LOGINS, SECRET, TokenServer

if TYPE_CHECKING:
    from tests.secure_kafka import SecureKafka


def oauth(tokens: TokenServer) -> dict[str, Any]:
    """Return the settings of a login with tokens."""
    login = {"oauth_client_id": CLIENT, "oauth_client_secret": SECRET, "oauth_token_url": tokens.url}
    return {"sasl_mechanism": "OAUTHBEARER", **login}


async def sent_and_read(kafka: KafkaSettings) -> bytes | None:
    """Send a message and read it, over connections as Faust opens them."""
    login = credentials_to_aiokafka_auth(broker_credentials(kafka))
    servers = {"bootstrap_servers": kafka.bootstrap_servers, **login}
    async with AIOKafkaProducer(**servers) as producer:
        await producer.send_and_wait(kafka.topic, b"a post")
    async with (
        asyncio.timeout(120),
        AIOKafkaConsumer(
            kafka.topic, group_id=kafka.group_id, auto_offset_reset="earliest", **servers
        ) as consumer,
    ):
        record = await consumer.getone()
        return record.value


@pytest.mark.parametrize(("listener", "mechanism"), LOGINS)
async def test_the_worker_logs_in(
    listener: str, mechanism: str, secure_kafka: SecureKafka, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = TokenServer()
    login = oauth(tokens) if mechanism == "OAUTHBEARER" else {"sasl_mechanism": mechanism, **LOGIN}
    topic = f"worker-{listener}-{mechanism}"
    kafka = secure_kafka.settings(listener, topic=topic, group_id=topic, **login)
    ensure_topics(kafka)
    assert await sent_and_read(kafka) == b"a post"
    tokens.close()


async def test_the_worker_shows_its_certificate(secure_kafka: SecureKafka) -> None:
    files = secure_kafka.authority.issue(common_name="ade")
    kafka = secure_kafka.settings(
        "MUTUAL", topic="worker-mutual", tls_certificate=files.certificate, tls_key=files.key
    )
    ensure_topics(kafka)
    assert await sent_and_read(kafka) == b"a post"


def test_an_open_broker_needs_no_credentials() -> None:
    assert broker_credentials(KafkaSettings()) is None


async def test_tokens_that_cannot_be_had_are_errors_after_which_aiokafka_tries_again() -> None:
    tokens = TokenServer()
    settings = {**oauth(tokens), "oauth_client_secret": "hunter2", "security_protocol": "SASL_PLAINTEXT"}
    source = token_source(KafkaSettings.model_validate(settings))
    with pytest.raises(KafkaConnectionError, match="invalid_client") as caught:
        await WorkerTokens(source).token()
    assert "hunter2" not in str(caught.value)
    tokens.close()

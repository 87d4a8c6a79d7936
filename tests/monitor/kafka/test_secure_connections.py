"""Every kind of security of a real Apache Kafka: it works, or the error says what to correct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import MonitorError, RetryableError, SettingsError
from monitor.kafka import (
    ensure_topics,
    open_admin,
    open_consumer,
    open_producer,
    require_listener,
    topic_states,
)
from monitor.settings import KafkaSettings
from tests.secure_kafka import (
    CLIENT,
    LISTENERS,
    LOGIN,
    LOGINS,
    MECHANISMS,
    PASSWORD,
    SECRET,
    USER,
    TokenServer,
)

if TYPE_CHECKING:
    from tests.secure_kafka import SecureKafka


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    """A token server."""
    server = TokenServer()
    yield server
    server.close()


def oauth(tokens: TokenServer, **others: str) -> dict[str, Any]:
    """Return the settings of a login with tokens."""
    login = {"oauth_client_id": CLIENT, "oauth_client_secret": SECRET, "oauth_token_url": tokens.url}
    return {"sasl_mechanism": "OAUTHBEARER", **login, **others}


def login(mechanism: str, tokens: TokenServer) -> dict[str, Any]:
    """Return the settings of a login."""
    return oauth(tokens) if mechanism == "OAUTHBEARER" else {"sasl_mechanism": mechanism, **LOGIN}


@pytest.mark.parametrize(("listener", "mechanism"), LOGINS)
def test_every_client_logs_in(
    listener: str, mechanism: str, secure_kafka: SecureKafka, tokens: TokenServer
) -> None:
    topic = f"posts-{listener}-{mechanism}"
    kafka = secure_kafka.settings(listener, topic=topic, **login(mechanism, tokens))
    send_and_read(kafka)


def send_and_read(kafka: KafkaSettings) -> None:
    """Create topics, send a message, and read it."""
    assert ensure_topics(kafka, patient=True) == [kafka.topic, kafka.dead_letter_topic]
    producer = open_producer(kafka)
    producer.send(kafka.topic, b"a post", partition=0).get(30)
    producer.close()
    assert sum(state.end for state in topic_states(kafka)) == 1
    with open_consumer(kafka) as consumer:
        consumer.subscribe([kafka.topic])
        polls = (consumer.poll(200) for _ in range(50))
        read = next(polled for polled in polls if polled)
    assert [record.value for part in read.values() for record in part] == [b"a post"]


def test_a_certificate_is_a_login(secure_kafka: SecureKafka) -> None:
    files = secure_kafka.authority.issue(common_name="ade", password=b"of the key")
    send_and_read(
        secure_kafka.settings(
            "MUTUAL",
            topic="posts-mutual",
            tls_certificate=files.certificate,
            tls_key=files.key,
            tls_key_password="of the key",
        )
    )
    in_one_file = secure_kafka.authority.issue(common_name="ade").both
    require_listener(secure_kafka.settings("MUTUAL", tls_certificate=in_one_file))


@pytest.mark.parametrize("mechanism", MECHANISMS[:3])
@pytest.mark.parametrize("listener", ["LOGIN", "TLSLOGIN"])
def test_a_wrong_password_is_refused_at_once(
    listener: str, mechanism: str, secure_kafka: SecureKafka
) -> None:
    for user, password in ((USER, "hunter2"), ("nobody", PASSWORD)):
        kafka = secure_kafka.settings(listener, sasl_mechanism=mechanism, username=user, password=password)
        with pytest.raises(SettingsError, match="ADE_KAFKA__PASSWORD") as caught, open_admin(kafka):
            pass
        assert user in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert PASSWORD not in str(caught.value)


def refusal(kafka: KafkaSettings) -> MonitorError:
    """Return the error of a first look at the broker."""
    with pytest.raises(MonitorError) as caught:
        require_listener(kafka)
    return caught.value


def test_a_refused_client_and_an_absent_token_server_are_named(
    secure_kafka: SecureKafka, tokens: TokenServer
) -> None:
    wrong = refusal(secure_kafka.settings("LOGIN", **oauth(tokens, oauth_client_secret="hunter2")))
    assert isinstance(wrong, SettingsError)
    assert "invalid_client" in str(wrong)
    assert "hunter2" not in str(wrong)
    away = refusal(
        secure_kafka.settings("LOGIN", **oauth(tokens, oauth_token_url="http://127.0.0.1:1/token"))
    )
    assert isinstance(away, RetryableError)
    assert "http://127.0.0.1:1/token" in str(away)


def test_an_expired_token_is_refused(secure_kafka: SecureKafka) -> None:
    old = TokenServer()
    old.lifetime = -60
    old.states_lifetime = False
    refused = refusal(secure_kafka.settings("LOGIN", **oauth(old)))
    assert isinstance(refused, SettingsError)
    assert "OAUTHBEARER" in str(refused)
    old.close()


@pytest.mark.parametrize(
    ("listener", "reason"),
    [("TLS", "unable to get local issuer"), ("EXPIRED", "expired"), ("OTHERNAME", "mismatch")],
)
def test_a_certificate_that_is_not_accepted_is_named(
    listener: str, reason: str, secure_kafka: SecureKafka
) -> None:
    others = {"tls_ca": secure_kafka.stranger.file} if listener == "TLS" else {}
    error = refusal(secure_kafka.settings(listener, **others))
    assert isinstance(error, SettingsError)
    assert reason in str(error)
    assert "ADE_KAFKA__TLS_CA" in str(error)


def test_a_missing_or_foreign_certificate_of_ours_is_named(secure_kafka: SecureKafka) -> None:
    foreign = secure_kafka.stranger.issue(common_name="ade")
    for files in ({}, {"tls_certificate": foreign.certificate, "tls_key": foreign.key}):
        error = refusal(secure_kafka.settings("MUTUAL", **files))
        assert isinstance(error, SettingsError)
        assert "kafka.tls_certificate" in str(error)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("listener", ["PLAINTEXT", "TLS", "LOGIN", "TLSLOGIN"])
def test_another_protocol_than_that_of_the_port_is_named(
    listener: str, protocol: str, secure_kafka: SecureKafka
) -> None:
    port = {"PLAINTEXT": secure_kafka.server.port, **secure_kafka.ports}[listener]
    if protocol == LISTENERS.get(listener, "PLAINTEXT"):
        return
    kafka = KafkaSettings.model_validate(
        {"bootstrap_servers": f"127.0.0.1:{port}", "security_protocol": protocol}
        | ({"tls_ca": secure_kafka.authority.file} if protocol.endswith("SSL") else {})
        | ({"sasl_mechanism": "PLAIN", **LOGIN} if protocol.startswith("SASL") else {})
    )
    assert "kafka.security_protocol" in str(refusal(kafka))


def test_the_mechanisms_that_the_broker_offers_are_listed(
    secure_kafka: SecureKafka,
) -> None:
    kafka = secure_kafka.settings("LOGIN", sasl_mechanism="PLAIN", **LOGIN)
    error = refusal(kafka.model_copy(update={"sasl_mechanism": "SCRAM-SHA-1"}))
    assert isinstance(error, SettingsError)
    assert all(mechanism in str(error) for mechanism in MECHANISMS)

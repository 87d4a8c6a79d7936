"""A login that is incomplete, or that would not be used, is refused before anything connects."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import SettingsError
from monitor.settings import KafkaSettings, load_settings, setting_rows
from monitor.settings.kafka_settings import SECURITY

LOGIN = {"USERNAME": "ade", "PASSWORD": "hunter2"}
TOKEN = {
    "OAUTH_TOKEN_URL": "https://login.example.org/token",
    "OAUTH_CLIENT_ID": "ade",
    "OAUTH_CLIENT_SECRET": "hunter2",
}


def load(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> KafkaSettings:
    """Load settings from variables of the section [kafka]."""
    for name, value in variables.items():
        monkeypatch.setenv(f"ADE_KAFKA__{name}", value)
    return load_settings().settings.kafka


@pytest.mark.parametrize(
    ("variables", "encrypted", "login"),
    [
        ({}, False, False),
        ({"SECURITY_PROTOCOL": "ssl", "TLS_CA": "ca.pem"}, True, False),
        ({"SECURITY_PROTOCOL": "SSL", "TLS_CERTIFICATE": "c.pem", "TLS_KEY": "k.pem"}, True, False),
        ({"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SASL_MECHANISM": "scram-sha-256", **LOGIN}, False, True),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", **LOGIN}, True, True),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER", **TOKEN}, True, True),
        ({name.upper(): "" for name in SECURITY}, False, False),
    ],
)
def test_complete_settings_are_accepted(
    variables: dict[str, str], encrypted: bool, login: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = load(monkeypatch, variables)
    assert (kafka.uses_tls, kafka.uses_sasl) == (encrypted, login)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"SECURITY_PROTOCOL": "TLS"}, "kafka.security_protocol"),
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "kafka.sasl_mechanism"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "GSSAPI", **LOGIN}, "kafka.sasl_mechanism"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", "USERNAME": "a"}, "kafka.password"),
        (
            {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", "PASSWORD": "hunter2"},
            "kafka.username",
        ),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER"}, "kafka.oauth_token_url"),
        (
            {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER", **TOKEN, **LOGIN},
            "kafka.username and kafka.password set in vain",
        ),
        (LOGIN, "kafka.username and kafka.password set in vain"),
        ({"SASL_MECHANISM": "PLAIN"}, "kafka.sasl_mechanism set in vain"),
        ({"TLS_CA": "ca.pem"}, "kafka.tls_ca set in vain"),
        ({"SECURITY_PROTOCOL": "SSL", "TLS_KEY": "k.pem"}, "kafka.tls_certificate"),
        ({"SECURITY_PROTOCOL": "SSL", "TLS_KEY_PASSWORD": "hunter2"}, "kafka.tls_certificate"),
        (
            {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER", **TOKEN}
            | {"OAUTH_TOKEN_URL": "http://login.example.org/token"},
            "must start with https://",
        ),
        (
            {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER", **TOKEN}
            | {"OAUTH_TOKEN_URL": "https://ade:hunter2@login.example.org/token"},
            "kafka.oauth_token_url",
        ),
    ],
)
def test_incomplete_settings_are_refused_without_their_secrets(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, variables)
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_no_secret_of_a_login_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = load(
        monkeypatch,
        {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", **LOGIN}
        | {"TLS_CERTIFICATE": "c.pem", "TLS_KEY_PASSWORD": "hunter2"},
    )
    assert "hunter2" not in repr(kafka) + str([row.value for row in setting_rows(load_settings())])


def test_settings_without_security_are_those_of_an_open_broker() -> None:
    kafka = KafkaSettings.model_validate(
        {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "username": "a", "password": "b"}
        | {"tls_ca": Path("ca.pem"), "topic": "posts"}
    )
    assert kafka.without_security() == KafkaSettings(topic="posts")

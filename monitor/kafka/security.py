"""How clients log in to the brokers: the arguments of kafka-python, from the settings."""

from __future__ import annotations

from typing import Any

from monitor.errors import SettingsError
from monitor.kafka.oauth_tokens import token_source
from monitor.kafka.tls import tls_context
from monitor.settings import KafkaSettings


def client_security(kafka: KafkaSettings) -> dict[str, Any]:
    """Return the arguments that encrypt and log in every client of kafka-python.

    Raises:
        SettingsError: a file of TLS cannot be used, or the token server refuses us.
        RetryableError: the token server is away.
    """
    arguments: dict[str, Any] = {"security_protocol": kafka.security_protocol}
    if kafka.uses_tls:
        arguments["ssl_context"] = tls_context(kafka)
    if not kafka.uses_sasl:
        return arguments
    arguments["sasl_mechanism"] = kafka.sasl_mechanism
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return {**arguments, "sasl_oauth_token_provider": _token_provider(kafka)}
    username = kafka.username or ""
    if kafka.sasl_mechanism != "PLAIN":
        # kafka-python leaves out this step of SCRAM (RFC 5802, section 5.1).
        username = username.replace("=", "=3D").replace(",", "=2C")
    return {**arguments, "sasl_plain_username": username, "sasl_plain_password": password_of(kafka)}


def password_of(kafka: KafkaSettings) -> str:
    """Return the password of PLAIN and SCRAM."""
    return kafka.password.get_secret_value() if kafka.password else ""


def refused_login(kafka: KafkaSettings, cause: object) -> SettingsError:
    """Return the error for a broker that refuses our login, with the settings to correct."""
    if kafka.sasl_mechanism == "OAUTHBEARER":
        client, names = f"the token of client {kafka.oauth_client_id}", "kafka.oauth_client_id or its rights"
    else:
        client = f"the login of user {kafka.username}"
        names = "kafka.username or kafka.password (ADE_KAFKA__USERNAME, ADE_KAFKA__PASSWORD)"
    return SettingsError(
        f"the broker at {kafka.bootstrap_servers} refuses {client} with {kafka.sasl_mechanism} ({cause})",
        f"correct {names}",
    )


def _token_provider(kafka: KafkaSettings) -> object:
    from kafka.net.sasl.oauth import AbstractTokenProvider

    source = token_source(kafka)
    # Now, because the client would repeat a failure until its time is over, and then hide it.
    source.token()

    class Tokens(AbstractTokenProvider):  # type: ignore[misc] # kafka-python ships no types
        """The tokens for kafka-python."""

        def token(self) -> str:
            """Return a valid token."""
            return source.token()

    return Tokens()

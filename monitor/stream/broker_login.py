"""How the worker logs in to the brokers: the credentials of Faust, from the settings."""

from __future__ import annotations

import asyncio

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from monitor.errors import MonitorError
from monitor.kafka import TokenSource, password_of, tls_context, token_source
from monitor.settings import KafkaSettings


def broker_credentials(kafka: KafkaSettings) -> CredentialsT | None:
    """Return what Faust's consumer and producer log in with, or None for brokers without passwords and TLS.

    Raises:
        SettingsError: a file of TLS cannot be used.
    """
    context = tls_context(kafka) if kafka.uses_tls else None
    if kafka.uses_sasl and kafka.sasl_mechanism == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=WorkerTokens(token_source(kafka)), ssl_context=context)
    if kafka.uses_sasl:
        return SASLCredentials(
            username=kafka.username,
            password=password_of(kafka),
            ssl_context=context,
            mechanism=kafka.sasl_mechanism,
        )
    return SSLCredentials(context) if context else None


class WorkerTokens(AbstractTokenProvider):  # type: ignore[misc] # aiokafka is not typed for us
    """The tokens for the worker's connections. A request for a new one does not hold up the event loop.

    Args:
        source: where they come from.
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def token(self) -> str:
        """Return a valid token.

        Raises:
            KafkaConnectionError: there is none. aiokafka tries again after this error, and after no other.
        """
        try:
            return await asyncio.to_thread(self._source.token)
        except MonitorError as error:
            raise KafkaConnectionError(str(error)) from None

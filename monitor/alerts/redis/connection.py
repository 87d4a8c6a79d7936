"""Connections to Redis with a timeout on every wait, and its errors as errors of the monitor."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import redis
import redis.asyncio
from redis import exceptions
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from monitor.errors import FatalError, MonitorError, RetryableError, SettingsError
from monitor.settings import RedisSettings, load_key_pair, masked_url, require_certificates

SOCKET_TIMEOUT: Final = 5.0
"""Seconds until a command counts as unanswered. A blocking read must wait for less."""


def connect(settings: RedisSettings) -> redis.Redis:
    """Return a client for readers, which connects with its first command and never repeats one.

    A repeated XREADGROUP would skip the entries of the lost reply, so the readers handle a lost connection
    themselves.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """
    # An entry that is not UTF-8 is not an alert, and must not end the reading.
    client = _client(redis.Redis, settings, Retry(NoBackoff(), 0), encoding_errors="replace")
    return cast(redis.Redis, client)


def connect_async(settings: RedisSettings) -> redis.asyncio.Redis:
    """Return a client for the relay, which repeats a command once, for connections that died while idle.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """
    return cast(redis.asyncio.Redis, _client(redis.asyncio.Redis, settings, AsyncRetry(NoBackoff(), 1)))


def tls_arguments(settings: RedisSettings) -> dict[str, str]:
    """Return the arguments of a client for `rediss://`, which checks the server's name and certificate.

    Raises:
        SettingsError: a file cannot be read, has no certificate, or its key does not fit.
    """
    arguments = {}
    if settings.tls_ca:
        arguments["ssl_ca_certs"] = require_certificates(settings.tls_ca, "redis.tls_ca")
    if settings.tls_certificate and settings.tls_key:
        context = ssl.create_default_context()
        load_key_pair(context, "redis", settings.tls_certificate, settings.tls_key)
        arguments["ssl_certfile"] = str(settings.tls_certificate)
        arguments["ssl_keyfile"] = str(settings.tls_key)
    return arguments


def location_of(settings: RedisSettings) -> str:
    """Return the server's name for messages, without its password."""
    return f"Redis at {masked_url(settings.url.get_secret_value())}"


@contextmanager
def translate_redis_errors(location: str) -> Iterator[None]:
    """Turn errors of redis-py into those of the monitor.

    Raises:
        MonitorError: in place of any `redis.RedisError`; see `monitor_error`. A FatalError in place of what
            an answer causes that is not in Redis's protocol, or not in the form of its command.
    """
    try:
        yield
    except redis.RedisError as error:
        raise monitor_error(error, location) from error
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FatalError(
            f"{location} sent what Redis does not send ({type(error).__name__}: {str(error)[:100]})",
            "is redis.url (ADE_REDIS__URL) the address of a Redis or Valkey?",
        ) from error


def monitor_error(error: Exception, location: str) -> MonitorError:
    """Return the monitor's error for an error of redis-py, with the fact and the advice.

    It is a RetryableError if waiting helps, a SettingsError if a person must change a setting or a
    permission, and a FatalError if neither is known.
    """
    text = str(error)
    for rule in _RULES:
        if isinstance(error, rule.errors) or (rule.words and rule.words in text):
            return rule.result(f"{location} {rule.fact.format(text)}", rule.advice)
    return FatalError(f"{location}: {text}")


@dataclass(frozen=True)
class _Rule:
    """What an error means, recognized by its class or by words in its text.

    Errors inside a script arrive as a plain ResponseError, so the words are needed as well as the classes.
    """

    result: type[MonitorError]
    fact: str
    advice: str = ""
    errors: tuple[type[Exception], ...] = ()
    words: str = ""


_RULES: Final = (
    _Rule(
        SettingsError,
        "refuses the login ({})",
        "correct it in ADE_REDIS__URL",
        errors=(exceptions.AuthenticationError, exceptions.AuthenticationWrongNumberOfArgsError),
    ),
    _Rule(
        SettingsError,
        "does not allow this ({})",
        "grant it with ACL SETUSER",
        errors=(exceptions.NoPermissionError, exceptions.AuthorizationError),
        words="no permissions",
    ),
    _Rule(
        RetryableError,
        "is full",
        "raise its maxmemory, or lower ADE_ALERTS__MAX_LENGTH",
        errors=(exceptions.OutOfMemoryError,),
        words="used memory > 'maxmemory'",
    ),
    _Rule(
        RetryableError,
        "is a read-only replica",
        "name the primary in ADE_REDIS__URL",
        errors=(exceptions.ReadOnlyError,),
        words="read only replica",
    ),
    _Rule(
        SettingsError,
        "is a node of a cluster",
        "name a single server in ADE_REDIS__URL",
        errors=(exceptions.MovedError, exceptions.AskError, exceptions.ClusterCrossSlotError),
    ),
    _Rule(
        RetryableError,
        "is not ready ({})",
        errors=(exceptions.BusyLoadingError, exceptions.MasterDownError, exceptions.TryAgainError),
        words="BUSY ",
    ),
    _Rule(
        SettingsError,
        "has another type of key under that name",
        "change ADE_ALERTS__STREAM",
        words="WRONGTYPE",
    ),
    _Rule(
        RetryableError,
        "cannot save to its disk and refuses changes",
        "repair the disk, or free some space",
        words="MISCONF",
    ),
    _Rule(
        SettingsError,
        "has a certificate that is not accepted ({})",
        "name the file of its authority in redis.tls_ca (ADE_REDIS__TLS_CA), or correct the certificate",
        words="CERTIFICATE_VERIFY_FAILED",
    ),
    _Rule(
        SettingsError,
        "does not accept our certificate ({})",
        "set redis.tls_certificate and redis.tls_key to a certificate that it trusts",
        words="_ALERT_",
    ),
    _Rule(
        SettingsError,
        "does not speak TLS on this port",
        "write redis:// instead of rediss:// in redis.url, or name the port with TLS",
        words="WRONG_VERSION_NUMBER",
    ),
    _Rule(
        RetryableError,
        "ends the connection at the start of TLS ({})",
        "if it requires a certificate, set redis.tls_certificate and redis.tls_key; if this port has no TLS, "
        "write redis:// in redis.url",
        words="EOF occurred in violation of protocol",
    ),
    _Rule(
        RetryableError,
        "does not answer ({})",
        "start it (`ade-monitor up` starts one for commands in its folder), or correct redis.url "
        "(ADE_REDIS__URL)",
        errors=(exceptions.ConnectionError, exceptions.TimeoutError),
    ),
)


def _client(kind: Any, settings: RedisSettings, retry: object, **options: str) -> Any:
    arguments = {**tls_arguments(settings), **options}
    try:
        return kind.from_url(
            settings.url.get_secret_value(),
            decode_responses=True,
            protocol=2,
            retry=retry,
            socket_timeout=SOCKET_TIMEOUT,
            socket_connect_timeout=SOCKET_TIMEOUT,
            **arguments,
        )
    except ValueError:
        # The error is not repeated, because it may quote a part of the password.
        raise SettingsError(
            "redis.url (ADE_REDIS__URL) is not a URL such as redis://user:password@host:6379/0",
            "write / # ? @ in a password as %2F %23 %3F %40",
        ) from None

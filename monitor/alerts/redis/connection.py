"""The way to Redis: connections with bounds on every wait, and its errors in words that name the mend."""

from __future__ import annotations

from typing import Any, cast

import redis
import redis.asyncio
from redis import exceptions as said
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from monitor.errors import FatalError, MonitorError, RetryableError, SettingsError
from monitor.settings import RedisSettings

SOCKET_TIMEOUT = 5.0
"""Seconds until a command counts as unanswered; a blocking read must wait for less."""


def connect(settings: RedisSettings) -> redis.Redis:
    """Make a client for readers; it connects on its first command and repeats none by itself.

    A repeated XREADGROUP would skip what the lost reply carried, so the reader handles a lost connection.

    Raises:
        SettingsError: `redis.url` is no URL.
    """
    return cast(redis.Redis, _made(redis.Redis, settings, Retry(NoBackoff(), 0)))


def connect_async(settings: RedisSettings) -> redis.asyncio.Redis:
    """Make a client for the relay; it repeats a command once, for a connection that died while idle.

    Raises:
        SettingsError: `redis.url` is no URL.
    """
    return cast(redis.asyncio.Redis, _made(redis.asyncio.Redis, settings, AsyncRetry(NoBackoff(), 1)))


def place_of(settings: RedisSettings) -> str:
    """Name the server for messages, without its password."""
    from monitor.settings.show import masked_url

    return f"Redis at {masked_url(settings.url.get_secret_value())}"


def explained(error: Exception, place: str) -> MonitorError:
    """Say what an error of redis-py means and what mends it.

    Returns:
        RetryableError where waiting helps, SettingsError where a person must mend a setting or a right,
        FatalError where neither is known.
    """
    words = str(error)
    for kinds, sign, problem, mend in _PROBLEMS:
        if isinstance(error, kinds) or (sign and sign in words):
            return problem(f"{place} {mend.format(words)}")
    return FatalError(f"{place}: {words}")


# An error inside a script comes as a plain ResponseError, hence the words beside the kinds.
_PROBLEMS: tuple[tuple[tuple[type[Exception], ...], str, type[MonitorError], str], ...] = (
    (
        (said.AuthenticationError, said.AuthenticationWrongNumberOfArgsError),
        "",
        SettingsError,
        "refuses the login ({}): correct it in ADE_REDIS__URL",
    ),
    (
        (said.NoPermissionError, said.AuthorizationError),
        "no permissions",
        SettingsError,
        "does not allow this ({}): grant it with ACL SETUSER",
    ),
    (
        (said.OutOfMemoryError,),
        "used memory > 'maxmemory'",
        RetryableError,
        "is full: raise its maxmemory, or lower ADE_ALERTS__MAX_LENGTH",
    ),
    (
        (said.ReadOnlyError,),
        "read only replica",
        RetryableError,
        "is a read-only replica: name the primary in ADE_REDIS__URL",
    ),
    (
        (said.MovedError, said.AskError, said.ClusterCrossSlotError),
        "",
        SettingsError,
        "is a node of a cluster: name a single server in ADE_REDIS__URL",
    ),
    (
        (said.BusyLoadingError, said.MasterDownError, said.TryAgainError),
        "BUSY ",
        RetryableError,
        "is not ready ({})",
    ),
    ((), "WRONGTYPE", SettingsError, "holds something else under that name: change ADE_ALERTS__STREAM"),
    ((), "MISCONF", RetryableError, "cannot save to its disk and refuses changes: mend the disk"),
    (
        (said.ConnectionError, said.TimeoutError),
        "",
        RetryableError,
        "does not answer ({}): start it (`ade-monitor up` starts one for commands in its folder), or correct "
        "redis.url (ADE_REDIS__URL)",
    ),
)


def _made(kind: Any, settings: RedisSettings, retry: object) -> Any:
    try:
        return kind.from_url(
            settings.url.get_secret_value(),
            decode_responses=True,
            protocol=2,
            retry=retry,
            socket_timeout=SOCKET_TIMEOUT,
            socket_connect_timeout=SOCKET_TIMEOUT,
        )
    except ValueError:
        # The error is not repeated: it may quote a part of the password.
        raise SettingsError(
            "redis.url (ADE_REDIS__URL) is not a URL such as redis://user:password@host:6379/0; characters "
            "such as / # ? @ of a password are written as %2F %23 %3F %40"
        ) from None

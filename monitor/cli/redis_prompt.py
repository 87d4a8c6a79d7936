"""Commands of Redis and their replies through redis-py, for machines without valkey-cli and redis-cli."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from redis import ConnectionPool, RedisError, ResponseError

from monitor.alerts.redis import location_of, tls_arguments, translate_redis_errors
from monitor.errors import SettingsError
from monitor.settings import RedisSettings

CONNECT_TIMEOUT: Final = 3.0  # seconds
WITHOUT_END: Final = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"}
"""Commands whose replies come until the connection is closed."""
END: Final = {"quit", "exit"}


class RedisPrompt:
    """A connection to Redis that sends commands as they are, and yields replies as lines of text.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """

    def __init__(self, settings: RedisSettings) -> None:
        self._location = location_of(settings)
        arguments = tls_arguments(settings)
        try:
            pool = ConnectionPool.from_url(
                settings.url.get_secret_value(),
                decode_responses=True,
                encoding_errors="replace",
                protocol=2,
                retry=None,
                socket_timeout=None,
                socket_connect_timeout=CONNECT_TIMEOUT,
                **arguments,
            )
        except ValueError:
            raise SettingsError(
                "redis.url (ADE_REDIS__URL) is not a URL such as redis://host:6379/0"
            ) from None
        self._connection: Any = pool.make_connection()  # redis-py annotates it in part

    def run(self, arguments: Sequence[str]) -> Iterator[str]:
        """Send one command, and yield the lines of its reply.

        Raises:
            ResponseError: Redis refuses the command.
            MonitorError: Redis is away, or refuses the login.
        """
        with translate_redis_errors(self._location):
            self._connection.connect()
        self._connection.send_command(*arguments)
        yield from self._next_reply()
        while arguments[0].upper() in WITHOUT_END:
            yield from self._next_reply()

    def close(self) -> None:
        """Close the connection; the next command opens it again."""
        with suppress(RedisError):
            self._connection.disconnect()

    def _next_reply(self) -> Iterator[str]:
        try:
            reply = self._connection.read_response()
        except ResponseError:
            raise
        except RedisError:
            with translate_redis_errors(self._location):
                raise
        yield from reply_lines(reply)


def prompt_until_end(prompt: RedisPrompt, show: Callable[[str], None], read: Callable[[str], str]) -> None:
    """Run commands from the keyboard or a file until its end, or until `quit`. Ctrl-C ends one command.

    Args:
        prompt: the connection.
        show: prints a line of a reply.
        read: reads a line, and raises EOFError at the end.

    Raises:
        MonitorError: Redis is away, or refuses the login.
    """
    while True:
        try:
            arguments = shlex.split(read("redis> "))
            if arguments and arguments[0].lower() in END:
                return
            for line in prompt.run(arguments) if arguments else ():
                show(line)
        except EOFError:
            return
        except KeyboardInterrupt:
            prompt.close()
            show("")
        except (ResponseError, ValueError) as error:  # ValueError: a quote without its end
            show(f"(error) {error}")


def reply_lines(reply: Any) -> Iterator[str]:
    """Yield a reply as lines: the elements of a list are numbered, and those of a list in it are indented."""
    if isinstance(reply, list):
        if not reply:
            yield "(empty)"
        width = len(str(len(reply)))
        for number, element in enumerate(reply, start=1):
            first, *others = reply_lines(element)
            yield f"{number:>{width}}) {first}"
            for line in others:
                yield f"{'':{width}}  {line}"
    elif reply is None:
        yield "(nil)"
    else:
        yield from str(reply).splitlines() or [""]

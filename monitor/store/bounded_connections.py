"""Connections that give up on a server that is silent, and that leave one that became read-only.

The server ends a statement after `statement_timeout`. If its machine, or a firewall on the way, has forgotten
the connection, no answer comes at all, and the driver would wait for ever. TCP notices that only if nobody
acknowledges what we send; a proxy does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import ExceptionContext

LATE_ANSWER: Final = 10.0
"""Seconds between the end of a statement on the server and the arrival of its error here."""

READ_ONLY: Final = "25006"
"""SQLSTATE of a write to a standby, or in a session that is read-only."""

NO_TIME_LIMIT: Final = text("SET LOCAL statement_timeout = 0")

Result = TypeVar("Result")
PieceWork = Generator[Any, Any, Result]
"""psycopg's work on a connection. It yields whenever it would block, and is sent what the socket is ready
for, or 0 if nothing happened for a moment."""


class BoundedAsyncConnection(psycopg.AsyncConnection[Any]):
    """A connection of asyncio, with a limit of silence.

    Attributes:
        silence_limit: seconds without any byte from or to the server.
    """

    silence_limit: float = 60.0

    async def wait(self, gen: PieceWork[Result], *args: Any, **options: Any) -> Result:
        """Do a piece of work, as in psycopg.

        Raises:
            OperationalError: the server was silent for too long. The connection is closed.
        """
        work = _until_silent(gen, self.silence_limit, self.pgconn.finish)
        return await super().wait(work, *args, **options)


class BoundedConnection(psycopg.Connection[Any]):
    """The same for programs without asyncio."""

    silence_limit: float = 60.0

    def wait(self, gen: PieceWork[Result], *args: Any, **options: Any) -> Result:
        """Do a piece of work, as in psycopg.

        Raises:
            OperationalError: the server was silent for too long. The connection is closed.
        """
        return super().wait(_until_silent(gen, self.silence_limit, self.pgconn.finish), *args, **options)


def async_connector(statement_timeout: float) -> Callable[..., Any]:
    """Return what opens a connection, for SQLAlchemy's `async_creator_fn`.

    Args:
        statement_timeout: seconds until the server ends a statement.
    """

    async def connect(*args: Any, **options: Any) -> BoundedAsyncConnection:
        connection = await BoundedAsyncConnection.connect(*args, **options)
        connection.silence_limit = statement_timeout + LATE_ANSWER
        return connection

    return connect


def bound_silence(engine: Engine, statement_timeout: float) -> None:
    """Make an engine without asyncio open connections with a limit of silence.

    Args:
        engine: of SQLAlchemy.
        statement_timeout: seconds until the server ends a statement.
    """

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, args: Any, options: Any) -> BoundedConnection:
        connection = BoundedConnection.connect(*args, **options)
        connection.silence_limit = statement_timeout + LATE_ANSWER
        return connection


def lift_time_limit(connection: Connection) -> None:
    """Allow the statements of the open transaction any time, here and on the server.

    Args:
        connection: of an engine without asyncio.
    """
    connection.execute(NO_TIME_LIMIT)
    driver: Any = connection.connection.driver_connection
    driver.silence_limit = math.inf


def leave_read_only_sessions(engine: Engine) -> None:
    """Close connections on which a write was refused, so that the next attempt opens new ones.

    After a failover, the old server lives on as a standby, and the name leads to the new one. A session also
    stays read-only if the default was changed back after its start.
    """

    @event.listens_for(engine, "handle_error")
    def close(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True


def _until_silent(work: PieceWork[Result], limit: float, close: Callable[[], None]) -> PieceWork[Result]:
    """Pass `work` on, and end it if nothing happens on its socket for `limit` seconds."""
    try:
        awaited = next(work)
        heard = time.monotonic()
        while True:
            ready = yield awaited
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard > limit:
                close()
                raise psycopg.OperationalError(f"the server was silent for {limit:g} s")
            awaited = work.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]

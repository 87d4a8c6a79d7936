"""What a failure of the database means: wait and try again, or stop.

SQLSTATE codes: PostgreSQL manual, appendix A.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from monitor.errors import FatalError, MonitorError, RetryableError
from monitor.settings import DatabaseSettings
from monitor.store.connections import describe_database

# A whole class, or one code, that passes by itself or once an operator has made room.
_PASSING = (
    "08",  # connection lost
    "25006",  # read-only: a standby that is about to be promoted
    "40001",  # serialization failure
    "40P01",  # deadlock
    "53",  # disk full, out of memory, too many connections
    "55P03",  # lock not available in time
    "57014",  # statement timeout
    "57P01",  # shutting down
    "57P02",  # crashed
    "57P03",  # starting
    "57P05",  # idle session closed
    "58030",  # input/output error
)

# No such table, no such column.
_OTHER_TABLES = ("42P01", "42703")

# libpq gives no SQLSTATE for a refused login, only the server's words; these are for a person to mend.
_REFUSED_LOGIN = {
    "password authentication failed": "correct the user or the password in database.url (ADE_DATABASE__URL)",
    "no password supplied": "put the password into database.url (ADE_DATABASE__URL)",
    "no pg_hba.conf entry": "allow this client in the server's pg_hba.conf",
    "does not exist": "create it on the server (CREATE DATABASE, CREATE ROLE), or correct database.url "
    "(ADE_DATABASE__URL)",
}


@contextmanager
def translate_driver_errors(settings: DatabaseSettings) -> Iterator[None]:
    """Turn what the driver raises in the block into the monitor's errors.

    Messages name the database, and carry neither parameters nor row contents: those hold tweets.

    Raises:
        RetryableError: the database is away, overloaded, read-only, or chose us as a deadlock's victim.
        FatalError: anything else that SQLAlchemy or the driver raised, and values that Postgres cannot hold.
    """
    try:
        yield
    except MonitorError:
        raise
    except PoolTimeout:
        raise RetryableError(
            f"all connections to the database {describe_database(settings)} are in use"
        ) from None
    except (SQLAlchemyError, psycopg.Error) as error:
        # Not chained: the driver's error quotes the row that was refused.
        raise _explained(error, describe_database(settings)) from None
    except (ValueError, TypeError) as error:
        raise FatalError(
            f"the database {describe_database(settings)} cannot take a value: {error}"
        ) from error


def _explained(error: Exception, where: str) -> MonitorError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return FatalError(f"the database {where} was asked in a wrong way: {type(cause).__name__}")
    if cause.sqlstate is None and isinstance(cause, psycopg.OperationalError):
        return _not_connected(cause, where)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or (cause.sqlstate or "").startswith(_PASSING):
        return RetryableError(f"the database {where} did not do it: {_words(cause)}")
    if cause.sqlstate in _OTHER_TABLES:
        return FatalError(
            f"the database {where} lacks what was asked for: run `ade-monitor db upgrade`: {_words(cause)}"
        )
    return FatalError(f"the database {where} refused: {_words(cause)}")


def _not_connected(cause: psycopg.OperationalError, where: str) -> MonitorError:
    """Explain a failure that came without an SQLSTATE: at the connect, or by a connection that broke."""
    words = " ".join(str(cause).split())
    for sign, mend in _REFUSED_LOGIN.items():
        if sign in words and "FATAL" in words:
            return FatalError(f"the database {where} cannot be used: {words}: {mend}")
    return RetryableError(
        f"the database {where} is away: {words}: start it (`ade-monitor up` starts one for commands in its "
        "folder), or correct database.url (ADE_DATABASE__URL)"
    )


def _words(cause: psycopg.Error) -> str:
    diagnosis = cause.diag
    names = [name for name in (diagnosis.table_name, diagnosis.constraint_name) if name]
    said = diagnosis.message_primary or type(cause).__name__
    return f"{said} ({', '.join([cause.sqlstate or type(cause).__name__, *names])})"

"""What an error of the database driver means: try again later, or stop.

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

# Classes of codes, or single codes, that pass without a change here: by themselves, or once an operator has
# freed resources.
_TRANSIENT = (
    "08",  # connection lost
    "25006",  # read-only: a standby that will be promoted soon
    "25P03",  # our session was idle in a transaction for too long
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

_MISSING_TABLE_OR_COLUMN = ("42P01", "42703")

# libpq has no SQLSTATE for a refused login, only the server's message. A person has to act on these.
_REFUSED_LOGIN = {
    "password authentication failed": "correct the user or the password in database.url (ADE_DATABASE__URL)",
    "no password supplied": "put the password into database.url (ADE_DATABASE__URL)",
    "no pg_hba.conf entry": "allow this client in the server's pg_hba.conf",
    "does not exist": "create it on the server (CREATE DATABASE, CREATE ROLE), or correct database.url "
    "(ADE_DATABASE__URL)",
}

# Failures of TLS have no SQLSTATE either, and waiting does not help.
_REFUSED_TLS = {
    "certificate verify failed": "name the file of the authority that signed the server's certificate in "
    "database.tls_ca (ADE_DATABASE__TLS_CA), or renew the certificate",
    "does not match host name": "connect to the name that the server's certificate is for, or correct the "
    "certificate",
    "root certificate file": "name a readable PEM file in database.tls_ca (ADE_DATABASE__TLS_CA)",
    "private key file": "correct database.tls_key (ADE_DATABASE__TLS_KEY); only its owner may read that file",
    "certificate file": "correct database.tls_certificate (ADE_DATABASE__TLS_CERTIFICATE)",
    "does not support SSL": "turn TLS on in the server (ssl = on), or correct database.tls_mode",
    "requires a valid client certificate": "set database.tls_certificate and database.tls_key",
    "alert unknown ca": "the server does not trust our certificate: correct database.tls_certificate",
    "alert certificate": "the server does not accept our certificate: correct database.tls_certificate",
}

# libpq asks this at the end of some messages; our advice answers it.
_LIBPQ_QUESTION = " Is the server running on that host and accepting TCP/IP connections?"


@contextmanager
def translate_driver_errors(settings: DatabaseSettings) -> Iterator[None]:
    """Raise the monitor's errors instead of those that the driver raises in the block.

    Messages name the database. They have neither parameters nor content of rows, because those hold tweets.

    Raises:
        RetryableError: the database is away, overloaded or read-only, or ended a deadlock at our expense.
        FatalError: any other error of SQLAlchemy or the driver, or a value that Postgres cannot store.
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
        raise _translated(error, describe_database(settings)) from None
    except (ValueError, TypeError) as error:
        name = describe_database(settings)
        raise FatalError(f"the database {name} cannot store a value: {error}") from error


def _translated(error: Exception, database: str) -> MonitorError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return FatalError(f"a query to the database {database} is malformed: {type(cause).__name__}")
    if cause.sqlstate is None and isinstance(cause, psycopg.OperationalError):
        return _connection_error(cause, database)
    connection_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if connection_lost or (cause.sqlstate or "").startswith(_TRANSIENT):
        return RetryableError(f"the database {database} failed: {_message_of(cause)}")
    if cause.sqlstate in _MISSING_TABLE_OR_COLUMN:
        return FatalError(
            f"the database {database} lacks a table or a column: {_message_of(cause)}",
            "run `ade-monitor db upgrade`",
        )
    return FatalError(f"the database {database} refused: {_message_of(cause)}")


def _connection_error(cause: psycopg.OperationalError, database: str) -> MonitorError:
    """Return the error for a failure without SQLSTATE: while connecting, or when a connection broke."""
    message = " ".join(str(cause).split())
    for sign, advice in _REFUSED_LOGIN.items():
        if sign in message and "FATAL" in message:
            return FatalError(f"the database {database} cannot be used: {message}", advice)
    for sign, advice in _REFUSED_TLS.items():
        if sign in message:
            return FatalError(f"TLS to the database {database} failed: {message}", advice)
    return RetryableError(
        f"the database {database} is away ({message.removesuffix(_LIBPQ_QUESTION)})",
        "start it (`ade-monitor up` starts one for commands in its folder), or correct database.url "
        "(ADE_DATABASE__URL)",
    )


def _message_of(cause: psycopg.Error) -> str:
    """Return the server's message without the row that it may quote, and what it is about in parentheses."""
    diagnosis = cause.diag
    names = [name for name in (diagnosis.table_name, diagnosis.constraint_name) if name]
    message = diagnosis.message_primary or type(cause).__name__
    return f"{message} ({', '.join([cause.sqlstate or type(cause).__name__, *names])})"

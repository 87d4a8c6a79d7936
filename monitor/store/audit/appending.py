"""Entries of the audit: what happened, to what, and why. The database adds who and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from monitor.errors import FatalError, RetryableError
from monitor.settings import Settings
from monitor.store.connections import checking_engine, describe_database
from monitor.store.driver_errors import translate_driver_errors

_APPEND: Final = text(
    "INSERT INTO audit_entries (action, subject, reason, details) "
    "VALUES (:action, :subject, :reason, CAST(:details AS jsonb)) RETURNING number"
)

_NO_RIGHT: Final = "this login may not append to the audit, and without an entry no text leaves the database"
_GRANT: Final = (
    "let an administrator run GRANT ade_reader TO the login, or GRANT INSERT (action, subject, reason, "
    "details), SELECT (number) ON audit_entries TO it"
)

_READ_ONLY: Final = "is read-only, so the entry of the audit cannot be written, and without it no text leaves"
_USE_PRIMARY: Final = (
    "name a server that can be written, such as the primary of a replica, in database.url "
    "(ADE_DATABASE__URL). On a replica, `ade-monitor query` without a format needs no entry"
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that a person or a job did.

    It has ids, digests and numbers. Texts of posts and names of authors do not belong here, because an entry
    can never be removed. Ids of posts and authors are digests (`monitor.store.digests`), as in
    `compliance_events`.

    Attributes:
        action: what was done, such as "export", "review", "case", "erase" or "query".
        subject: what it was done to, such as the id of a case; "" for something without an id.
        reason: why, as the person stated it, or None.
        details: more about it, as JSON without NaN and infinity.
    """

    action: str
    subject: str
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def append_audit(connection: Connection, entry: AuditEntry) -> int:
    """Append an entry in the caller's transaction, and return its number.

    Call this last in the transaction: until its end, nobody else can append. The actor is the login of the
    session (`session_user`), whatever the caller is. With an asynchronous connection, write
    `await connection.run_sync(append_audit, entry)`.

    Raises:
        ValueError: the details are not JSON, or have NaN or infinity.
        SQLAlchemyError: the database refuses; see `translate_driver_errors`.
    """
    parameters = {
        "action": storable(entry.action),
        "subject": storable(entry.subject),
        "reason": None if entry.reason is None else storable(entry.reason),
        "details": json.dumps(_storable_json(entry.details), ensure_ascii=False, allow_nan=False),
    }
    return int(connection.execute(_APPEND, parameters).scalar_one())


def record_audit(settings: Settings, entry: AuditEntry) -> int:
    """Append an entry in a transaction of its own, and return its number.

    Call this before texts leave the monitor. If it fails, they must stay.

    Raises:
        RetryableError: the database is away or read-only.
        FatalError: the login may not append, or the database was not migrated.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        checking_engine(database, database.statement_timeout).begin() as connection,
    ):
        try:
            return append_audit(connection, entry)
        except DBAPIError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise FatalError(_NO_RIGHT, _GRANT) from None
            if isinstance(error.orig, ReadOnlySqlTransaction):
                fact = f"the database {describe_database(database)} {_READ_ONLY}"
                raise RetryableError(fact, _USE_PRIMARY) from None
            raise


def storable(value: str) -> str:
    """Return a text that Postgres can store: NUL and lone surrogates, as in a file's name, become U+FFFD."""
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(each) for each in value]
    return value

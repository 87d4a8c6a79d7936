"""Whether this login can write to the database now: a row is inserted and taken back.

Reading works with a full disk, with a database in read-only mode, and with a login that may not write.
"""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import text

from monitor.settings import DatabaseSettings
from monitor.store.connections import checking_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.tables import metadata, progress

TIMEOUT: Final = 10
"""Seconds that the server may take for each statement."""

LOCK_TIMEOUT: Final = 3
"""Seconds to wait for a table that a migration or `VACUUM FULL` has locked."""

FILLER: Final = 200_000
"""Bytes of the row in hexadecimal digits of random bytes, which cannot be compressed. They need new pages, so
that a full disk refuses them."""


def check_writable(database: DatabaseSettings) -> None:
    """Insert a row into `progress` and roll it back; then commit, which waits for the disk and the standbys.

    Every table is locked as a batch locks it, for a moment. So a login without rights and a table that
    another session has locked are found, too.

    Raises:
        RetryableError: the database is away, full or read-only, or a table is locked.
        FatalError: the login may not write, or a table is missing.
    """
    names = ", ".join(sorted(metadata.tables))
    row = {
        "consumer_group": "ade-monitor doctor",
        "topic": secrets.token_hex(8),
        "partition": 0,
        "next_offset": 0,
        "bundle": secrets.token_hex(FILLER // 2),
    }
    with translate_driver_errors(database), checking_engine(database, TIMEOUT).begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'"))
        with connection.begin_nested() as savepoint:
            connection.execute(text(f"LOCK TABLE {names} IN ROW EXCLUSIVE MODE"))
            connection.execute(progress.insert(), row)
            savepoint.rollback()

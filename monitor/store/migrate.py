"""Bring a database to the revision that the code needs; `revisions` says which one that is."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from monitor.errors import SchemaRevisionError
from monitor.settings import Settings
from monitor.store.connections import migrating_engine, place
from monitor.store.failures import failures_explained
from monitor.store.revisions import alembic_config, head, is_known, revision_in, revision_problem

__all__ = ["current", "downgrade", "head", "upgrade"]

# "ade" and "migr" in ASCII: whoever migrates this database holds this lock, and nothing else does.
_LOCK = 0x6164656D696772


def current(settings: Settings) -> str | None:
    """Read the database's revision; None where it never was migrated.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or there is no such database.
    """
    with failures_explained(settings.database), migrating_engine(settings.database).connect() as connection:
        return revision_in(connection)


def upgrade(settings: Settings) -> str | None:
    """Create or change the tables up to the code's revision; the database itself must exist.

    Two at once are safe: the second waits for the first, and finds nothing left to do. A migration that
    fails leaves the database as it was.

    Returns:
        The revision the database was at before.

    Raises:
        SchemaRevisionError: a newer ade-monitor migrated this database.
        RetryableError: the database is away.
        FatalError: the login was refused, there is no such database, or a migration failed.
    """
    return _move(settings, head())


def downgrade(settings: Settings, revision: str) -> str | None:
    """Go back to an earlier revision, or to "base": without any table, and without the data in them."""
    return _move(settings, revision)


def _move(settings: Settings, target: str) -> str | None:
    engine = migrating_engine(settings.database)
    with failures_explained(settings.database), engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        before = revision_in(guard)
        # The lock belongs to the session, not to this transaction: it lasts until `guard` is closed.
        guard.commit()
        if not is_known(before):
            raise SchemaRevisionError(revision_problem(before, place(settings.database)))
        config = alembic_config()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            if target == head():
                command.upgrade(config, target)
            else:
                command.downgrade(config, target)
    return before

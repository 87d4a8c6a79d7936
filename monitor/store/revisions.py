"""The revision of the tables: which one a database is at, which one this code needs, and how to get there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from monitor.errors import SchemaRevisionError
from monitor.settings import DatabaseSettings, Settings
from monitor.store.connections import describe_database, migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.roles import SCHEMA_LOCK, SETUP_ROLES, become_owner

MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def required_revision() -> str:
    """Return the revision that this code needs."""
    revision = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    assert revision is not None  # noqa: S101 - the package ships at least one migration
    return revision


def current_revision(settings: Settings) -> str | None:
    """Return the database's revision, or None if it was never migrated.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database does not exist.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return read_revision(connection)


def read_revision(connection: Connection) -> str | None:
    """Return the revision of the connected database, or None if it was never migrated."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def revision_error(revision: str | None, database: DatabaseSettings) -> SchemaRevisionError:
    """Return the error for a database that is at `revision` instead of `required_revision()`."""
    name, required = describe_database(database), required_revision()
    if not _is_known(revision):
        return SchemaRevisionError(
            f"the database {name} is at revision {revision}, but this ade-monitor knows only "
            f"up to {required}",
            "install the newer ade-monitor that migrated it (`ade-monitor db upgrade` goes forward only)",
        )
    state = f"at revision {revision}" if revision else "at no revision (it is empty)"
    return SchemaRevisionError(
        f"the database {name} is {state}, this ade-monitor needs {required}", "run `ade-monitor db upgrade`"
    )


def upgrade_database(settings: Settings) -> str | None:
    """Create or change the tables up to `required_revision()`; the database itself must exist.

    Two upgrades at the same time are safe: the second waits for the first, and has nothing left to do.
    A migration that fails leaves the database as it was.

    Returns:
        The revision that the database was at before.

    Raises:
        SchemaRevisionError: a newer ade-monitor migrated this database.
        RetryableError: the database is away.
        FatalError: the login was refused, the database does not exist, or a migration failed.
    """
    return _migrate(settings, required_revision())


def downgrade_database(settings: Settings, revision: str) -> str | None:
    """Go back to an earlier revision, or to "base", which drops all tables and the data in them."""
    return _migrate(settings, revision)


def _migrate(settings: Settings, target: str) -> str | None:
    engine = migrating_engine(settings.database)
    with translate_driver_errors(settings.database), engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": SCHEMA_LOCK})
        before = read_revision(guard)
        # The lock belongs to the session, not to this transaction: it lasts until `guard` is closed.
        guard.commit()
        if not _is_known(before):
            raise revision_error(before, settings.database)
        config = _alembic_config()
        with engine.begin() as connection:
            become_owner(connection)
            config.attributes["connection"] = connection
            if target == required_revision():
                command.upgrade(config, target)
                connection.execute(text(SETUP_ROLES))
            else:
                command.downgrade(config, target)
    return before


def _is_known(revision: str | None) -> bool:
    """Return True if this code has the migration to `revision`, or if the database is empty (None)."""
    scripts = ScriptDirectory.from_config(_alembic_config()).walk_revisions()
    return revision is None or revision in {script.revision for script in scripts}


def _alembic_config() -> Config:
    """Return alembic's configuration: no file is read, and it knows no URL."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config

"""Which revision the code was written for, and which one a database is at."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Configure alembic from the package; no file is read, and no URL is known to it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def head() -> str:
    """Name the revision that this code needs."""
    found = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert found is not None  # noqa: S101 - the package ships at least one migration
    return found


def revision_in(connection: Connection) -> str | None:
    """Read the revision that a database is at; None where it never was migrated."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def is_known(revision: str | None) -> bool:
    """Whether this code has the migration of that revision; None, an empty database, counts as known."""
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    return revision is None or revision in known


def revision_problem(found: str | None, where: str) -> str:
    """Say what to do about a database at `found` that should be at `head()`."""
    if not is_known(found):
        return (
            f"the database {where} is at revision {found}, but this ade-monitor knows only up to {head()}: "
            "install the newer ade-monitor that migrated it (`ade-monitor db upgrade` goes forward only)"
        )
    at = f"at revision {found}" if found else "at no revision (it is empty)"
    return f"the database {where} is {at}, this ade-monitor needs {head()}: run `ade-monitor db upgrade`"

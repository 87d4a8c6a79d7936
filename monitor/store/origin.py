"""What a file needs to say about the database that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.connections import describe_database, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.revisions import read_revision

_LOGIN: Final = text("SELECT session_user")
_RELEASES: Final = text("SELECT release FROM terminology_releases ORDER BY imported_at, release")
_BUNDLES: Final = text("SELECT DISTINCT bundle FROM hourly_counts ORDER BY bundle")


@dataclass(frozen=True, slots=True)
class DatabaseOrigin:
    """A database, and what its rows were made with.

    Attributes:
        database: name, host and port.
        login: the user of the database.
        revision: of the tables.
        releases: of the terminology that were imported.
        bundles: versions that have scored posts.
    """

    database: str
    login: str
    revision: str
    releases: tuple[str, ...]
    bundles: tuple[str, ...]


def read_origin(settings: Settings) -> DatabaseOrigin:
    """Return what is known of the database.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return DatabaseOrigin(
            database=describe_database(database),
            login=str(connection.scalar(_LOGIN)),
            revision=read_revision(connection) or "",
            releases=tuple(connection.execute(_RELEASES).scalars()),
            bundles=tuple(connection.execute(_BUNDLES).scalars()),
        )

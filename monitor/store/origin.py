"""What a file needs to say about the database that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.bounded_connections import lift_time_limit
from monitor.store.connections import describe_database, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.revisions import read_revision

_LOGIN: Final = text("SELECT session_user")
_RELEASES: Final = text("SELECT release FROM terminology_releases ORDER BY imported_at, release")
_BUNDLES: Final = text("SELECT DISTINCT bundle FROM hourly_counts ORDER BY bundle")

# Only events that matched nothing are ever removed, so the sum changes with each erasure.
_ERASED: Final = text(
    "SELECT COALESCE(sum(CAST(each.value AS bigint)), 0) FROM compliance_events "
    "CROSS JOIN LATERAL jsonb_each_text(touched) AS each WHERE touched <> '{}'"
)


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


def count_erased_rows(settings: Settings) -> int:
    """Return how many rows events have erased or changed so far: deletions, edits by a platform, retention.

    Two equal counts mean that nothing was erased in between.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        lift_time_limit(connection)
        return int(connection.execute(_ERASED).scalar_one())

"""What another release changes: the codes of mentions before and after, counted in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.connections import migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors

_PAIRS: Final = text(
    "SELECT m.ptid, m.pt_name, r.ptid, r.pt_name, count(*) AS mentions "
    "FROM recoded_mentions AS r JOIN mentions AS m ON m.id = r.mention_id WHERE r.release = :release "
    "GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4"
)
_LEFT: Final = text(
    "SELECT count(*) FROM mentions AS m WHERE NOT EXISTS "
    "(SELECT FROM recoded_mentions AS r WHERE r.mention_id = m.id AND r.release = :release)"
)
# From one release to the next in the index, since DISTINCT would read all rows.
_CODINGS: Final = text(
    "WITH RECURSIVE names AS ((SELECT release FROM recoded_mentions ORDER BY release LIMIT 1) UNION ALL "
    "SELECT (SELECT r.release FROM recoded_mentions AS r WHERE r.release > names.release "
    "ORDER BY r.release LIMIT 1) FROM names WHERE names.release IS NOT NULL) "
    "SELECT release FROM names WHERE release IS NOT NULL"
)
# Both ends are found in an index; a count would read all mentions.
_HAS_NEWER: Final = text(
    "SELECT COALESCE((SELECT max(id) FROM mentions) > "
    "(SELECT mention_id FROM recoded_mentions WHERE release = :release ORDER BY mention_id DESC LIMIT 1), "
    "true)"
)


@dataclass(frozen=True, slots=True)
class CodePair:
    """Mentions with the same original code and the same new one.

    Attributes:
        ptid: original code; None if the mentions had none.
        pt_name: its name.
        new_ptid: code by the other release; None if the mentions have none now.
        new_pt_name: its name.
        mentions: how many.
    """

    ptid: str | None
    pt_name: str | None
    new_ptid: str | None
    new_pt_name: str | None
    mentions: int


def count_code_pairs(settings: Settings, release: str) -> Iterator[CodePair]:
    """Yield the pairs of original and new codes, those with the most mentions first.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    # Counting all mentions may take longer than the limit of a query.
    with translate_driver_errors(database), migrating_engine(database).connect() as connection:
        for row in connection.execution_options(yield_per=1_000).execute(_PAIRS, {"release": release}):
            yield CodePair(*row)


def count_not_recoded(settings: Settings, release: str) -> int:
    """Return the number of mentions without a code by a release.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), migrating_engine(database).connect() as connection:
        return int(connection.scalar(_LEFT, {"release": release}) or 0)


def has_newer_mentions(settings: Settings, release: str) -> bool:
    """Return True if there are mentions that came after the newest one with a code by a release.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return bool(connection.scalar(_HAS_NEWER, {"release": release}))


def stored_codings(settings: Settings) -> list[str]:
    """Return the releases by which mentions were recoded.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return list(connection.execute(_CODINGS).scalars())

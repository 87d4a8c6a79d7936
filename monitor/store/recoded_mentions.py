"""Codes of stored mentions by other releases of MedDRA, next to their original codes.

Mentions with the same words are coded together. Which words are still to be coded is in a temporary table of
the session, so no transaction stays open, and memory is constant. A run that was interrupted starts with
what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from monitor.errors import FatalError, RetryableError
from monitor.settings import Settings
from monitor.store.connections import migrating_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.statements import LOCK_FOR_WRITING

_LOCK: Final = 0x6164652D726563
_TRY_LOCK: Final = text(f"SELECT pg_try_advisory_lock({_LOCK})")

_CREATE: Final = text(
    "CREATE TEMP TABLE pending_texts (number bigint PRIMARY KEY, span text, text text, ids bigint[])"
)
_IS_PENDING: Final = (
    "NOT EXISTS (SELECT FROM recoded_mentions AS r "
    "WHERE r.mention_id = m.id AND r.release = :release AND r.bundle = :bundle)"
)
_FILL: Final = text(
    "INSERT INTO pending_texts "  # noqa: S608
    "SELECT row_number() OVER (ORDER BY min(m.id)), m.text, NULL, array_agg(m.id) "
    f"FROM mentions AS m WHERE {_IS_PENDING} GROUP BY m.text"
)
# Of older versions of a post, the text is not stored.
_FILL_WITH_TEXTS: Final = text(
    "INSERT INTO pending_texts "  # noqa: S608
    "SELECT row_number() OVER (ORDER BY min(m.id)), m.text, t.text, array_agg(m.id) "
    "FROM mentions AS m LEFT JOIN tweets AS t ON t.tweet_id = m.tweet_id AND t.posted_at = m.posted_at "
    "AND t.version = m.version "
    f"WHERE {_IS_PENDING} GROUP BY m.text, t.text"
)
_COUNT: Final = text(
    "SELECT count(*) AS texts, COALESCE(sum(cardinality(ids)), 0) AS mentions FROM pending_texts"
)
_PAGE: Final = text(
    "SELECT number, span, text FROM pending_texts WHERE number > :after ORDER BY number LIMIT :most"
)
# A mention may have been deleted since the table was filled. The lock keeps it until the row refers to it.
_STORE: Final = text(
    "INSERT INTO recoded_mentions (mention_id, release, bundle, ptid, pt_name, pt_score) "
    "SELECT m.id, :release, :bundle, c.ptid, c.pt_name, c.pt_score "
    "FROM (SELECT unnest(CAST(:numbers AS bigint[])) AS number, unnest(CAST(:ptids AS text[])) AS ptid, "
    "unnest(CAST(:pt_names AS text[])) AS pt_name, "
    "unnest(CAST(:pt_scores AS double precision[])) AS pt_score) AS c "
    "JOIN pending_texts AS p ON p.number = c.number CROSS JOIN LATERAL unnest(p.ids) AS of_text (id) "
    "JOIN mentions AS m ON m.id = of_text.id ORDER BY m.id FOR KEY SHARE OF m "
    "ON CONFLICT (mention_id, release) DO UPDATE SET bundle = excluded.bundle, ptid = excluded.ptid, "
    "pt_name = excluded.pt_name, pt_score = excluded.pt_score, coded_at = now()"
)

PAGE: Final = 256
"""Number of texts that are coded and stored at a time."""

_ATTEMPTS: Final = 5
"""A page may be the victim of a deadlock with a deletion, and is stored again then."""


class PendingText(NamedTuple):
    """Words that are to be coded.

    Attributes:
        number: their number in this session.
        span: the words.
        text: the text around them; None if it is not stored, or does not matter.
    """

    number: int
    span: str
    text: str | None


@dataclass(frozen=True, slots=True)
class NewCode:
    """The code of a text by the other release; all fields but the first are None if it has none."""

    number: int
    ptid: str | None = None
    pt_name: str | None = None
    pt_score: float | None = None


class Recoding:
    """A session that stores the codes of one release.

    Attributes:
        texts: number of texts that were to be coded at the start.
        mentions: number of their mentions.
    """

    def __init__(self, connection: Connection, release: str, bundle: str, *, with_texts: bool) -> None:
        self._connection = connection
        self._names = {"release": release, "bundle": bundle}
        with connection.begin():
            connection.execute(_CREATE)
            connection.execute(_FILL_WITH_TEXTS if with_texts else _FILL, self._names)
            counts = connection.execute(_COUNT).one()
        self.texts: int = counts.texts
        self.mentions: int = int(counts.mentions)

    def pages(self) -> Iterator[list[PendingText]]:
        """Yield the texts, `PAGE` at a time."""
        after = 0
        while True:
            with self._connection.begin():
                rows = self._connection.execute(_PAGE, {"after": after, "most": PAGE}).all()
            if not rows:
                return
            yield [PendingText(*row) for row in rows]
            after = rows[-1].number

    def store(self, codes: Sequence[NewCode], settings: Settings) -> int:
        """Store the codes of a page in one transaction, and return the number of mentions.

        Raises:
            RetryableError: the database is away, or deadlocks did not end.
        """
        parameters: dict[str, Any] = {
            **self._names,
            "numbers": [code.number for code in codes],
            "ptids": [code.ptid for code in codes],
            "pt_names": [code.pt_name for code in codes],
            "pt_scores": [code.pt_score for code in codes],
        }
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with translate_driver_errors(settings.database), self._connection.begin():
                    self._connection.execute(LOCK_FOR_WRITING)
                    return self._connection.execute(_STORE, parameters).rowcount
            except RetryableError:
                if attempt == _ATTEMPTS or self._connection.invalidated:
                    raise
        raise AssertionError("the last attempt returned or raised")


@contextmanager
def recoding(settings: Settings, release: str, bundle: str, *, with_texts: bool) -> Iterator[Recoding]:
    """Open a session that codes mentions by another release; each page is committed by itself.

    Args:
        settings: of the database; the login needs the rights of `ade_admin`.
        release: version of the release.
        bundle: version of the bundle. Codes of the release by other bundles are replaced.
        with_texts: True if the same words in another text may have another code.

    Raises:
        RetryableError: the database is away.
        FatalError: another session codes mentions, the login may not write, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), migrating_engine(database).connect() as connection:
        with connection.begin():
            if not connection.scalar(_TRY_LOCK):
                raise FatalError(
                    "another `ade-monitor recode` is running in this database", "wait until it has ended"
                )
        yield Recoding(connection, release, bundle, with_texts=with_texts)

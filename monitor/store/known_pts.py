"""Whether a PT is known at all: a name with a typing error is not, one without effects is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz, process
from sqlalchemy import text

from models.terminology import packaged_pt_names
from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

_CLOSE: Final = 60.0  # of 100, similarity of a name that may be meant
_MOST_SUGGESTED: Final = 3

_IS_STORED: Final = text(
    """SELECT EXISTS (SELECT FROM mentions WHERE ptid = :label)
        OR EXISTS (SELECT FROM mentions WHERE lower(pt_name) = lower(:label))
        OR EXISTS (SELECT FROM pt_groups WHERE ptid = :label)
        OR EXISTS (SELECT FROM recoded_mentions
                   WHERE release = :coding AND (ptid = :label OR lower(pt_name) = lower(:label)))"""
)

# One probe of an index for each PT, and not a scan of all mentions.
_STORED_NAMES: Final = text(
    """WITH RECURSIVE codes AS (
        (SELECT ptid FROM mentions WHERE ptid IS NOT NULL ORDER BY ptid LIMIT 1)
        UNION ALL
        SELECT (SELECT ptid FROM mentions WHERE ptid > codes.ptid ORDER BY ptid LIMIT 1)
        FROM codes WHERE codes.ptid IS NOT NULL
    )
    SELECT (SELECT pt_name FROM mentions WHERE mentions.ptid = codes.ptid LIMIT 1)
    FROM codes WHERE ptid IS NOT NULL"""
)


class UnknownPtError(MonitorError):
    """Nothing that the monitor knows has this PT."""


def require_known_pt(settings: Settings, label: str, coding: str | None = None) -> None:
    """Check that a mention, the imported release or the default bundle has a PT.

    Args:
        settings: which database.
        label: code of the PT, or its name in any case.
        coding: version of a release that mentions were recoded with, whose PTs are known, too.

    Raises:
        UnknownPtError: none of them has it.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    packaged = packaged_pt_names()
    if label in packaged or label.casefold() in {name.casefold() for name in packaged.values()}:
        return
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        if connection.scalar(_IS_STORED, {"label": label, "coding": coding}):
            return
        stored = connection.scalars(_STORED_NAMES).all()
    close = close_names(label, {*packaged.values(), *filter(None, stored)})
    raise UnknownPtError(
        f"no effect in the database has the PT '{label}', and no imported release has this code",
        f"did you mean {close}?" if close else "write the PT as MedDRA does, such as Nausea",
    )


def close_names(label: str, names: Iterable[str]) -> str:
    """Return the names that are most like a label, with commas between them; an empty text if none is.

    Args:
        label: what a user wrote.
        names: to choose from.
    """
    matches = process.extract(
        label, sorted(set(names)), scorer=fuzz.WRatio, processor=str.casefold,
        limit=_MOST_SUGGESTED, score_cutoff=_CLOSE,
    )  # fmt: skip
    return ", ".join(match[0] for match in matches)

"""Cases as people read them: lists, and one case with its posts, facts and history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.errors import MonitorError
from monitor.findings import SERIOUS
from monitor.settings import Settings
from monitor.store.bounded_connections import lift_time_limit
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

SHORTEST_PREFIX: Final = 6
"""Fewest digits by which a case may be named."""


class UnknownCaseError(MonitorError):
    """No case has this id, or several have it."""


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """Which cases to find; a filter that is None lets all of them through.

    Attributes:
        statuses: one of these statuses; empty for all.
        drug: an ingredient of the drug, or the drug itself.
        pt: code of the PT, or its name in any case.
        owner: who works on it.
        since: with a post at this time or later.
        due_before: due before this time.
        serious: with a post that states a criterion of a serious case.
        limit: largest number of cases.
    """

    statuses: tuple[str, ...] = ()
    drug: str | None = None
    pt: str | None = None
    owner: str | None = None
    since: datetime | None = None
    due_before: datetime | None = None
    serious: bool | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case. `docs/database.md` explains the columns.

    Attributes:
        posts: number of its posts that are still stored with their text.
        copies: number of copies of its posts: their spread.
        facts: kinds of the facts that its posts state.
        serious: True if one of them is a criterion of a serious case.
        missing: the minimum criteria of a valid report that none of its posts meets.
    """

    case_id: str
    drug: str | None
    effect: str
    ptid: str | None
    pt_name: str | None
    first_at: datetime
    last_at: datetime
    opened_at: datetime
    status: str
    owner: str | None
    due_at: datetime | None
    changed_at: datetime
    posts: int
    copies: int
    facts: list[str]
    serious: bool
    missing: list[str]


@dataclass(frozen=True, slots=True)
class CasePostDetails:
    """A post of a case; without a text once it was erased."""

    tweet_id: str
    role: str
    posted_at: datetime
    text: str | None
    url: str | None
    copies: int
    spans: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What a person did with a case."""

    at: datetime
    actor: str
    change: dict[str, Any]
    note: str | None


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """A case with its posts, the oldest first, and its history."""

    summary: CaseSummary
    posts: list[CasePostDetails] = field(default_factory=list)
    events: list[CaseEvent] = field(default_factory=list)


# A criterion is missing if every post that is left lacks it. Without any, nobody is known.
_SUMMARY: Final = """
    SELECT c.case_id, c.drug, c.effect, c.ptid, c.pt_name, c.first_at, c.last_at, c.opened_at, c.status,
        c.owner, c.due_at, c.changed_at,
        (SELECT count(*) FROM case_posts AS p JOIN post_times USING (tweet_id)
         JOIN tweets AS t USING (tweet_id, posted_at)
         WHERE p.case_id = c.case_id AND t.erased_at IS NULL) AS posts,
        (SELECT count(*) FROM case_posts AS p JOIN post_copies AS k ON k.first_id = p.tweet_id
         WHERE p.case_id = c.case_id) AS copies,
        facts.kinds AS facts, facts.kinds && CAST(:serious_kinds AS text[]) AS serious,
        ARRAY(SELECT name FROM unnest(ARRAY['reporter', 'patient', 'product', 'event'])
              WITH ORDINALITY AS criteria (name, number)
              WHERE CASE name WHEN 'product' THEN c.drug IS NULL WHEN 'event' THEN false ELSE NOT EXISTS (
                  SELECT FROM case_posts AS p JOIN post_times USING (tweet_id)
                  JOIN tweets AS t USING (tweet_id, posted_at)
                  WHERE p.case_id = c.case_id AND t.erased_at IS NULL AND NOT p.missing ? name) END
              ORDER BY number) AS missing
    FROM cases AS c CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT DISTINCT f.kind FROM case_posts AS p
                     JOIN post_times USING (tweet_id) JOIN tweets AS t USING (tweet_id, posted_at)
                     JOIN post_facts AS f ON f.tweet_id = t.tweet_id AND f.posted_at = t.posted_at
                        AND f.version = t.version
                     WHERE p.case_id = c.case_id ORDER BY 1) AS kinds
    ) AS facts
"""

_POSTS: Final = text(
    """
    SELECT p.tweet_id, p.role, t.posted_at, t.text, t.url,
        (SELECT count(*) FROM post_copies AS k WHERE k.first_id = p.tweet_id) AS copies,
        COALESCE((
            SELECT jsonb_agg(DISTINCT jsonb_build_object('start', m.start, 'end', m."end", 'text', m.text))
            FROM mentions AS m
            WHERE m.tweet_id = t.tweet_id AND m.posted_at = t.posted_at
                AND m.version = t.version AND m.case_id = p.case_id
        ), '[]') AS spans,
        COALESCE((
            SELECT jsonb_agg(jsonb_build_object('kind', f.kind, 'text', f.text, 'value', f.value,
                             'start', f.start, 'end', f."end") ORDER BY f.start, f.kind)
            FROM post_facts AS f WHERE f.tweet_id = t.tweet_id AND f.posted_at = t.posted_at
                AND f.version = t.version
        ), '[]') AS facts,
        p.missing
    FROM case_posts AS p JOIN post_times USING (tweet_id) JOIN tweets AS t USING (tweet_id, posted_at)
    WHERE p.case_id = :case_id
    ORDER BY t.posted_at, p.tweet_id
    """
)

_EVENTS: Final = text("SELECT at, actor, change, note FROM case_events WHERE case_id = :case_id ORDER BY id")

_CONDITIONS: Final = {
    "statuses": "c.status = ANY(CAST(:statuses AS text[]))",
    "drug": "(c.drug = :drug OR :drug = ANY(string_to_array(c.drug, ' + ')))",
    "pt": "(c.ptid = :pt OR lower(c.pt_name) = lower(:pt))",
    "owner": "c.owner = :owner",
    "since": "c.last_at >= :since",
    "due_before": "c.due_at < :due_before",
    "serious": "facts.kinds && CAST(:serious_kinds AS text[]) = :serious",
}

_FOLLOWS: Final = "(c.last_at, c.case_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS text))"


def find_cases(
    settings: Settings,
    filters: CaseFilters,
    *,
    after: tuple[datetime, str] | None = None,
    any_time: bool = False,
) -> Iterator[CaseSummary]:
    """Yield the cases that pass the filters, the one with the latest post first.

    Args:
        settings: which database.
        filters: which cases.
        after: only those that follow the case with this time of the last post and this id.
        any_time: let the database take longer than `database.statement_timeout`.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    values = {name: getattr(filters, name) for name in _CONDITIONS}
    set_values = {name: value for name, value in values.items() if value not in (None, ())}
    if "statuses" in set_values:
        set_values["statuses"] = list(filters.statuses)
    conditions = [_CONDITIONS[name] for name in set_values]
    if after is not None:
        conditions.append(_FOLLOWS)
        set_values["after_at"], set_values["after_id"] = after
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = text(f"{_SUMMARY} {where} ORDER BY c.last_at DESC, c.case_id DESC LIMIT :limit")
    parameters = {**set_values, "limit": filters.limit, "serious_kinds": _serious_kinds()}
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        if any_time:
            lift_time_limit(connection)
        for row in connection.execution_options(yield_per=500).execute(query, parameters):
            yield CaseSummary(*row)


def read_case(settings: Settings, name: str) -> CaseDetails:
    """Return a case.

    Args:
        settings: which database.
        name: its id, or at least the first `SHORTEST_PREFIX` digits of it.

    Raises:
        UnknownCaseError: no case has this id, or several have it.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        case_id = case_id_from(connection, name)
        parameters = {"case_id": case_id, "serious_kinds": _serious_kinds()}
        summary = connection.execute(text(f"{_SUMMARY} WHERE c.case_id = :case_id"), parameters).one()
        posts = [CasePostDetails(*row) for row in connection.execute(_POSTS, {"case_id": case_id})]
        events = [CaseEvent(*row) for row in connection.execute(_EVENTS, {"case_id": case_id})]
    return CaseDetails(CaseSummary(*summary), posts, events)


def case_id_from(connection: Connection, name: str) -> str:
    """Return the id of the case that a name stands for.

    Raises:
        UnknownCaseError: no case has this id, or several have it.
    """
    digits = name.strip().casefold()
    if len(digits) < SHORTEST_PREFIX or not set(digits) <= set("0123456789abcdef"):
        raise UnknownCaseError(
            f"'{name:.40}' is not the id of a case: write its 16 hexadecimal digits, or at least the first "
            f"{SHORTEST_PREFIX}",
            "`ade-monitor cases list` shows the ids",
        )
    query = text("SELECT case_id FROM cases WHERE case_id LIKE :start || '%' ORDER BY case_id LIMIT 2")
    ids = list(connection.execute(query, {"start": digits}).scalars())
    if len(ids) == 1:
        return str(ids[0])
    problem = f"several cases have ids that start with {digits}" if ids else f"there is no case {digits}"
    raise UnknownCaseError(problem, "`ade-monitor cases list` shows the ids")


def _serious_kinds() -> list[str]:
    return sorted(kind.value for kind in SERIOUS)

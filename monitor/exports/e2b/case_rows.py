"""Read cases with all that a safety report needs, in pages, so that any number of cases fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.settings import Settings
from monitor.store.cases import CaseFilters, CaseSummary, find_cases, read_case
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

PAGE: Final = 200
"""Cases that are read at once."""

_POSTS: Final = text(
    """
    SELECT p.case_id, p.role, t.posted_at, t.first_seen_at, t.text, t.url, t.platform, t.lang,
        COALESCE((
            SELECT jsonb_agg(DISTINCT jsonb_build_object('start', m.start, 'words', m.text, 'drug', m.drug,
                'drug_text', m.drug_text, 'atc', m.drug_atc))
            FROM mentions AS m
            WHERE m.tweet_id = t.tweet_id AND m.posted_at = t.posted_at
                AND m.version = t.version AND m.case_id = p.case_id
        ), '[]') AS mentions,
        COALESCE((
            SELECT jsonb_agg(jsonb_build_object('kind', f.kind, 'text', f.text, 'value', f.value,
                             'end', f."end") ORDER BY f.start, f.kind)
            FROM post_facts AS f WHERE f.tweet_id = t.tweet_id AND f.posted_at = t.posted_at
                AND f.version = t.version
        ), '[]') AS facts,
        ARRAY(
            SELECT DISTINCT COALESCE(m.drug, '') FROM mentions AS m
            WHERE m.tweet_id = t.tweet_id AND m.posted_at = t.posted_at AND m.version = t.version
        ) AS drugs,
        ARRAY(
            SELECT DISTINCT COALESCE(m.ptid, lower(m.text)) FROM mentions AS m
            WHERE m.tweet_id = t.tweet_id AND m.posted_at = t.posted_at AND m.version = t.version
        ) AS effects,
        ARRAY(
            SELECT o.case_id FROM case_posts AS o JOIN cases AS c USING (case_id)
            WHERE o.tweet_id = p.tweet_id AND o.case_id <> p.case_id AND o.role = 'report'
                AND c.drug IS NOT NULL AND c.ptid IS NOT NULL AND c.status <> 'not-a-case'
            ORDER BY o.case_id
        ) AS linked
    FROM case_posts AS p JOIN post_times USING (tweet_id) JOIN tweets AS t USING (tweet_id, posted_at)
    WHERE p.case_id = ANY(CAST(:ids AS text[]))
    ORDER BY p.case_id, t.posted_at, p.tweet_id
    """
)


@dataclass(frozen=True, slots=True)
class ReportPost:
    """A post of a case.

    Attributes:
        role: "report", "follow-up" or "thread".
        posted_at: when it was posted.
        received_at: when the monitor first had it.
        text: its text; None once it was erased.
        url: its address, or None.
        platform: its platform, or None.
        lang: BCP 47 tag of its language, or None.
        mentions: the effects of this case in it: start, words, drug, drug_text and atc.
        facts: what it states: kind, text, value and end.
        drugs: drugs of all its effects; an empty text for none.
        effects: all its effects.
        linked: other cases that have this post as their report.
    """

    role: str
    posted_at: datetime
    received_at: datetime
    text: str | None
    url: str | None
    platform: str | None
    lang: str | None
    mentions: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    drugs: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CaseRows:
    """A case with its posts, the oldest first."""

    summary: CaseSummary
    posts: Sequence[ReportPost]


def read_cases(settings: Settings, names: Sequence[str], filters: CaseFilters) -> Iterator[CaseRows]:
    """Yield cases with their posts.

    Args:
        settings: which database.
        names: ids of cases, or their first digits; if there are none, all that pass the filters.
        filters: which cases.

    Raises:
        UnknownCaseError: no case has one of the ids, or several have it.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    if names:
        named = [read_case(settings, name).summary for name in names]
        summaries = iter({summary.case_id: summary for summary in named}.values())
    else:
        summaries = find_cases(settings, filters, any_time=True)
    while page := list(islice(summaries, PAGE)):
        posts = _read_posts(settings, [summary.case_id for summary in page])
        for summary in page:
            yield CaseRows(summary, posts.get(summary.case_id, []))


def _read_posts(settings: Settings, ids: Sequence[str]) -> dict[str, list[ReportPost]]:
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return _posts_by_case(connection, ids)


def _posts_by_case(connection: Connection, ids: Sequence[str]) -> dict[str, list[ReportPost]]:
    posts: dict[str, list[ReportPost]] = {}
    for case_id, *values in connection.execute(_POSTS, {"ids": list(ids)}):
        posts.setdefault(case_id, []).append(ReportPost(*values))
    return posts

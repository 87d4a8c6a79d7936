"""The view `ade_report`: what analysts read, and what stays the same when tables change.

The migrations hold their own, frozen copies of the definition; a test holds that the last one is this one.

Find ADEs in the database: filters in, rows out, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, column, func, literal_column, or_, select, table

from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.tables import WORDS, mentions, predictions, tweets

REPORT = "ade_report"

# Another bundle may judge a tweet again: its latest judgement counts, also where it takes an ADE back.
REPORT_DEFINITION = """
    SELECT
        t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id
    FROM mentions m
    JOIN predictions p ON p.tweet_id = m.tweet_id AND p.bundle = m.bundle
    JOIN tweets t ON t.tweet_id = m.tweet_id
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""


ALL_BUNDLES = "all"

_FETCHED_AT_ONCE = 500
_SIMPLE: ColumnElement[Any] = literal_column("'simple'")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]+")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which ADEs are asked for; None asks for all.

    Attributes:
        since: posted then or later.
        until: posted before.
        pt: code of a PT, or its name in any case.
        text: words of the tweet, all of them, in any order and case.
        drug: a word of the tweet, or several in a row, in any case, also as a hashtag.
        min_probability: the tweet's probability, at least.
        min_score: the span's score, at least.
        bundle: judged by this version; `ALL_BUNDLES` for every version, None for the latest of each tweet.
        coded: True for spans with a PT, False for spans without.
        limit: at most that many rows.
    """

    since: datetime | None = None
    until: datetime | None = None
    pt: str | None = None
    text: str | None = None
    drug: str | None = None
    min_probability: float | None = None
    min_score: float | None = None
    bundle: str | None = None
    coded: bool | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedEffect:
    """One adverse effect in one tweet: a row of the view `ade_report`."""

    posted_at: datetime
    tweet_id: str
    lang: str | None
    text: str
    span: str
    start: int
    end: int
    probability: float
    span_score: float
    ptid: str | None
    pt_name: str | None
    pt_score: float | None
    bundle: str
    predicted_at: datetime


def find_effects(settings: Settings, filters: Filters) -> Iterator[ReportedEffect]:
    """Yield what the filters ask for, newest first; memory stays the same however much there is.

    Rows with the same time are ordered by tweet, bundle and offset, so the order is always the same.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    query = select_effects(filters)
    with (
        translate_driver_errors(settings.database),
        reading_engine(settings.database).connect() as connection,
    ):
        # A server-side cursor: rows come in portions, and the server does not sort for the client to wait.
        for row in connection.execution_options(yield_per=_FETCHED_AT_ONCE).execute(query):
            yield ReportedEffect(*row)


def has_words(text: str) -> bool:
    """Whether a text can be searched for: at least one letter or digit."""
    return any(character.isalnum() for character in text)


def select_effects(filters: Filters) -> Select[Any]:
    """Build the query; every value of a filter travels as a parameter."""
    source = _source(filters.bundle)
    columns = source.c
    chosen = select(*(columns[name] for name in ReportedEffect.__dataclass_fields__)).where(
        *_conditions(columns, source.name, filters)
    )
    ordered = chosen.order_by(
        columns.posted_at.desc(),
        columns.tweet_id.desc(),
        columns.predicted_at.desc(),
        columns.bundle.desc(),
        columns.start,
        columns.end,
    )
    return ordered.limit(filters.limit)


def _source(bundle: str | None) -> Any:
    """Give the view for the latest judgement of each tweet, and its like for what it leaves out."""
    if bundle is None:
        return table(REPORT, *(column(name) for name in ReportedEffect.__dataclass_fields__))
    judged = mentions.join(predictions).join(tweets)
    chosen = select(
        tweets.c.posted_at,
        tweets.c.tweet_id,
        tweets.c.lang,
        tweets.c.text,
        mentions.c.text.label("span"),
        mentions.c.start,
        mentions.c.end,
        predictions.c.probability,
        mentions.c.score.label("span_score"),
        mentions.c.ptid,
        mentions.c.pt_name,
        mentions.c.pt_score,
        predictions.c.bundle,
        predictions.c.predicted_at,
    ).select_from(judged)
    if bundle != ALL_BUNDLES:
        chosen = chosen.where(predictions.c.bundle == bundle)
    return chosen.subquery("judged")


def _conditions(columns: Any, source: str, filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.since is not None:
        yield columns.posted_at >= filters.since
    if filters.until is not None:
        yield columns.posted_at < filters.until
    if filters.pt is not None:
        yield or_(columns.ptid == filters.pt, func.lower(columns.pt_name) == func.lower(filters.pt))
    if filters.min_probability is not None:
        yield columns.probability >= filters.min_probability
    if filters.min_score is not None:
        yield columns.span_score >= filters.min_score
    if filters.coded is not None:
        yield columns.ptid.is_not(None) if filters.coded else columns.ptid.is_(None)
    words: ColumnElement[Any] = literal_column(WORDS.format(text=f"{source}.text"))
    if filters.text is not None:
        yield words.op("@@")(func.plainto_tsquery(_SIMPLE, _spaced(filters.text)))
    if filters.drug is not None:
        yield words.op("@@")(func.phraseto_tsquery(_SIMPLE, _spaced(filters.drug)))


def _spaced(words: str) -> str:
    """Put spaces for the punctuation that `WORDS` takes out of the tweets."""
    return _PUNCTUATION.sub(" ", words)

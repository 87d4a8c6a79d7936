"""The view `ade_report`, which analysts read, and `find_effects`, which reads it for `ade-monitor query`.

Tables may change, but the view keeps its columns. Each migration that changes it has its own, frozen copy of
the definition; a test checks that the last copy is `REPORT_DEFINITION`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql

from monitor.settings import Settings
from monitor.store.bounded_connections import lift_time_limit
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.enrichment_tables import post_copies, recoded_mentions
from monitor.store.group_filters import GroupFilter, group_condition
from monitor.store.listed_effects import Listedness
from monitor.store.listedness_filter import listedness_condition
from monitor.store.report_order import EffectKey, follows, in_order
from monitor.store.tables import WORDS, mentions, predictions, tweets
from monitor.word_search import spaced

if TYPE_CHECKING:
    from monitor.enrich.drugs import DrugChoice

REPORT = "ade_report"
ALL_BUNDLES = "all"

_FETCHED_AT_ONCE = 500
_CODES = ("ptid", "pt_name", "pt_score")
_SIMPLE: ColumnElement[Any] = literal_column("'simple'")


_m, _p, _t, _c = mentions.alias("m"), predictions.alias("p"), tweets.alias("t"), post_copies.alias("c")

REPORT_COLUMNS = (
    _t.c.posted_at,
    _t.c.tweet_id,
    _t.c.lang,
    _t.c.text,
    _m.c.text.label("span"),
    _m.c.start,
    _m.c.end,
    _p.c.probability,
    _m.c.score.label("span_score"),
    _m.c.ptid,
    _m.c.pt_name,
    _m.c.pt_score,
    _p.c.bundle,
    _p.c.predicted_at,
    _m.c.id.label("mention_id"),
    _t.c.platform,
    _t.c.kind,
    _t.c.url,
    _t.c.referenced_id,
    _t.c.context,
    _t.c.edited_at,
    _t.c.version,
    _p.c.first_probability,
    _p.c.second_probability,
    _m.c.drug,
    _m.c.drug_text,
    _m.c.drug_atc,
    _m.c.drug_score,
    _m.c.drug_place,
    _m.c.case_id,
    _m.c.tags,
    _c.c.first_id.label("copy_of"),
    _c.c.kind.label("copy_kind"),
)
"""The columns of the view, in its order. A new column goes to the end."""

# Mentions of older versions are not in it, because their offsets do not fit the stored text.
_EVERY_PREDICTION = select(*REPORT_COLUMNS).select_from(
    _m.join(
        _p,
        and_(
            _p.c.tweet_id == _m.c.tweet_id,
            _p.c.posted_at == _m.c.posted_at,
            _p.c.bundle == _m.c.bundle,
            _p.c.version == _m.c.version,
        ),
    )
    .join(
        _t,
        and_(_t.c.tweet_id == _p.c.tweet_id, _t.c.posted_at == _p.c.posted_at, _t.c.version == _p.c.version),
    )
    .outerjoin(_c, _c.c.tweet_id == _t.c.tweet_id)
)

# Several bundles may score a post: the latest prediction counts, even if it takes an ADE back.
_IS_LATEST = text(
    """NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id AND newer.posted_at = p.posted_at AND newer.version = p.version
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )"""
)

REPORT_DEFINITION = str(_EVERY_PREDICTION.where(_IS_LATEST).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
"""The query of the view."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which adverse effects to find; a filter that is None lets all of them through.

    Attributes:
        since: posted at this time or later.
        until: posted before this time.
        pt: code of a PT, or its name in any case.
        text: words of the tweet, all of them, in any order and case.
        drug: the effect is linked to this drug, to a combination with it, or to a drug of this class.
        min_probability: minimum probability of the tweet.
        min_score: minimum score of the span.
        bundle: found by this version; `ALL_BUNDLES` for every version, None for the latest of each tweet.
        coded: True for spans with a PT, False for spans without.
        groups: the PT belongs to each of these groups.
        listedness: whether the labels of the drug list the effect.
        coding: version of a release that mentions were recoded with (`ade-monitor recode`): its codes replace
            the original ones, and mentions that were not recoded are left out. None for the original codes.
        limit: largest number of rows.
    """

    since: datetime | None = None
    until: datetime | None = None
    pt: str | None = None
    text: str | None = None
    drug: DrugChoice | None = None
    min_probability: float | None = None
    min_score: float | None = None
    bundle: str | None = None
    coded: bool | None = None
    groups: tuple[GroupFilter, ...] = ()
    listedness: Listedness | None = None
    coding: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedEffect:
    """One adverse effect in one tweet: a row of the view `ade_report`, explained in `docs/database.md`."""

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
    platform: str | None = None
    kind: str = "original"
    url: str | None = None
    referenced_id: str | None = None
    context: list[dict[str, str]] | None = None
    edited_at: datetime | None = None
    version: int = 1
    first_probability: float | None = None
    second_probability: float | None = None
    drug: str | None = None
    drug_text: str | None = None
    drug_atc: str | None = None
    drug_score: float | None = None
    drug_place: str | None = None
    case_id: str | None = None
    tags: list[str] = field(default_factory=list)
    copy_of: str | None = None
    copy_kind: str | None = None


def find_effects(
    settings: Settings, filters: Filters, *, after: EffectKey | None = None, any_time: bool = False
) -> Iterator[ReportedEffect]:
    """Yield the effects that pass the filters, newest first, in constant memory.

    Rows with the same time are ordered by tweet, bundle and offset, so the order is always the same.

    Args:
        settings: which database.
        filters: which effects.
        after: only those that follow this one in the order.
        any_time: let the database take longer than `database.statement_timeout`.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    query = select_effects(filters, after)
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        if any_time:
            lift_time_limit(connection)
        # With a server-side cursor, rows arrive in portions while the server still reads.
        for row in connection.execution_options(yield_per=_FETCHED_AT_ONCE).execute(query):
            yield ReportedEffect(*row)


def select_effects(filters: Filters, after: EffectKey | None = None) -> Select[Any]:
    """Build the query; every value of a filter is passed as a parameter."""
    source = _source(filters.bundle)
    if filters.coding is not None:
        source = _recoded(source, filters.coding)
    columns = source.c
    query = select(*(columns[name] for name in ReportedEffect.__dataclass_fields__)).where(
        *_conditions(columns, source.name, filters)
    )
    if after is not None:
        query = query.where(follows(columns, after))
    return query.order_by(*in_order(columns)).limit(filters.limit)


def _source(bundle: str | None) -> Any:
    """Return the view, which has the latest predictions, or a query like it that has older ones, too."""
    if bundle is None:
        return table(REPORT, *(column(reported.name, reported.type) for reported in REPORT_COLUMNS))
    query = _EVERY_PREDICTION
    if bundle != ALL_BUNDLES:
        query = query.where(_p.c.bundle == bundle)
    return query.subquery("effects")


def _recoded(source: Any, release: str) -> Any:
    """Return a source with the codes of another release in place of the original ones."""
    codes = recoded_mentions.alias("codes")
    columns = [codes.c[name] if name in _CODES else source.c[name] for name in source.c.keys()]  # noqa: SIM118
    same_mention = and_(codes.c.mention_id == source.c.mention_id, codes.c.release == release)
    return select(*columns).select_from(source.join(codes, same_mention)).subquery("recoded")


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
    for group in filters.groups:
        yield group_condition(columns.ptid, group)
    if filters.listedness is not None:
        yield listedness_condition(columns.drug, columns.ptid, filters.listedness)
    words: ColumnElement[Any] = literal_column(WORDS.format(text=f"{source}.text"))
    if filters.text is not None:
        yield words.op("@@")(func.plainto_tsquery(_SIMPLE, spaced(filters.text)))
    if filters.drug is not None:
        yield _is_drug(columns, source, filters.drug)


def _is_drug(columns: Any, source: str, choice: DrugChoice) -> ColumnElement[bool]:
    # As in the index ix_mentions_ingredients, which leaves NULL out.
    ingredients: ColumnElement[Any] = literal_column(f"string_to_array({source}.drug, ' + ')")
    is_drug = and_(
        columns.drug.is_not(None), ingredients.op("@>")(cast(choice.ingredients, postgresql.ARRAY(Text)))
    )
    if not choice.atc:
        return is_drug
    return or_(is_drug, columns.drug_atc.startswith(choice.atc, autoescape=True))

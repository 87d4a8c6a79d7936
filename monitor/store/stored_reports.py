"""The effects of stored posts as reports for rules: what rules would have been asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, text

from models import Mention, TweetPrediction
from monitor.effect_reports import CopyKind, CopyOf, EffectReport, reports_of
from monitor.findings import DrugLink, DrugMention, DrugNaming, DrugPlace, Fact, FactKind, Findings
from monitor.records import ContextKind, ContextPart, Origin, Post, PostKind, ReceivedPost, ScoredPost
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

_FETCHED_AT_ONCE: Final = 500

# `new_effects` has the effects whose first report with this drug is from the same time as the post.
_SELECT: Final = """
SELECT r.*, c.similarity AS copy_similarity,
    (SELECT jsonb_agg(jsonb_build_array(f.kind, f.start, f."end", f.text, f.value) ORDER BY f.start, f.kind)
        FROM post_facts f WHERE f.tweet_id = r.tweet_id AND f.posted_at = r.posted_at
            AND f.version = r.version) AS facts,
    (SELECT jsonb_agg(s.effect) FROM seen_pairs s WHERE s.drug = r.drug AND s.first_at = r.posted_at
        AND (s.effect = 'pt:' || r.ptid OR (r.ptid IS NULL AND s.effect LIKE 'words:%'))) AS new_effects
FROM ade_report r LEFT JOIN post_copies c ON c.tweet_id = r.tweet_id
WHERE r.text IS NOT NULL
"""
_NEWEST: Final = " ORDER BY r.posted_at DESC, r.tweet_id DESC, r.bundle, r.start"
_OLDEST: Final = " ORDER BY r.posted_at, r.tweet_id, r.bundle, r.start"


@dataclass(frozen=True, slots=True)
class StoredReport:
    """An effect of a stored post.

    Attributes:
        report: the effect. Its post has no author, and its drug counts as named by its generic name.
        predicted_at: when the post was scored.
        bundle: version of the bundle that scored it.
    """

    report: EffectReport
    predicted_at: datetime
    bundle: str


def stored_reports(
    settings: Settings,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tweet_id: str | None = None,
    oldest_first: bool = False,
) -> Iterator[StoredReport]:
    """Yield the effects of the current versions of stored posts, newest first, in constant memory.

    Args:
        settings: the database.
        since: posted at this time or later.
        until: posted before this time.
        tweet_id: of this post only.
        oldest_first: in the order in which they were posted.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    conditions = {
        "AND r.posted_at >= :since": ("since", since),
        "AND r.posted_at < :until": ("until", until),
        "AND r.tweet_id = :tweet_id": ("tweet_id", tweet_id),
    }
    chosen = {sql: pair for sql, pair in conditions.items() if pair[1] is not None}
    query = text(" ".join([_SELECT, *chosen, _OLDEST if oldest_first else _NEWEST]))
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        rows = connection.execution_options(yield_per=_FETCHED_AT_ONCE).execute(query, dict(chosen.values()))
        for _, mentions in groupby(rows, key=lambda row: (row.tweet_id, row.bundle)):
            yield from _reports(list(mentions))


def _reports(rows: Sequence[Row[Any]]) -> Iterator[StoredReport]:
    """Yield the reports of a post, of which `rows` are all mentions."""
    first = rows[0]
    prediction = TweetPrediction(
        "ADE",
        first.probability,
        tuple(
            Mention(row.start, row.end, row.span, row.span_score, row.ptid, row.pt_name, row.pt_score)
            for row in rows
        ),
        first_probability=first.first_probability,
        second_probability=first.second_probability,
    )
    links = {(row.start, row.end): _link(row) for row in rows if row.drug is not None}
    drugs = tuple(dict.fromkeys(link.drug for link in links.values()))
    findings = Findings(drugs=drugs, links=links, facts=_facts(first.facts))
    scored = ScoredPost(_received(first), prediction, findings)
    by_span = {(row.start, row.end): row for row in rows}
    copy = _copy(first)
    for report in reports_of([scored], {first.tweet_id: copy} if copy else {}):
        row = by_span[report.mention.start, report.mention.end]
        is_new = report.effect in (row.new_effects or ())
        full = replace(report, case_id=row.case_id, is_new_pair=is_new and copy is None)
        yield StoredReport(full, first.predicted_at, first.bundle)


def _received(row: Row[Any]) -> ReceivedPost:
    post = Post(
        id=row.tweet_id,
        text=row.text,
        created_at=row.posted_at,
        lang=row.lang,
        platform=row.platform,
        kind=PostKind(row.kind),
        referenced_id=row.referenced_id,
        url=row.url,
        edited_at=row.edited_at,
        context=tuple(
            ContextPart(ContextKind(part["kind"]), part["text"], part.get("id")) for part in row.context or ()
        ),
    )
    return ReceivedPost(post, Origin("", 0, 0, row.posted_at))


def _link(row: Row[Any]) -> DrugLink:
    mention = DrugMention(
        start=0,
        end=len(row.drug_text or row.drug),
        text=row.drug_text or row.drug,
        drug=row.drug,
        naming=DrugNaming.GENERIC,
        atc=row.drug_atc,
        place=DrugPlace(row.drug_place or DrugPlace.POST),
    )
    return DrugLink(mention, row.drug_score or 0.0)


def _facts(records: list[list[Any]] | None) -> tuple[Fact, ...]:
    return tuple(
        Fact(FactKind(kind), start, end, words, value) for kind, start, end, words, value in records or ()
    )


def _copy(row: Row[Any]) -> CopyOf | None:
    if row.copy_of is None:
        return None
    return CopyOf(row.copy_of, CopyKind(row.copy_kind), row.copy_similarity)

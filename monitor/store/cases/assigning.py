"""The rows of the cases of a batch, in the transaction of the batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.effect_reports import EffectReport
from monitor.store.cases.matching import Assignment, CaseMatcher, CasePost, Pair, pair_of

AUTHORS: Final = text(
    "SELECT tweet_id, author_hash FROM tweets WHERE tweet_id = ANY(CAST(:tweet_ids AS text[])) "
    "AND author_hash IS NOT NULL"
)

# Two workers that write posts of one author wait for each other here, so that both find the same case.
LOCK_AUTHORS: Final = text(
    "SELECT pg_advisory_xact_lock(number) FROM (SELECT DISTINCT hashtextextended('case ' || author, 0) "
    "AS number FROM unnest(CAST(:authors AS text[])) AS author ORDER BY number) AS numbers"
)

KNOWN_POSTS: Final = text(
    "SELECT c.case_id, c.effect, c.drug, p.tweet_id, t.author_hash FROM cases AS c "
    "JOIN case_posts AS p ON p.case_id = c.case_id JOIN tweets AS t ON t.tweet_id = p.tweet_id "
    "WHERE c.effect = ANY(CAST(:effects AS text[])) AND (p.tweet_id = ANY(CAST(:tweet_ids AS text[])) "
    "OR t.author_hash = ANY(CAST(:authors AS text[]))) ORDER BY c.first_at, c.case_id"
)

PUT_CASES: Final = text(
    "INSERT INTO cases AS t (case_id, drug, effect, ptid, pt_name, first_at, last_at) "
    "SELECT case_id, drug, effect, ptid, pt_name, at, at FROM unnest(CAST(:case_id AS text[]), "
    "CAST(:drug AS text[]), CAST(:effect AS text[]), CAST(:ptid AS text[]), CAST(:pt_name AS text[]), "
    "CAST(:at AS timestamptz[])) AS row (case_id, drug, effect, ptid, pt_name, at) "
    "ON CONFLICT (case_id) DO NOTHING"
)

# A follow-up opens a closed case again.
EXTEND_CASES: Final = text(
    "UPDATE cases AS t SET first_at = LEAST(t.first_at, row.first_at), "
    "last_at = GREATEST(t.last_at, row.last_at), changed_at = now(), "
    "status = CASE WHEN t.status = 'closed' THEN 'open' ELSE t.status END "
    "FROM (SELECT case_id, min(at) AS first_at, max(at) AS last_at FROM unnest(CAST(:case_id AS text[]), "
    "CAST(:at AS timestamptz[])) AS row (case_id, at) GROUP BY case_id) AS row WHERE t.case_id = row.case_id"
)

PUT_CASE_POSTS: Final = text(
    "INSERT INTO case_posts AS t (case_id, tweet_id, role, missing) "
    "SELECT case_id, tweet_id, role, CAST(missing AS jsonb) FROM unnest(CAST(:case_id AS text[]), "
    "CAST(:tweet_id AS text[]), CAST(:role AS text[]), CAST(:missing AS text[])) "
    "AS row (case_id, tweet_id, role, missing) ON CONFLICT DO NOTHING RETURNING t.case_id, t.tweet_id"
)

PUT_PAIRS: Final = text(
    "INSERT INTO seen_pairs AS t (drug, effect, first_at) SELECT drug, effect, at FROM "
    "unnest(CAST(:drug AS text[]), CAST(:effect AS text[]), CAST(:at AS timestamptz[])) "
    "AS row (drug, effect, at) ORDER BY drug, effect ON CONFLICT DO NOTHING RETURNING t.drug, t.effect"
)

LEAVE_CASES: Final = text(
    "DELETE FROM case_posts WHERE tweet_id = ANY(CAST(:edited AS text[])) AND NOT (case_id, tweet_id) IN "
    "(SELECT * FROM unnest(CAST(:case_ids AS text[]), CAST(:tweet_ids AS text[]))) RETURNING case_id"
)

# What a person has worked on stays, even without posts.
REMOVE_EMPTY_CASES: Final = text(
    "DELETE FROM cases AS c WHERE c.case_id = ANY(CAST(:case_ids AS text[])) AND c.status = 'new' "
    "AND NOT EXISTS (SELECT FROM case_posts AS p WHERE p.case_id = c.case_id) "
    "AND NOT EXISTS (SELECT FROM case_events AS e WHERE e.case_id = c.case_id)"
)

REMOVE_CASES_OF: Final = text(
    "DELETE FROM cases AS c WHERE c.status = 'new' AND c.case_id IN "
    "(SELECT case_id FROM case_posts WHERE tweet_id = ANY(CAST(:ids AS text[]))) "
    "AND NOT EXISTS (SELECT FROM case_posts AS p WHERE p.case_id = c.case_id "
    "AND NOT p.tweet_id = ANY(CAST(:ids AS text[]))) "
    "AND NOT EXISTS (SELECT FROM case_events AS e WHERE e.case_id = c.case_id)"
)
"""Removes the cases that have none but these posts, which are to be removed, and nothing of a person."""


async def assign_cases(connection: AsyncConnection, reports: Sequence[EffectReport]) -> list[EffectReport]:
    """Return the reports with their cases, and write the cases. Doing it again changes nothing.

    Args:
        connection: in the transaction of the batch, in which the rows of `tweets` were written.
        reports: in the order of the batch.
    """
    if not reports:
        return []
    matcher = await _matcher(connection, reports)
    assignments = [matcher.assign(report) for report in reports]
    new_pairs = await _write_pairs(connection, assignments)
    await _write_cases(connection, [row for row in assignments if row.role is not None])
    results = []
    for assignment in assignments:
        pair = pair_of(assignment.report)
        is_new_pair = assignment.role is not None and pair in new_pairs
        if is_new_pair:
            new_pairs.remove(pair)
        results.append(replace(assignment.report, case_id=assignment.case_id, is_new_pair=is_new_pair))
    return results


async def leave_cases(
    connection: AsyncConnection, edited: Sequence[str], reports: Sequence[EffectReport]
) -> None:
    """Take posts out of the cases of effects that their new version does not report any more.

    Args:
        connection: in the transaction of the batch.
        edited: ids of the posts of the batch that have a new version.
        reports: the reports of the batch, with their cases.
    """
    if not edited:
        return
    kept = [(report.case_id, report.key[0]) for report in reports if report.case_id is not None]
    parameters = {
        "edited": edited,
        "case_ids": [case_id for case_id, _ in kept],
        "tweet_ids": [tweet_id for _, tweet_id in kept],
    }
    left = set((await connection.execute(LEAVE_CASES, parameters)).scalars())
    if left:
        await connection.execute(REMOVE_EMPTY_CASES, {"case_ids": sorted(left)})


async def _matcher(connection: AsyncConnection, reports: Sequence[EffectReport]) -> CaseMatcher:
    posts = {report.key[0]: report.scored.received.post for report in reports}
    rows = await connection.execute(AUTHORS, {"tweet_ids": sorted(posts)})
    authors: dict[str, str | None] = {row.tweet_id: row.author_hash for row in rows}
    hashes = sorted({value for value in authors.values() if value is not None})
    if hashes:
        await connection.execute(LOCK_AUTHORS, {"authors": hashes})
    related = {post.referenced_id for post in posts.values()}
    related |= {report.copy_of.first_id for report in reports if report.copy_of is not None}
    parameters: dict[str, Any] = {
        "effects": sorted({report.effect for report in reports}),
        "tweet_ids": sorted({*posts, *filter(None, related)}),
        "authors": hashes,
    }
    known = [
        CasePost(row.case_id, Pair(row.effect, row.drug), row.tweet_id, row.author_hash)
        for row in await connection.execute(KNOWN_POSTS, parameters)
    ]
    return CaseMatcher(known, authors)


async def _write_pairs(connection: AsyncConnection, assignments: Sequence[Assignment]) -> set[Pair]:
    """Note which drugs were linked to which effects, and return the pairs that are new."""
    first: dict[tuple[str, str], Any] = {}
    for assignment in assignments:
        pair = pair_of(assignment.report)
        if pair.drug is not None and assignment.role is not None:
            first.setdefault((pair.drug, pair.effect), assignment.report.scored.received.posted_at)
    if not first:
        return set()
    parameters = {
        "drug": [drug for drug, _ in first],
        "effect": [effect for _, effect in first],
        "at": list(first.values()),
    }
    return {Pair(row.effect, row.drug) for row in await connection.execute(PUT_PAIRS, parameters)}


async def _write_cases(connection: AsyncConnection, assignments: Sequence[Assignment]) -> None:
    new = sorted((row for row in assignments if row.is_new), key=lambda row: row.case_id or "")
    if new:
        pairs = [pair_of(row.report) for row in new]
        parameters = {
            "case_id": [row.case_id for row in new],
            "drug": [pair.drug for pair in pairs],
            "effect": [pair.effect for pair in pairs],
            "ptid": [row.report.mention.ptid for row in new],
            "pt_name": [row.report.mention.pt_name for row in new],
            "at": [row.report.scored.received.posted_at for row in new],
        }
        await connection.execute(PUT_CASES, parameters)
    if assignments:
        await _write_posts(connection, assignments)


async def _write_posts(connection: AsyncConnection, assignments: Sequence[Assignment]) -> None:
    rows = sorted(assignments, key=lambda row: (row.case_id or "", row.report.key[0]))
    parameters = {
        "case_id": [row.case_id for row in rows],
        "tweet_id": [row.report.key[0] for row in rows],
        "role": [row.role for row in rows],
        "missing": [json.dumps(row.report.scored.findings.missing) for row in rows],
    }
    added = {tuple(row) for row in await connection.execute(PUT_CASE_POSTS, parameters)}
    later = [row for row in rows if not row.is_new and (row.case_id, row.report.key[0]) in added]
    if later:
        parameters = {
            "case_id": [row.case_id for row in later],
            "at": [row.report.scored.received.posted_at for row in later],
        }
        await connection.execute(EXTEND_CASES, parameters)

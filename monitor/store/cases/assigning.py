"""The rows of the cases of a batch, in the transaction of the batch."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.effect_reports import EffectReport
from monitor.store.cases import case_statements as sql
from monitor.store.cases.matching import Assignment, CaseMatcher, CasePost, Pair, pair_of


async def assign_cases(
    connection: AsyncConnection, reports: Sequence[EffectReport], edited: Collection[str]
) -> list[EffectReport]:
    """Return the reports with their cases, and write the cases. Doing it again changes nothing.

    Edited posts leave the cases of effects that their new version does not report any more.

    Args:
        connection: in the transaction of the batch, in which the rows of `tweets` were written.
        reports: in the order of the batch.
        edited: ids of the posts of the batch that have a new version.
    """
    if not reports and not edited:
        return []
    matcher = await _matcher(connection, reports, edited)
    # A copy may come before its first post: the partitions of a batch are mixed.
    by_key = {
        row.key: matcher.assign(row) for row in sorted(reports, key=lambda row: row.copy_of is not None)
    }
    assignments = [by_key[report.key] for report in reports]
    new_pairs = await _write_pairs(connection, assignments, edited)
    await _write_cases(connection, [row for row in assignments if row.role is not None])
    results = []
    for assignment in assignments:
        pair = pair_of(assignment.report)
        is_new_pair = assignment.role is not None and pair in new_pairs
        if is_new_pair:
            new_pairs.remove(pair)
        results.append(replace(assignment.report, case_id=assignment.case_id, is_new_pair=is_new_pair))
    await _leave_cases(connection, edited, results)
    return results


async def _leave_cases(
    connection: AsyncConnection, edited: Collection[str], reports: Sequence[EffectReport]
) -> None:
    if not edited:
        return
    kept = [(report.case_id, report.key[0]) for report in reports if report.case_id is not None]
    parameters = {
        "edited": sorted(edited),
        "case_ids": [case_id for case_id, _ in kept],
        "tweet_ids": [tweet_id for _, tweet_id in kept],
    }
    left = set((await connection.execute(sql.LEAVE_CASES, parameters)).scalars())
    if left:
        await connection.execute(sql.LOCK_CASES, {"case_ids": sorted(left)})
        await connection.execute(sql.REMOVE_EMPTY_CASES, {"case_ids": sorted(left)})


async def _matcher(
    connection: AsyncConnection, reports: Sequence[EffectReport], edited: Collection[str]
) -> CaseMatcher:
    posts = {report.key[0]: report.scored.received.post for report in reports}
    # Copies make no cases, so their authors need no lock. Edited posts may leave theirs.
    acting = {report.key[0] for report in reports if report.copy_of is None} | set(edited)
    rows = await connection.execute(sql.AUTHORS, {"tweet_ids": sorted(acting)})
    authors: dict[str, str | None] = {row.tweet_id: row.author_hash for row in rows}
    hashes = sorted({value for value in authors.values() if value is not None})
    if hashes:
        await connection.execute(sql.LOCK_AUTHORS, {"authors": hashes})
    related = {post.referenced_id for post in posts.values()}
    related |= {report.copy_of.first_id for report in reports if report.copy_of is not None}
    parameters: dict[str, Any] = {
        "effects": sorted({report.effect for report in reports}),
        "tweet_ids": sorted({*posts, *filter(None, related)}),
        "authors": hashes,
    }
    known = [
        CasePost(row.case_id, Pair(row.effect, row.drug), row.tweet_id, row.author_hash)
        for row in await connection.execute(sql.KNOWN_POSTS, parameters)
    ]
    return CaseMatcher(known, authors)


async def _write_pairs(
    connection: AsyncConnection, assignments: Sequence[Assignment], edited: Collection[str]
) -> set[Pair]:
    """Note which drugs were linked to which PTs, and return the pairs that are new.

    Uncoded effects are left out: their keys are words of a post, which must go with it.
    """
    first: dict[tuple[str, str], EffectReport] = {}
    for assignment in assignments:
        pair = pair_of(assignment.report)
        if pair.drug is not None and assignment.role is not None and assignment.report.mention.ptid:
            first.setdefault((pair.drug, pair.effect), assignment.report)
    if not first:
        return set()
    parameters = {
        "drug": [drug for drug, _ in first],
        "effect": [effect for _, effect in first],
        "at": [report.scored.received.posted_at for report in first.values()],
        "edited": [report.key[0] in edited for report in first.values()],
    }
    return {Pair(row.effect, row.drug) for row in await connection.execute(sql.PUT_PAIRS, parameters)}


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
        await connection.execute(sql.PUT_CASES, parameters)
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
    stored = await connection.execute(sql.PUT_CASE_POSTS, parameters)
    added = {(row.case_id, row.tweet_id) for row in stored if row.is_new}
    later = [row for row in rows if not row.is_new and (row.case_id, row.report.key[0]) in added]
    if later:
        parameters = {
            "case_id": [row.case_id for row in later],
            "at": [row.report.scored.received.posted_at for row in later],
        }
        await connection.execute(sql.EXTEND_CASES, parameters)

"""The effects of a batch as reports for the rules: is the post a copy, which case is it, is the pair new."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.effect_reports import CopyOf, EffectReport, reports_of
from monitor.records import ScoredPost
from monitor.settings import EnrichSettings
from monitor.store.cases import assign_cases
from monitor.store.columns import is_positive
from monitor.store.post_copies import find_copies, forget_old_words


async def report_effects(
    connection: AsyncConnection,
    scored: Sequence[ScoredPost],
    edited: Collection[str],
    settings: EnrichSettings,
) -> list[EffectReport]:
    """Return a report for each distinct effect of positive posts, and store what the reports say.

    The caller's transaction has inserted the predictions of these posts, and they were new.

    Args:
        connection: in the transaction of the batch.
        scored: posts whose predictions are new and of their current versions, in the order of the batch.
        edited: ids of the posts of the batch that have a new version.
        settings: whether to look for copies and cases.
    """
    positive = [row for row in scored if is_positive(row)]
    if not settings.enabled:
        return reports_of(positive)
    copies: Mapping[str, CopyOf] = {}
    if settings.duplicates:
        await forget_old_words(connection, edited)
    if settings.duplicates and positive:
        copies = await find_copies(connection, positive, window_days=settings.duplicate_window)
    return await assign_cases(connection, reports_of(positive, copies), edited)

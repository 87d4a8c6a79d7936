"""The effects of a batch as reports for the rules: is the post a copy, which case is it, is the pair new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.effect_reports import CopyOf, EffectReport, reports_of
from monitor.records import ScoredPost
from monitor.store.cases import assign_cases
from monitor.store.columns import is_positive
from monitor.store.post_copies import find_copies


async def report_effects(
    connection: AsyncConnection, scored: Sequence[ScoredPost], *, copy_window_days: int | None
) -> list[EffectReport]:
    """Return a report for each distinct effect of positive posts, and store what the reports say.

    The caller's transaction has inserted the predictions of these posts, and they were new.

    Args:
        connection: in the transaction of the batch.
        scored: posts whose predictions are new and of their current versions, in the order of the batch.
        copy_window_days: number of days after which a text counts as a first one again; None to look for no
            copies.
    """
    positive = [row for row in scored if is_positive(row)]
    if not positive:
        return []
    copies: Mapping[str, CopyOf] = {}
    if copy_window_days is not None:
        copies = await find_copies(connection, positive, window_days=copy_window_days)
    return await assign_cases(connection, reports_of(positive, copies))

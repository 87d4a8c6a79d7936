"""What holds for an item after its verdicts: it waits, two reviewers differ, or it is done.

The last verdict of an adjudicator decides. Without one, as many reviewers as the item needs must have said
the same. A verdict that was undone does not count, but its row stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from monitor.store.reviews.review_records import MISSED, ReviewDecision, ReviewVerdict, VerdictRole

VALID: Final = (
    "v.decision IS NOT NULL AND NOT EXISTS (SELECT FROM review_verdicts AS u WHERE u.undoes = v.id)"
)
"""The condition that a row `v` of `review_verdicts` is a verdict that was not undone."""

_READ: Final = text(
    "SELECT v.id, v.reviewer, v.role, v.decision, v.right_start, v.right_end, v.right_ptid, "  # noqa: S608
    f"v.right_pt_name, v.right_drug FROM review_verdicts AS v WHERE v.item_id = :item_id AND {VALID} "
    "ORDER BY v.id"
)
_NEEDED: Final = text("SELECT needed FROM review_items WHERE item_id = :item_id")
_SETTLE: Final = text(
    "UPDATE review_items SET state = :state, outcome = :outcome, outcome_id = :outcome_id, "
    "decided_at = CASE WHEN :state <> 'done' THEN NULL WHEN outcome_id = :outcome_id THEN decided_at "
    "ELSE clock_timestamp() END WHERE item_id = :item_id"
)


def is_missed(row: str) -> str:
    """Return the condition that a reviewer has added a row of `review_items`: it waits for nobody."""
    return f"""{row}.reasons @> '["{MISSED}"]'"""


class ValidVerdict(NamedTuple):
    """A verdict that was not undone: its number, who gave it in which role, and what it says."""

    id: int
    reviewer: str
    role: VerdictRole
    verdict: ReviewVerdict


class ItemState(NamedTuple):
    """The state of an item, and the verdict that holds once it is done."""

    state: str
    holds: ValidVerdict | None


def valid_verdicts(connection: Connection, item_id: int) -> list[ValidVerdict]:
    """Return the verdicts about an item that were not undone, the oldest first."""
    verdicts = []
    for row in connection.execute(_READ, {"item_id": item_id}):
        span = None if row.right_start is None else (row.right_start, row.right_end)
        verdict = ReviewVerdict(
            ReviewDecision(row.decision), span, row.right_ptid, row.right_pt_name, row.right_drug
        )
        verdicts.append(ValidVerdict(row.id, row.reviewer, VerdictRole(row.role), verdict))
    return verdicts


def state_after(verdicts: Sequence[ValidVerdict], needed: int) -> ItemState:
    """Return what holds after verdicts.

    Args:
        verdicts: those that were not undone, the oldest first.
        needed: how many independent ones the item needs.
    """
    deciding = [each for each in verdicts if each.role is VerdictRole.ADJUDICATOR]
    if deciding:
        return ItemState("done", deciding[-1])
    if len(verdicts) < needed:
        return ItemState("open", None)
    if len({each.verdict.values for each in verdicts}) > 1:
        return ItemState("disputed", None)
    return ItemState("done", verdicts[-1])


def settle_item(connection: Connection, item_id: int) -> ItemState:
    """Write the state of an item, in the caller's transaction, and return it."""
    needed = int(connection.execute(_NEEDED, {"item_id": item_id}).scalar_one())
    state = state_after(valid_verdicts(connection, item_id), needed)
    parameters = {
        "item_id": item_id,
        "state": state.state,
        "outcome": state.holds and state.holds.verdict.decision.value,
        "outcome_id": state.holds and state.holds.id,
    }
    connection.execute(_SETTLE, parameters)
    return state

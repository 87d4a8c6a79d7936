"""Effects in a post that the model has found an effect in, but not this one.

Such an effect is an item of its own with the verdict `missed-ade`: its words are those that the reviewer
names, and it has no PT and no drug of the model. It is in no sample, so no figure reads it, and nobody gets
it to decide. If its verdict is undone, its row stays for the history, but means nothing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from monitor.settings import Settings
from monitor.store.connections import checking_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.reviews.deciding import add_verdict
from monitor.store.reviews.item_states import ItemState
from monitor.store.reviews.review_records import MISSED, ReviewDecision, ReviewError, ReviewVerdict
from monitor.store.reviews.shown_items import ShownItem, show_item
from monitor.store.reviews.verdict_checks import check_span

# The same words may have been named before, and the verdict undone.
_ADD: Final = text(
    """
    INSERT INTO review_items AS i (tweet_id, bundle, version, start, "end", label, probability, reasons)
    SELECT tweet_id, bundle, version, :start, :end, label, probability,
        jsonb_build_array(CAST(:missed AS text))
    FROM review_items WHERE item_id = :item_id
    ON CONFLICT (tweet_id, bundle, version, start, "end") WHERE tweet_id IS NOT NULL
        DO UPDATE SET reasons = i.reasons
    RETURNING item_id
    """
)
_OVERLAPPING: Final = text(
    """
    SELECT o.item_id, o.reasons @> jsonb_build_array(CAST(:missed AS text)) AS is_missed
    FROM review_items AS i JOIN review_items AS o USING (tweet_id, bundle, version)
    WHERE i.item_id = :item_id AND o.start < :end AND o."end" > :start
      AND (o.state = 'done' OR NOT o.reasons @> jsonb_build_array(CAST(:missed AS text)))
    ORDER BY o.start LIMIT 1
    """
)


def add_missed_effect(settings: Settings, item_id: int, verdict: ReviewVerdict) -> tuple[int, ItemState]:
    """Add an effect that the model has missed in the post of an item; return its own item and its state.

    Args:
        settings: which database.
        item_id: an item of the post.
        verdict: `missed-ade`, with the words of the effect, and its PT and its drug if they are known.

    Raises:
        ReviewError: nothing was added: there is no such item, its post is gone or has no effect by the model,
            or the words are not in the post, or those of another item.
        RetryableError: nothing was added: the database is away.
        FatalError: nothing was added: the login has not the rights of `ade_reviewer`.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        checking_engine(database, database.statement_timeout).begin() as connection,
    ):
        start, end = _words(connection, show_item(connection, item_id), verdict)
        parameters = {"item_id": item_id, "start": start, "end": end, "missed": MISSED}
        missed_id = int(connection.execute(_ADD, parameters).scalar_one())
        return missed_id, add_verdict(connection, missed_id, verdict)


def _words(connection: Connection, item: ShownItem, verdict: ReviewVerdict) -> tuple[int, int]:
    """Return the span of a missed effect.

    Raises:
        ReviewError: the post cannot have it.
    """
    if item.label == "NoADE":
        raise ReviewError(
            f"the model found no effect in the post of item {item.item_id}",
            f"use `ade-monitor review decide {item.item_id} {ReviewDecision.MISSED_ADE}`",
        )
    if verdict.right_span is None:
        raise ReviewError("a missed effect needs its words", "add --span START:END")
    check_span(item, verdict.right_span)
    start, end = verdict.right_span
    parameters = {"item_id": item.item_id, "start": start, "end": end, "missed": MISSED}
    other = connection.execute(_OVERLAPPING, parameters).first()
    if other is not None:
        advice = "undo that one first, or name other words" if other.is_missed else "decide that one"
        raise ReviewError(f"item {other.item_id} has words of the span {start}:{end} already", advice)
    return start, end

"""Posts whose items are all done, with what people decided; and the independent verdicts on each item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import Connection, Row, text

from monitor.store.reviews.item_states import VALID, is_missed
from monitor.store.reviews.review_records import ReviewDecision
from monitor.store.reviews.shown_items import CAN_BE_READ, context_text

# A post is left out while one of its mentions waits: its label and its spans would not be those of a person.
_POSTS: Final = text(
    f"""
    SELECT i.tweet_id, i.bundle, i.version, i.label, i.start, i."end", i.ptid, i.pt_name, i.outcome,
        i.decided_at, v.reviewer, v.right_start, v.right_end, v.right_ptid, v.right_pt_name,
        t.text, t.context
    FROM review_items AS i JOIN tweets AS t ON {CAN_BE_READ} JOIN review_verdicts AS v ON v.id = i.outcome_id
    WHERE NOT EXISTS (
            SELECT FROM review_items AS o WHERE o.tweet_id = i.tweet_id AND o.bundle = i.bundle
              AND o.version = i.version AND ((o.state <> 'done' AND NOT {is_missed("o")})
                   OR o.decided_at >= :until))
        AND EXISTS (
            SELECT FROM review_items AS o WHERE o.tweet_id = i.tweet_id AND o.bundle = i.bundle
              AND o.version = i.version AND o.decided_at >= :since)
    ORDER BY i.tweet_id, i.bundle, i.version, i.start
    """  # noqa: S608 - no value is part of it
)
_WAITING: Final = text(
    f"""
    SELECT count(DISTINCT (i.tweet_id, i.bundle, i.version))
    FROM review_items AS i JOIN tweets AS t ON {CAN_BE_READ}
    WHERE i.state <> 'done' AND NOT {is_missed("i")} AND EXISTS (
        SELECT FROM review_items AS o WHERE o.tweet_id = i.tweet_id AND o.bundle = i.bundle
          AND o.version = i.version AND o.state = 'done'
          AND o.decided_at >= :since AND o.decided_at < :until)
    """  # noqa: S608 - no value is part of it
)
_INDEPENDENT: Final = text(
    f"""
    SELECT v.item_id, v.reviewer, v.decision, i.label
    FROM review_verdicts AS v JOIN review_items AS i USING (item_id)
    WHERE {VALID} AND v.role = 'reviewer' AND v.at >= :since AND v.at < :until
    ORDER BY v.item_id, v.id
    """  # noqa: S608 - no value is part of it
)
_FETCHED_AT_ONCE: Final = 500


class DecidedItem(NamedTuple):
    """An item that is done: what the model said, and what holds.

    Attributes:
        span: start and end of the model's span, or None for a post as a whole.
        ptid: the model's PT, or None.
        pt_name: its name.
        outcome: the verdict that holds.
        right_span: the right span, or None if the model's is right.
        right_ptid: the right PT, "none" if there is none, or None if the model's is right.
        right_pt_name: its name.
        reviewer: whose verdict holds.
        decided_at: when.
    """

    span: tuple[int, int] | None
    ptid: str | None
    pt_name: str | None
    outcome: ReviewDecision
    right_span: tuple[int, int] | None
    right_ptid: str | None
    right_pt_name: str | None
    reviewer: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewedPost:
    """A post whose items are all done.

    Attributes:
        tweet_id: its id.
        bundle: the bundle whose prediction was reviewed.
        label: what that bundle said: "ADE" or "NoADE".
        text: of the post.
        context: of the post, as the model reads it.
        items: its items, in the order of their spans.
    """

    tweet_id: str
    bundle: str
    label: str
    text: str
    context: str
    items: tuple[DecidedItem, ...]


@dataclass(frozen=True, slots=True)
class ItemVerdicts:
    """The independent verdicts on an item, by the login of the reviewer."""

    label: str
    decisions: dict[str, ReviewDecision]


def read_reviewed(connection: Connection, since: datetime, until: datetime) -> Iterator[ReviewedPost]:
    """Yield the posts with an item that was decided in a window and none that waits, by their ids."""
    streamed = connection.execution_options(yield_per=_FETCHED_AT_ONCE)
    rows = streamed.execute(_POSTS, {"since": since, "until": until})
    for (tweet_id, bundle, _), group in groupby(
        rows, key=lambda row: (row.tweet_id, row.bundle, row.version)
    ):
        items = list(group)
        first = items[0]
        yield ReviewedPost(
            tweet_id,
            bundle,
            first.label,
            first.text,
            context_text(first.context),
            tuple(_decided(row) for row in items),
        )


def count_partly_reviewed(connection: Connection, since: datetime, until: datetime) -> int:
    """Return the number of posts with both items that were decided in a window and items that wait."""
    return int(connection.execute(_WAITING, {"since": since, "until": until}).scalar_one())


def read_independent(connection: Connection, since: datetime, until: datetime) -> list[ItemVerdicts]:
    """Return the independent verdicts of a window for each item; adjudications are left out."""
    labels: dict[int, str] = {}
    decisions: defaultdict[int, dict[str, ReviewDecision]] = defaultdict(dict)
    for row in connection.execute(_INDEPENDENT, {"since": since, "until": until}):
        labels[row.item_id] = row.label
        decisions[row.item_id][row.reviewer] = ReviewDecision(row.decision)
    return [ItemVerdicts(labels[item_id], by_reviewer) for item_id, by_reviewer in decisions.items()]


def _decided(row: Row[tuple[object, ...]]) -> DecidedItem:
    return DecidedItem(
        span=None if row.start is None else (row.start, row.end),
        ptid=row.ptid,
        pt_name=row.pt_name,
        outcome=ReviewDecision(row.outcome),
        right_span=None if row.right_start is None else (row.right_start, row.right_end),
        right_ptid=row.right_ptid,
        right_pt_name=row.right_pt_name,
        reviewer=row.reviewer,
        decided_at=row.decided_at,
    )

"""Items as reviewers see them: the post and what the model said, but nothing about its author.

Neither the id nor the address of a post is shown, because both may lead to the author.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.records import ContextKind, ContextPart, Post
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.reviews.item_states import VALID, is_missed, valid_verdicts
from monitor.store.reviews.review_records import ReviewError

CAN_BE_READ: Final = (
    "t.tweet_id = i.tweet_id AND t.posted_at = (SELECT o.posted_at FROM post_times AS o "
    "WHERE o.tweet_id = i.tweet_id) AND t.version = i.version AND t.text IS NOT NULL"
)
"""The condition that a post `t` still has the text that an item `i` is about."""

_SHOW: Final = text(
    f"""
    SELECT i.item_id, i.state, i.reasons, i.needed, i.label, i.probability, i.start, i."end", i.score,
        i.ptid, i.pt_name, i.pt_score, i.drug, t.text, t.lang, t.context, t.posted_at,
        (SELECT m.runners_up FROM mentions AS m WHERE m.tweet_id = t.tweet_id
         AND m.posted_at = t.posted_at AND m.bundle = i.bundle
         AND m.version = i.version AND m.start = i.start AND m."end" = i."end") AS runners_up,
        (SELECT jsonb_agg(DISTINCT f.kind) FROM post_facts AS f
         WHERE f.tweet_id = t.tweet_id AND f.posted_at = t.posted_at AND f.version = i.version) AS facts
    FROM review_items AS i LEFT JOIN tweets AS t ON {CAN_BE_READ}
    WHERE i.item_id = :item_id
    """  # noqa: S608 - no value is part of it
)
_LIST: Final = """
    SELECT i.item_id, i.state, i.reasons, i.label, i.probability, i.ptid, i.pt_name, i.drug, i.needed,
        (SELECT count(*) FROM review_verdicts AS v WHERE v.item_id = i.item_id AND {valid}) AS verdicts,
        i.outcome, i.decided_at, t.tweet_id IS NOT NULL AS readable
    FROM review_items AS i LEFT JOIN tweets AS t ON {can_be_read}
"""
_CONDITIONS: Final = {
    "state": "i.state = :state",
    "strategy": "i.reasons @> jsonb_build_array(CAST(:strategy AS text))",
    "outcome": "i.outcome = :outcome",
    "drug": "(i.drug = :drug OR :drug = ANY(string_to_array(i.drug, ' + ')))",
    "pt": "(i.ptid = :pt OR lower(i.pt_name) = lower(:pt))",
    "since": "i.decided_at >= :since",
    "until": "i.decided_at < :until",
}


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item with its post. `docs/review.md` explains the fields.

    Attributes:
        span: start and end of the words, in code points of the text; None for a post as a whole.
        span_text: the words, or None.
        context: what the author answers or writes under, as the model reads it.
        runners_up: further PTs that the model considered.
        facts: kinds of the facts that the post states.
        verdicts: of a disputed item, what the reviewers said, without their names; else empty.
    """

    item_id: int
    state: str
    reasons: list[str]
    needed: int
    label: str
    probability: float
    span: tuple[int, int] | None
    span_text: str | None
    score: float | None
    ptid: str | None
    pt_name: str | None
    pt_score: float | None
    drug: str | None
    text: str
    lang: str | None
    context: str
    posted_at: datetime
    runners_up: list[dict[str, Any]] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ItemFilters:
    """Which items to list; a filter that is None lets all of them through.

    Missed effects whose verdict was undone are never listed.

    Attributes:
        state: `open`, `disputed` or `done`.
        strategy: the strategy that chose it.
        outcome: the verdict that holds.
        drug: an ingredient of the drug, or the drug itself.
        pt: code of the PT, or its name in any case.
        since: done at this time or later.
        until: done before this time.
        limit: largest number of items.
    """

    state: str | None = None
    strategy: str | None = None
    outcome: str | None = None
    drug: str | None = None
    pt: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item without its text.

    Attributes:
        verdicts: number of its verdicts that were not undone.
        readable: False once its post was erased, edited or removed: nobody can review it any more.
    """

    item_id: int
    state: str
    reasons: list[str]
    label: str
    probability: float
    ptid: str | None
    pt_name: str | None
    drug: str | None
    needed: int
    verdicts: int
    outcome: str | None
    decided_at: datetime | None
    readable: bool


def show_item(connection: Connection, item_id: int) -> ShownItem:
    """Return an item with its post.

    Raises:
        ReviewError: there is no such item, or its text is not stored any more.
    """
    row = connection.execute(_SHOW, {"item_id": item_id}).first()
    if row is None:
        raise unknown_item(item_id)
    if row.text is None:
        raise unreadable_item(item_id)
    span = None if row.start is None else (row.start, row.end)
    fields = row._asdict()
    for name in ("start", "end"):
        del fields[name]
    fields |= {
        "span": span,
        "span_text": None if span is None else row.text[span[0] : span[1]],
        "context": context_text(row.context),
        "runners_up": row.runners_up or [],
        "facts": row.facts or [],
        "verdicts": _verdicts(connection, item_id) if row.state == "disputed" else [],
    }
    return ShownItem(**fields)


def find_items(settings: Settings, filters: ItemFilters) -> Iterator[ListedItem]:
    """Yield items in the order in which reviewers get them, those that are done last.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    values = {name: getattr(filters, name) for name in _CONDITIONS}
    set_values = {name: value for name, value in values.items() if value is not None}
    conditions = " AND ".join(["true", *(_CONDITIONS[name] for name in set_values)])
    query = text(
        f"{_LIST.format(valid=VALID, can_be_read=CAN_BE_READ)} WHERE {conditions} "
        f"AND NOT ({is_missed('i')} AND i.state = 'open') "
        "ORDER BY i.state = 'done', i.priority DESC, i.item_id LIMIT :limit"
    )
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        rows = connection.execution_options(yield_per=500).execute(
            query, {**set_values, "limit": filters.limit}
        )
        for row in rows:
            yield ListedItem(*row)


def unknown_item(item_id: int) -> ReviewError:
    """Return the error about an item that does not exist."""
    return ReviewError(f"there is no item {item_id}", "`ade-monitor review list` shows the items")


def unreadable_item(item_id: int) -> ReviewError:
    """Return the error about an item whose post is gone, or has another text now."""
    return ReviewError(
        f"item {item_id} cannot be reviewed: its post was erased, edited or removed since",
        "take another one with `ade-monitor review next`",
    )


def context_text(parts: list[dict[str, str]] | None) -> str:
    """Return the context of a post as one text, as the model reads it; the parts are those in `tweets`."""
    context = tuple(ContextPart(ContextKind(part["kind"]), part["text"]) for part in parts or ())
    return Post("", "", context=context).context_text


def _verdicts(connection: Connection, item_id: int) -> list[dict[str, Any]]:
    """Return the verdicts that differ, in an order that does not say whose they are."""
    records = [
        {
            "decision": each.verdict.decision.value,
            "right_span": each.verdict.right_span,
            "right_ptid": each.verdict.right_ptid,
            "right_pt_name": each.verdict.right_pt_name,
            "right_drug": each.verdict.right_drug,
        }
        for each in valid_verdicts(connection, item_id)
    ]
    return sorted(records, key=lambda record: str(sorted(record.items())))

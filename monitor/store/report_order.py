"""The order in which adverse effects are read, and how to go on after one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, tuple_
from sqlalchemy.dialects.postgresql import TIMESTAMP


@dataclass(frozen=True, slots=True)
class EffectKey:
    """Where an effect is in the order; no two effects have the same key."""

    posted_at: datetime
    tweet_id: str
    predicted_at: datetime
    bundle: str
    start: int
    end: int


def in_order(columns: Any) -> list[ColumnElement[Any]]:
    """Return the order: newest posts first, and the effects of a prediction by their offsets."""
    return [
        columns.posted_at.desc(),
        columns.tweet_id.desc(),
        columns.predicted_at.desc(),
        columns.bundle.desc(),
        columns.start,
        columns.end,
    ]


def follows(columns: Any, key: EffectKey) -> ColumnElement[bool]:
    """Return the condition that an effect comes after `key` in the order."""
    prediction = tuple_(columns.posted_at, columns.tweet_id, columns.predicted_at, columns.bundle)
    same = tuple_(_time(key.posted_at), literal(key.tweet_id), _time(key.predicted_at), literal(key.bundle))
    span = tuple_(columns.start, columns.end)
    return and_(
        # The index of `tweets` serves this one.
        columns.posted_at <= key.posted_at,
        or_(
            prediction < same,
            and_(prediction == same, span > tuple_(literal(key.start), literal(key.end))),
        ),
    )


def _time(value: datetime) -> ColumnElement[datetime]:
    return literal(value, TIMESTAMP(timezone=True))

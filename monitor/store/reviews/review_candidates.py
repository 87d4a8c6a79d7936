"""Mentions that may be worth a review: uncertain, serious, unlisted ones, and those for active learning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, not_, or_, select

from monitor.findings import SERIOUS
from monitor.store.enrichment_tables import post_copies, post_facts
from monitor.store.listed_effects import Listedness
from monitor.store.listedness_filter import listedness_of
from monitor.store.review_tables import review_items
from monitor.store.reviews.review_records import Strategy
from monitor.store.tables import mentions, predictions, tweets

UNCODED_UNCERTAINTY: Final = 0.5
"""Of a span without a PT: nobody knows whether there is one."""


@dataclass(frozen=True, slots=True)
class ReviewCandidate:
    """A mention that may be reviewed.

    Attributes:
        tweet_id: its post.
        bundle: the bundle that found it.
        version: the version of the post.
        text: of the post.
        uncertainty: of the model, in [0, 1]; see `_uncertainty`.
        is_serious: True if the post states a criterion of a serious case.
        is_unlisted: True if no imported label of the drug lists the effect.
        drug: the drug, or None.
        ptid: code of the PT, or None.
    """

    tweet_id: str
    bundle: str
    version: int
    text: str
    uncertainty: float
    is_serious: bool
    is_unlisted: bool
    drug: str | None
    ptid: str | None


def find_review_candidates(
    connection: Connection, strategy: Strategy, since: datetime, until: datetime, *, most: int
) -> list[ReviewCandidate]:
    """Return the mentions of a window that a strategy would choose and nobody has reviewed.

    Copies are left out. The most uncertain come first; of serious and unlisted ones, the newest.
    """
    uncertainty = _uncertainty()
    serious = exists().where(
        post_facts.c.tweet_id == tweets.c.tweet_id,
        post_facts.c.posted_at == tweets.c.posted_at,
        post_facts.c.version == tweets.c.version,
        post_facts.c.kind.in_(sorted(kind.value for kind in SERIOUS)),
    )
    unlisted = listedness_of(mentions.c.drug, mentions.c.ptid) == Listedness.UNLISTED.value
    by_strategy: dict[Strategy, ColumnElement[bool]] = {
        Strategy.SERIOUS: serious,
        Strategy.UNLISTED: unlisted,
    }
    newest_first = (tweets.c.posted_at.desc(), tweets.c.tweet_id.desc(), mentions.c.start)
    order: tuple[Any, ...] = newest_first
    if strategy not in by_strategy:
        order = (uncertainty.desc(), *newest_first)
    query = (
        select(
            mentions.c.tweet_id,
            mentions.c.bundle,
            mentions.c.version,
            tweets.c.text,
            uncertainty,
            serious,
            unlisted,
            mentions.c.drug,
            mentions.c.ptid,
        )
        .select_from(_current_mentions())
        .where(
            tweets.c.posted_at >= since,
            tweets.c.posted_at < until,
            tweets.c.text.is_not(None),
            by_strategy.get(strategy, literal(True)),
            not_(exists().where(post_copies.c.tweet_id == tweets.c.tweet_id)),
            not_(_newer_prediction()),
            not_(_has_verdict()),
        )
        .order_by(*order)
        .limit(most)
    )
    return [ReviewCandidate(*row) for row in connection.execute(query)]


def _current_mentions() -> Any:
    return mentions.join(
        predictions,
        and_(
            predictions.c.tweet_id == mentions.c.tweet_id,
            predictions.c.posted_at == mentions.c.posted_at,
            predictions.c.bundle == mentions.c.bundle,
            predictions.c.version == mentions.c.version,
        ),
    ).join(
        tweets,
        and_(
            tweets.c.tweet_id == predictions.c.tweet_id,
            tweets.c.posted_at == predictions.c.posted_at,
            tweets.c.version == predictions.c.version,
        ),
    )


def _newer_prediction() -> ColumnElement[bool]:
    newer = predictions.alias("newer")
    return exists().where(
        newer.c.tweet_id == predictions.c.tweet_id,
        newer.c.posted_at == predictions.c.posted_at,
        newer.c.version == predictions.c.version,
        or_(
            newer.c.predicted_at > predictions.c.predicted_at,
            and_(newer.c.predicted_at == predictions.c.predicted_at, newer.c.bundle > predictions.c.bundle),
        ),
    )


def _has_verdict() -> ColumnElement[bool]:
    return exists().where(
        review_items.c.tweet_id == mentions.c.tweet_id,
        review_items.c.bundle == mentions.c.bundle,
        review_items.c.version == mentions.c.version,
        review_items.c.outcome.is_not(None),
    )


def _uncertainty() -> ColumnElement[float]:
    """Return the uncertainty of a mention: that of the post or that of the PT, whichever is larger.

    Of the post it is 1 - |2p - 1| with the Classifier's probability p, or how far two readers are apart. Of
    the PT it is 1 minus its probability.
    """
    of_post = 1 - func.abs(2 * predictions.c.probability - 1)
    apart = func.abs(predictions.c.first_probability - predictions.c.second_probability)
    of_term = case(
        (mentions.c.ptid.is_(None), literal(UNCODED_UNCERTAINTY)),
        else_=1 - func.coalesce(mentions.c.pt_score, 1.0),
    )
    return func.greatest(of_post, func.coalesce(apart, 0.0), of_term)

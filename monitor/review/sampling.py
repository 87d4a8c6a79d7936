"""Draw or choose what is reviewed: the weekly random sample, and the queues of special mentions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from monitor.review.active_choice import choose_active
from monitor.review.allocation import allocate
from monitor.settings import Settings
from monitor.store import translate_driver_errors
from monitor.store.connections import checking_engine
from monitor.store.reviews import (
    ChosenPost,
    DrawnSample,
    PostStratum,
    ReviewCandidate,
    ReviewError,
    SampleRequest,
    Strategy,
    StratumSize,
    add_sample,
    count_strata,
    draw_posts,
    find_review_candidates,
    find_sample,
    lock_samples,
)

CANDIDATES: Final = 2_000
"""Mentions from which active learning chooses: the most uncertain ones."""

LONGEST: Final = 900.0
"""Seconds that a statement may take: a week of posts is read, which takes longer than a query of a person."""

_QUEUE: Final = PostStratum("ADE", "any", "any", "any")
"""The stratum of posts that were chosen, not drawn."""


@dataclass(frozen=True, slots=True)
class _ChosenPosts:
    """The posts of a sample that is yet to be written.

    Attributes:
        strata: size of each stratum, and number of posts from it, in the order of their numbers.
        posts: the posts.
    """

    strata: dict[PostStratum, tuple[StratumSize, int]]
    posts: list[ChosenPost]


def take_sample(settings: Settings, request: SampleRequest) -> DrawnSample:
    """Write the sample that a request names, and return it; a sample that is there already stays as it is.

    Raises:
        ReviewError: another random sample has a part of the window, or the window of a random sample has no
            posts or is not over yet: posts that come later could never be drawn.
        RetryableError: the database is away, or a table changed meanwhile; nothing was written.
        FatalError: the login has not the rights of `ade_reviewer`; nothing was written.
    """
    database = settings.database
    engine = checking_engine(database, max(database.statement_timeout, LONGEST))
    with translate_driver_errors(database), engine.connect() as connection:
        lock_samples(connection)
        # One snapshot, so that the posts that are counted are those that are drawn. Nothing is written in it:
        # an entry of the audit that others append meanwhile would make that fail.
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            existing = find_sample(connection, request)
            if existing is not None:
                return existing
            if request.strategy is Strategy.RANDOM and request.until > datetime.now(UTC):
                raise ReviewError(
                    f"the window ends at {request.until:%Y-%m-%d %H:%M}, which is in the future",
                    "draw the random sample of a window that is over: posts that come later would be missed",
                )
            choose = _draw if request.strategy is Strategy.RANDOM else _choose
            chosen = choose(connection, request)
        if request.strategy is Strategy.RANDOM and not chosen.posts:
            raise ReviewError(
                f"no post from {request.since:%Y-%m-%d} to {request.until:%Y-%m-%d} is stored",
                "feed posts of that time first, or choose another window; no sample was written",
            )
        connection.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)
        with connection.begin():
            return add_sample(connection, request, chosen.strata, chosen.posts)


def week_before(now: datetime) -> tuple[datetime, datetime]:
    """Return start and end of the last whole week, from Monday to Monday in UTC."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(weeks=1), monday


def _draw(connection: Connection, request: SampleRequest) -> _ChosenPosts:
    """Draw the random sample of a window."""
    allocation = allocate(count_strata(connection, request.since, request.until), request.size)
    chosen = draw_posts(
        connection,
        request.since,
        request.until,
        seed=request.seed,
        numbers=allocation.numbers,
        counts=allocation.counts,
        stored=allocation.stored,
    )
    strata = dict(
        zip(allocation.strata, zip(allocation.strata.values(), allocation.counts, strict=True), strict=True)
    )
    return _ChosenPosts(strata, chosen)


def _choose(connection: Connection, request: SampleRequest) -> _ChosenPosts:
    """Choose special mentions, and take their posts with all of their mentions."""
    is_active = request.strategy is Strategy.ACTIVE
    most = max(CANDIDATES, request.size) if is_active else _mentions_of(request.size)
    candidates = find_review_candidates(connection, request.strategy, request.since, request.until, most=most)
    if is_active:
        candidates = [candidates[place] for place in choose_active(candidates, request.size)]
    chosen = _posts_of(candidates, request.size)
    strata = {_QUEUE: (StratumSize(len(chosen), float(len(chosen))), len(chosen))}
    return _ChosenPosts(strata, chosen)


def _mentions_of(posts: int) -> int:
    """Return how many mentions to read for a number of posts: a post may have several."""
    return 4 * posts


def _posts_of(candidates: list[ReviewCandidate], most: int) -> list[ChosenPost]:
    posts = dict.fromkeys((each.tweet_id, each.bundle, each.version) for each in candidates)
    return [ChosenPost(*post) for post in list(posts)[:most]]

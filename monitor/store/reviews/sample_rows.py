"""The rows of a sample: the sample itself, its strata, and the items of its posts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.store.audit import AuditEntry, append_audit
from monitor.store.reviews.item_states import settle_item
from monitor.store.reviews.post_strata import PostStratum, StratumSize
from monitor.store.reviews.review_records import (
    PRIORITIES,
    ChosenPost,
    DrawnSample,
    ReviewError,
    SampleRequest,
    Strategy,
)

_SAMPLES: Final = """
    SELECT s.sample_id, s.strategy, s.since, s.until, s.seed,
        (SELECT count(DISTINCT (i.stratum, i.post)) FROM review_sample_items AS i
         WHERE i.sample_id = s.sample_id) AS posts,
        (SELECT count(*) FROM review_sample_items AS i WHERE i.sample_id = s.sample_id) AS items
    FROM review_samples AS s
"""
_FIND: Final = text(
    f"{_SAMPLES} WHERE strategy = :strategy AND since = :since AND until = :until AND seed = :seed"
)
_FIND_OVERLAP: Final = text(
    "SELECT since, until, seed FROM review_samples "
    "WHERE strategy = 'random' AND since < :until AND until > :since ORDER BY since LIMIT 1"
)
_LIST: Final = text(f"{_SAMPLES} ORDER BY s.since, s.sample_id")

_LOCK: Final = text("SELECT pg_advisory_lock(hashtextextended('review_samples', 0))")

_ADD_SAMPLE: Final = text(
    "INSERT INTO review_samples (strategy, since, until, seed, options) "
    "VALUES (:strategy, :since, :until, :seed, CAST(:options AS jsonb)) RETURNING sample_id"
)
_ADD_STRATUM: Final = text(
    "INSERT INTO review_strata (sample_id, stratum, label, band, drug, lang, stored, size, drawn) "
    "VALUES (:sample_id, :stratum, :label, :band, :drug, :lang, :stored, :size, :drawn)"
)
_ADD_ITEMS: Final = text(
    """
    INSERT INTO review_items AS i (tweet_id, bundle, version, start, "end", label, probability, score, ptid,
        pt_name, pt_score, drug, reasons, priority, needed)
    SELECT p.tweet_id, p.bundle, p.version, m.start, m."end", p.label, p.probability, m.score, m.ptid,
        m.pt_name, m.pt_score, m.drug, jsonb_build_array(CAST(:reason AS text)), :priority, :needed
    FROM unnest(CAST(:tweet_ids AS text[]), CAST(:bundles AS text[]), CAST(:versions AS int[]))
        WITH ORDINALITY AS chosen (tweet_id, bundle, version, number)
        JOIN post_times USING (tweet_id)
        JOIN predictions AS p USING (tweet_id, posted_at, bundle, version)
        LEFT JOIN mentions AS m ON m.tweet_id = p.tweet_id AND m.posted_at = p.posted_at
            AND m.bundle = p.bundle AND m.version = p.version AND p.label = 'ADE'
    ORDER BY chosen.number, m.start
    ON CONFLICT (tweet_id, bundle, version, start, "end") WHERE tweet_id IS NOT NULL DO UPDATE SET
        reasons = CASE WHEN i.reasons @> excluded.reasons THEN i.reasons
            ELSE i.reasons || excluded.reasons END,
        priority = GREATEST(i.priority, excluded.priority), needed = GREATEST(i.needed, excluded.needed)
    RETURNING item_id, tweet_id, bundle, version, state
    """
)
_ADD_TO_SAMPLE: Final = text(
    "INSERT INTO review_sample_items (sample_id, item_id, stratum, post, inclusion) "
    "SELECT :sample_id, * FROM unnest(CAST(:items AS bigint[]), CAST(:strata AS int[]), "
    "CAST(:posts AS int[]), CAST(:inclusions AS float8[]))"
)


def lock_samples(connection: Connection) -> None:
    """Make all others wait with their draws until the connection is closed, and end the transaction.

    So the second of two commands waits before its transaction begins, and then sees what the first has drawn.
    """
    connection.execute(_LOCK)
    connection.commit()


def find_sample(connection: Connection, request: SampleRequest) -> DrawnSample | None:
    """Return the sample that a request names, or None if it is yet to be drawn.

    Call `lock_samples` before.

    Raises:
        ReviewError: the window has posts of another random sample. Of two samples of one week, people could
            choose the one that they like better.
    """
    key = {"strategy": request.strategy.value, "since": request.since, "until": request.until}
    row = connection.execute(_FIND, {**key, "seed": request.seed}).first()
    if row is not None:
        return DrawnSample(**row._asdict(), is_new=False)
    if request.strategy is Strategy.RANDOM and (other := connection.execute(_FIND_OVERLAP, key).first()):
        raise ReviewError(
            f"the random sample of {other.since:%Y-%m-%d} to {other.until:%Y-%m-%d} was drawn already, with "
            f"seed {other.seed}",
            "review that one, or choose a window that does not overlap it",
        )
    return None


def list_samples(connection: Connection) -> list[DrawnSample]:
    """Return all samples, the oldest window first."""
    return [DrawnSample(**row._asdict(), is_new=False) for row in connection.execute(_LIST)]


def add_sample(
    connection: Connection,
    request: SampleRequest,
    strata: Mapping[PostStratum, tuple[StratumSize, int]],
    chosen: Sequence[ChosenPost],
) -> DrawnSample:
    """Write a sample, in the caller's transaction.

    Args:
        connection: in a transaction.
        request: what was requested.
        strata: size of each stratum, and number of posts drawn from it, in the order of their numbers.
        chosen: the posts. Those that are not stored any more are left out, as if nobody could tell.
    """
    key: dict[str, Any] = {"since": request.since, "until": request.until, "seed": request.seed}
    options = {"size": request.size, "reviewers": request.reviewers}
    sample = {"strategy": request.strategy.value, "options": json.dumps(options), **key}
    sample_id = connection.execute(_ADD_SAMPLE, sample).scalar_one()
    for number, (stratum, (size, drawn)) in enumerate(strata.items()):
        numbers = {"stored": size.stored, "size": size.size, "drawn": drawn}
        connection.execute(
            _ADD_STRATUM, {"sample_id": sample_id, "stratum": number, **stratum._asdict(), **numbers}
        )
    posts, items = _add_items(connection, sample_id, request, chosen) if chosen else (0, 0)
    details = {"strategy": request.strategy.value, "posts": posts, "items": items, "seed": request.seed}
    append_audit(connection, AuditEntry("review", f"sample {sample_id}", details=details))
    return DrawnSample(sample_id, request.strategy.value, **key, posts=posts, items=items, is_new=True)


def _add_items(
    connection: Connection, sample_id: int, request: SampleRequest, chosen: Sequence[ChosenPost]
) -> tuple[int, int]:
    """Add all mentions of the posts as items, and return how many posts and items there are.

    Posts that were removed or erased since they were chosen have none.
    """
    parameters: dict[str, Any] = {
        "tweet_ids": [post.tweet_id for post in chosen],
        "bundles": [post.bundle for post in chosen],
        "versions": [post.version for post in chosen],
        "reason": request.strategy.value,
        "priority": PRIORITIES[request.strategy],
        "needed": request.reviewers,
    }
    places = {(post.tweet_id, post.bundle, post.version): place for place, post in enumerate(chosen)}
    rows = connection.execute(_ADD_ITEMS, parameters).all()
    posts = [places[row.tweet_id, row.bundle, row.version] for row in rows]
    members = {
        "sample_id": sample_id,
        "items": [row.item_id for row in rows],
        "strata": [chosen[place].stratum for place in posts],
        "posts": posts,
        "inclusions": [chosen[place].inclusion for place in posts],
    }
    connection.execute(_ADD_TO_SAMPLE, members)
    for row in rows:
        if row.state == "done":  # it may need a second verdict now
            settle_item(connection, row.item_id)
    return len(set(posts)), len(rows)

"""A database full of invented mentions, with the skew of real ones: few drugs and effects have most posts.

The rows are made in the database, one statement for each table, so a million of them takes no Python.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

DAYS: Final = 400
"""Number of days before now in which the posts were posted."""

DRUGS: Final = 200
PTS: Final = 500
BUNDLE: Final = "generated-1"

# `n` is the number of a mention. A power of a number from 0 to 1 makes the first drugs and PTs frequent.
_POSTS: Final = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, 'g' || n AS tweet_id, now() - interval '{days} days' * random() AS posted_at,
    'drug' || floor({drugs} * random() ^ 3) AS drug, floor({pts} * random() ^ 2)::integer AS pt,
    (ARRAY['x', 'bluesky', 'reddit', NULL])[1 + floor(4 * random() ^ 2)::integer] AS platform,
    random() AS chance
FROM generate_series({first}, {last}) AS n
"""

_ROWS: Final = (
    """
SELECT make_month(month) FROM (
    SELECT DISTINCT CAST(date_trunc('month', posted_at AT TIME ZONE 'UTC') AS date) AS month FROM made
) AS months
""",
    """
INSERT INTO tweets (tweet_id, posted_at, first_seen_at, lang, text, author_hash, platform, text_digests)
SELECT tweet_id, posted_at, posted_at, 'en',
    'day ' || n % 90 || ' on ' || drug || ' and effect' || pt || ' will not stop, number ' || n,
    md5((n / 3)::text), platform, decode(md5(n::text), 'hex')
FROM made
""",
    """
INSERT INTO predictions (tweet_id, posted_at, bundle, label, probability, predicted_at, topic,
    partition, "offset")
SELECT tweet_id, posted_at, '{bundle}', 'ADE', 0.5 + chance / 2, posted_at, 'tweets', n % 8, n / 8 FROM made
""",
    """
INSERT INTO cases (case_id, drug, effect, ptid, pt_name, first_at, last_at, status, owner, due_at)
SELECT md5(tweet_id), drug, 'pt:' || 10000000 + pt, (10000000 + pt)::text, 'Effect ' || pt, posted_at,
    posted_at, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'new' END, CASE WHEN n % 500 = 0 THEN 'ann' END,
    CASE WHEN n % 200 = 0 THEN posted_at + interval '15 days' END
FROM made WHERE n % 2 = 0
""",
    """
INSERT INTO mentions (tweet_id, posted_at, bundle, start, "end", text, score, ptid, pt_name, pt_score, drug,
    drug_text, drug_atc, drug_score, drug_place, case_id)
SELECT tweet_id, posted_at, '{bundle}', 20, 30, 'effect' || pt, 0.5 + chance / 2,
    CASE WHEN chance < 0.9 THEN (10000000 + pt)::text END, CASE WHEN chance < 0.9 THEN 'Effect ' || pt END,
    CASE WHEN chance < 0.9 THEN chance END, drug, drug, 'N' || substr(md5(drug), 1, 6), 0.9, 'post',
    CASE WHEN n % 2 = 0 THEN md5(tweet_id) END
FROM made
""",
    """
INSERT INTO case_posts (case_id, tweet_id, role)
SELECT md5(tweet_id), tweet_id, 'report' FROM made WHERE n % 2 = 0
""",
    """
INSERT INTO post_copies (tweet_id, first_id, kind, similarity, found_at)
SELECT tweet_id, 'g' || n - n % 8, 'exact', 1, posted_at FROM made WHERE n % 8 IN (1, 3)
""",
    """
INSERT INTO post_facts (tweet_id, posted_at, version, kind, start, "end", text)
SELECT tweet_id, posted_at, 1, 'hospital', 0, 3, 'day' FROM made WHERE n % 20 = 0
""",
    """
INSERT INTO hourly_effect_counts (hour, bundle, drug, ptid, platform, posts)
SELECT date_trunc('hour', posted_at, 'UTC'), '{bundle}', drug, (10000000 + pt)::text, COALESCE(platform, ''),
    count(*) FROM made GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (hour, bundle, drug, ptid, platform)
DO UPDATE SET posts = hourly_effect_counts.posts + excluded.posts
""",
    """
INSERT INTO hourly_counts (hour, bundle, seen, positive)
SELECT date_trunc('hour', posted_at, 'UTC'), '{bundle}', 50 * count(*), count(*) FROM made GROUP BY 1, 2
ON CONFLICT (hour, bundle)
DO UPDATE SET seen = hourly_counts.seen + excluded.seen, positive = hourly_counts.positive + excluded.positive
""",
    """
INSERT INTO hourly_drug_counts (hour, bundle, drug, seen, positive)
SELECT date_trunc('hour', posted_at, 'UTC'), '{bundle}', drug, 10 * count(*), count(*) FROM made
GROUP BY 1, 2, 3
ON CONFLICT (hour, bundle, drug) DO UPDATE SET seen = hourly_drug_counts.seen + excluded.seen,
    positive = hourly_drug_counts.positive + excluded.positive
""",
)


def add_mentions(
    connection: psycopg.Connection[Any], count: int, *, first: int = 0, days: int = DAYS
) -> None:
    """Add posts with one mention each, and all rows that a worker would have written for them.

    Every second mention has a case, and every fourth post is a copy. Call `ANALYZE` afterwards.

    Args:
        connection: with the rights of the owner.
        count: number of mentions.
        first: number of the first mention, after those that are there; a multiple of 8.
        days: the posts are from so many days before now.
    """
    values = {"days": days, "drugs": DRUGS, "pts": PTS, "bundle": BUNDLE, "first": first}
    with connection.transaction():
        connection.execute("SELECT setseed(0.5)")
        for statement in (_POSTS, *_ROWS):
            connection.execute(statement.format(**values, last=first + count - 1).encode())

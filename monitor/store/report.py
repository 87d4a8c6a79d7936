"""The view `ade_report`: what analysts read, and what stays the same when tables change.

The migrations hold their own, frozen copies of the definition; a test holds that the last one is this one.
"""

from __future__ import annotations

REPORT = "ade_report"

# Another bundle may judge a tweet again: its latest judgement counts, also where it takes an ADE back.
DEFINITION = """
    SELECT
        t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id
    FROM mentions m
    JOIN predictions p ON p.tweet_id = m.tweet_id AND p.bundle = m.bundle
    JOIN tweets t ON t.tweet_id = m.tweet_id
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""

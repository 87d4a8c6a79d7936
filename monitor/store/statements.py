"""The SQL of one batch: each table gets one statement, whatever the number of its rows.

Columns travel as arrays (`unnest`), so a statement's text never changes and the server keeps its plan;
`ON CONFLICT` makes each of them harmless when it is repeated, and `RETURNING` tells what was new.
"""

from __future__ import annotations

from sqlalchemy import text

# A known tweet keeps what is on record; only a text that was not kept before is filled in.
PUT_TWEETS = text("""
    INSERT INTO tweets AS t (tweet_id, posted_at, lang, text, author_hash)
    SELECT * FROM unnest(
        CAST(:tweet_id AS text[]), CAST(:posted_at AS timestamptz[]), CAST(:lang AS text[]),
        CAST(:text AS text[]), CAST(:author_hash AS text[]))
    ON CONFLICT (tweet_id) DO UPDATE SET text = excluded.text
        WHERE t.text IS NULL AND excluded.text IS NOT NULL
    RETURNING t.tweet_id, t.posted_at
""")

KNOWN_TWEETS = text(
    "SELECT tweet_id, posted_at, text FROM tweets WHERE tweet_id = ANY(CAST(:tweet_id AS text[]))"
)

PUT_PREDICTIONS = text("""
    INSERT INTO predictions (tweet_id, bundle, label, probability, topic, partition, "offset")
    SELECT tweet_id, :bundle, label, probability, topic, partition, "offset" FROM unnest(
        CAST(:tweet_id AS text[]), CAST(:label AS text[]), CAST(:probability AS float8[]),
        CAST(:topic AS text[]), CAST(:partition AS int[]), CAST(:offset AS bigint[]))
        AS row (tweet_id, label, probability, topic, partition, "offset")
    ON CONFLICT DO NOTHING
    RETURNING tweet_id
""")

PUT_MENTIONS = text("""
    INSERT INTO mentions (tweet_id, bundle, start, "end", text, score, ptid, pt_name, pt_score, runners_up)
    SELECT tweet_id, :bundle, start, "end", text, score, ptid, pt_name, pt_score, CAST(runners_up AS jsonb)
    FROM unnest(
        CAST(:tweet_id AS text[]), CAST(:start AS int[]), CAST(:end AS int[]), CAST(:text AS text[]),
        CAST(:score AS float8[]), CAST(:ptid AS text[]), CAST(:pt_name AS text[]),
        CAST(:pt_score AS float8[]), CAST(:runners_up AS text[]))
        AS row (tweet_id, start, "end", text, score, ptid, pt_name, pt_score, runners_up)
    ON CONFLICT DO NOTHING
    RETURNING id
""")

PUT_ALERTS = text("""
    INSERT INTO alert_outbox (alert_id, tweet_id, payload)
    SELECT alert_id, tweet_id, CAST(payload AS jsonb) FROM unnest(
        CAST(:alert_id AS text[]), CAST(:tweet_id AS text[]), CAST(:payload AS text[]))
        AS row (alert_id, tweet_id, payload)
    ON CONFLICT DO NOTHING
    RETURNING alert_id
""")

ADD_COUNTS = text("""
    INSERT INTO hourly_counts AS c (hour, bundle, seen, positive)
    SELECT hour, :bundle, seen, positive FROM unnest(
        CAST(:hour AS timestamptz[]), CAST(:seen AS bigint[]), CAST(:positive AS bigint[]))
        AS row (hour, seen, positive)
    ON CONFLICT (hour, bundle) DO UPDATE
        SET seen = c.seen + excluded.seen, positive = c.positive + excluded.positive
""")

PUT_PROGRESS = text("""
    INSERT INTO progress AS p (consumer_group, topic, partition, next_offset, bundle)
    SELECT :group, topic, partition, next_offset, :bundle FROM unnest(
        CAST(:topic AS text[]), CAST(:partition AS int[]), CAST(:next_offset AS bigint[]))
        AS row (topic, partition, next_offset)
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE
        SET next_offset = excluded.next_offset, bundle = excluded.bundle, updated_at = now()
""")

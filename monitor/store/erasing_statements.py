"""The SQL of deletions and other compliance events."""

from __future__ import annotations

from sqlalchemy import text

from monitor.store.statements import ENTRY_OF_CHANGED_ALERT

PUT_EVENTS = text(
    "INSERT INTO compliance_events (event, subject, source, reason, event_at, received_at) "
    "SELECT * FROM unnest(CAST(:event AS text[]), CAST(:subject AS bytea[]), CAST(:source AS text[]), "
    "CAST(:reason AS text[]), CAST(:event_at AS timestamptz[]), CAST(:received_at AS timestamptz[])) "
    "ON CONFLICT DO NOTHING RETURNING id, event, subject, source"
)

FINISH_EVENTS = text(
    "UPDATE compliance_events AS t SET done_at = clock_timestamp(), touched = CAST(row.touched AS jsonb), "
    "unmatched = row.unmatched, letters_done_at = CASE WHEN row.removes THEN NULL ELSE clock_timestamp() END "
    "FROM unnest(CAST(:id AS bigint[]), CAST(:touched AS text[]), CAST(:unmatched AS boolean[]), "
    "CAST(:removes AS boolean[])) AS row (id, touched, unmatched, removes) WHERE t.id = row.id"
)

# The event has more ids now, so dead letters have to be looked for again.
ADD_TOUCHED = text(
    "UPDATE compliance_events AS t SET letters_done_at = NULL, touched = t.touched || COALESCE(("
    "SELECT jsonb_object_agg(key, CAST(value AS bigint) + COALESCE(CAST(t.touched ->> key AS bigint), 0)) "
    "FROM jsonb_each_text(CAST(:touched AS jsonb))), '{}') WHERE t.id = :id"
)

FIND_TOMBSTONES = text(
    "SELECT subject, event, at, event_id FROM tombstones "
    "WHERE subject = ANY(ARRAY(SELECT decode(row, 'hex') FROM unnest(CAST(:subjects AS text[])) AS row))"
)

PUT_TOMBSTONES = text(
    "INSERT INTO tombstones AS t (subject, event, at, event_id) "
    "SELECT DISTINCT ON (subject, event) subject, event, at, event_id "
    "FROM unnest(CAST(:subject AS bytea[]), CAST(:event AS text[]), CAST(:at AS timestamptz[]), "
    "CAST(:event_id AS bigint[])) AS row (subject, event, at, event_id) "
    "ORDER BY subject, event, at DESC, event_id DESC "
    "ON CONFLICT (subject, event) DO UPDATE "
    "SET at = GREATEST(t.at, excluded.at), event_id = excluded.event_id"
)

# All ids that the lifted events had removed: the event that lifts them may name only one of them.
LIFT_TOMBSTONES = text(
    "DELETE FROM tombstones WHERE event = :event AND at <= :at AND event_id IN "
    "(SELECT event_id FROM tombstones WHERE event = :event AND subject = ANY(CAST(:subjects AS bytea[])))"
)

KNOWN_NAMES = text(
    "SELECT tweet_id AS name FROM post_times WHERE tweet_id = ANY(CAST(:names AS text[])) UNION ALL "
    "SELECT alias FROM post_aliases WHERE alias = ANY(CAST(:names AS text[]))"
)

# All aliases of the posts that these names stand for.
ALIASES_OF = text(
    "SELECT alias, tweet_id FROM post_aliases WHERE tweet_id = ANY(ARRAY("
    "SELECT tweet_id FROM post_aliases WHERE alias = ANY(CAST(:names AS text[])) "
    "UNION SELECT unnest(CAST(:names AS text[]))))"
)

# `posted_at` may lie in the future, as the author's clock says.
POSTS_OF_AUTHOR = text(
    "SELECT tweet_id FROM tweets WHERE author_hash = ANY(CAST(:author_hashes AS text[])) "
    "AND LEAST(posted_at, first_seen_at) <= :at"
)

# A repost has the text of the original, so it is erased, too. Others only quote or answer it.
POSTS_AND_REFERENCES = text(
    "SELECT tweet_id, tweet_id AS name, true AS erased FROM post_times "
    "WHERE tweet_id = ANY(CAST(:names AS text[])) UNION ALL "
    "SELECT tweet_id, referenced_id, kind = 'repost' FROM tweets "
    "WHERE referenced_id = ANY(CAST(:names AS text[])) UNION ALL "
    "SELECT t.tweet_id, row.name, false FROM unnest(CAST(:names AS text[])) AS row (name) JOIN tweets AS t "
    "ON t.context @> jsonb_build_array(jsonb_build_object('id', row.name))"
)

# The times lead to the months of the posts.
_OF_OLD_POSTS = (
    "USING post_times AS o WHERE o.tweet_id = ANY(CAST(:old AS text[])) "
    "AND t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at RETURNING t.tweet_id"
)
DELETE_MENTIONS = text(f"DELETE FROM mentions AS t {_OF_OLD_POSTS}")  # noqa: S608

DELETE_DRUGS = text(f"DELETE FROM post_drugs AS t {_OF_OLD_POSTS}")  # noqa: S608

DELETE_FACTS = text(f"DELETE FROM post_facts AS t {_OF_OLD_POSTS}")  # noqa: S608

DELETE_ALIASES = text(
    "DELETE FROM post_aliases WHERE tweet_id = ANY(CAST(:old AS text[])) RETURNING tweet_id"
)

_NEW_IDS = (
    "unnest(CAST(:old AS text[]), CAST(:new AS text[]), CAST(:reason AS text[])) AS row (old, new, reason)"
)

RETRACT_ALERTS = text(
    "UPDATE alert_outbox AS t SET tweet_id = row.new, payload = CAST('{}' AS jsonb), "  # noqa: S608
    f"{ENTRY_OF_CHANGED_ALERT}, "
    "published_at = CASE WHEN t.action = 'retract' THEN t.published_at END, "
    "revision = CASE WHEN t.action = 'retract' THEN t.revision ELSE t.revision + 1 END, "
    "reason = COALESCE(t.reason, row.reason), retracted_at = COALESCE(t.retracted_at, now()), "
    "action = 'retract' "
    f"FROM {_NEW_IDS} WHERE t.tweet_id = row.old RETURNING row.old AS tweet_id"
)

# The hour stays, because `hourly_counts` has it. A time to the second could lead back to the post.
ERASE_TWEETS = text(
    "UPDATE tweets AS t SET tweet_id = row.new, "  # noqa: S608
    "posted_at = date_trunc('hour', t.posted_at, 'UTC'), "
    "first_seen_at = date_trunc('hour', t.first_seen_at, 'UTC'), text = NULL, author_hash = NULL, "
    "author_key_id = NULL, referenced_id = NULL, url = NULL, context = NULL, edited_at = NULL, "
    "text_digests = CAST('' AS bytea), erased_at = now() "
    f"FROM {_NEW_IDS} JOIN post_times AS o ON o.tweet_id = row.old "
    "WHERE t.tweet_id = row.old AND t.posted_at = o.posted_at RETURNING row.old AS tweet_id"
)

ERASE_PREDICTIONS = text(
    "UPDATE predictions AS t SET predicted_at = date_trunc('hour', t.predicted_at, 'UTC'), "  # noqa: S608
    'topic = NULL, partition = NULL, "offset" = NULL '
    f"FROM {_NEW_IDS} JOIN post_times AS o ON o.tweet_id = row.new "
    "WHERE t.tweet_id = row.new AND t.posted_at = o.posted_at RETURNING row.old AS tweet_id"
)

# A part of the context without an id is of the referenced post.
FORGET_REFERENCES = text(
    "UPDATE tweets AS t SET context = ("
    "SELECT jsonb_agg(part ORDER BY number) FROM jsonb_array_elements(t.context) "
    "WITH ORDINALITY AS parts (part, number) "
    "WHERE NOT COALESCE(part ->> 'id', t.referenced_id, '') = ANY(CAST(:names AS text[]))), "
    "referenced_id = CASE WHEN NOT t.referenced_id = ANY(CAST(:names AS text[])) THEN t.referenced_id END "
    "FROM post_times AS o WHERE o.tweet_id = ANY(CAST(:tweet_ids AS text[])) "
    "AND t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at RETURNING t.tweet_id"
)

# The version that is announced has the digest `UNKNOWN` until its text arrives.
EXPECT_VERSION = text(
    "UPDATE tweets AS t SET text = NULL, url = NULL, context = NULL, version = version + 1, text_digests = "
    "CASE WHEN text_digests = '' THEN CAST(:unknown AS bytea) ELSE text_digests END || :unknown "
    "FROM post_times AS o WHERE o.tweet_id = ANY(CAST(:names AS text[])) "
    "AND t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at "
    "AND (text_digests = '' OR right(encode(text_digests, 'hex'), 32) <> encode(:unknown, 'hex')) "
    "AND (:has_versions OR COALESCE(edited_at, t.posted_at) < :at) RETURNING t.tweet_id"
)

PUT_ALIASES_OF_EDIT = text(
    "INSERT INTO post_aliases (alias, tweet_id) "
    "SELECT alias, :tweet_id FROM unnest(CAST(:aliases AS text[])) AS alias ON CONFLICT DO NOTHING"
)

"""The SQL of cases: in the transaction of a batch, of an erasure, and of retention."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

# A repost is not a report by the account that repeats it.
AUTHORS: Final = text(
    "SELECT tweet_id, author_hash FROM post_times AS o JOIN tweets USING (tweet_id, posted_at) "
    "WHERE o.tweet_id = ANY(CAST(:tweet_ids AS text[])) "
    "AND author_hash IS NOT NULL AND kind <> 'repost'"
)

# Two workers that write posts of one author wait for each other here, so that both find the same case. There
# are few locks, because the server has few places for them.
LOCK_AUTHORS: Final = text(
    "SELECT pg_advisory_xact_lock(1128354629, bucket) FROM (SELECT DISTINCT hashtext(author) & 255 AS bucket "
    "FROM unnest(CAST(:authors AS text[])) AS author ORDER BY bucket) AS buckets"
)

# Two queries, each with an index of its own. Of the posts of an author about a pair, one is enough.
KNOWN_POSTS: Final = text(
    "SELECT case_id, effect, drug, tweet_id, author_hash FROM ("
    "SELECT c.case_id, c.effect, c.drug, p.tweet_id, c.first_at, "
    "CASE WHEN t.kind <> 'repost' THEN t.author_hash END AS author_hash "
    "FROM case_posts AS p JOIN cases AS c ON c.case_id = p.case_id "
    "JOIN post_times AS o ON o.tweet_id = p.tweet_id "
    "JOIN tweets AS t ON t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at "
    "WHERE p.tweet_id = ANY(CAST(:tweet_ids AS text[])) AND c.effect = ANY(CAST(:effects AS text[])) "
    "UNION ALL (SELECT DISTINCT ON (t.author_hash, c.effect, c.drug) "
    "c.case_id, c.effect, c.drug, p.tweet_id, c.first_at, t.author_hash "
    "FROM tweets AS t JOIN case_posts AS p ON p.tweet_id = t.tweet_id "
    "JOIN cases AS c ON c.case_id = p.case_id "
    "WHERE t.author_hash = ANY(CAST(:authors AS text[])) AND t.kind <> 'repost' "
    "AND c.effect = ANY(CAST(:effects AS text[])) "
    "ORDER BY t.author_hash, c.effect, c.drug, c.first_at, c.case_id)"
    ") AS known ORDER BY first_at, case_id, tweet_id"
)

PUT_CASES: Final = text(
    "INSERT INTO cases AS t (case_id, drug, effect, ptid, pt_name, first_at, last_at) "
    "SELECT case_id, drug, effect, ptid, pt_name, at, at FROM unnest(CAST(:case_id AS text[]), "
    "CAST(:drug AS text[]), CAST(:effect AS text[]), CAST(:ptid AS text[]), CAST(:pt_name AS text[]), "
    "CAST(:at AS timestamptz[])) AS row (case_id, drug, effect, ptid, pt_name, at) "
    "ON CONFLICT (case_id) DO NOTHING"
)

# A follow-up opens a closed case again.
EXTEND_CASES: Final = text(
    "UPDATE cases AS t SET first_at = LEAST(t.first_at, row.first_at), "
    "last_at = GREATEST(t.last_at, row.last_at), changed_at = now(), "
    "status = CASE WHEN t.status = 'closed' THEN 'open' ELSE t.status END "
    "FROM (SELECT case_id, min(at) AS first_at, max(at) AS last_at FROM unnest(CAST(:case_id AS text[]), "
    "CAST(:at AS timestamptz[])) AS row (case_id, at) GROUP BY case_id) AS row WHERE t.case_id = row.case_id"
)

PUT_CASE_POSTS: Final = text(
    "INSERT INTO case_posts AS t (case_id, tweet_id, role, missing) "
    "SELECT case_id, tweet_id, role, CAST(missing AS jsonb) FROM unnest(CAST(:case_id AS text[]), "
    "CAST(:tweet_id AS text[]), CAST(:role AS text[]), CAST(:missing AS text[])) "
    "AS row (case_id, tweet_id, role, missing) "
    "ON CONFLICT (case_id, tweet_id) DO UPDATE SET missing = excluded.missing "
    "WHERE t.missing <> excluded.missing RETURNING t.case_id, t.tweet_id, t.xmax = 0 AS is_new"
)

# An edit of the post that brought a pair brings it again: its alert must not be retracted for that.
PUT_PAIRS: Final = text(
    "WITH row AS (SELECT * FROM unnest(CAST(:drug AS text[]), CAST(:effect AS text[]), "
    "CAST(:at AS timestamptz[]), CAST(:edited AS boolean[])) AS row (drug, effect, at, edited)), "
    "put AS (INSERT INTO seen_pairs AS t (drug, effect, first_at) SELECT drug, effect, at FROM row "
    "ORDER BY drug, effect ON CONFLICT DO NOTHING RETURNING t.drug, t.effect) "
    "SELECT drug, effect FROM put UNION SELECT s.drug, s.effect FROM seen_pairs AS s JOIN row "
    "ON s.drug = row.drug AND s.effect = row.effect WHERE row.edited AND s.first_at = row.at"
)

LEAVE_CASES: Final = text(
    "DELETE FROM case_posts WHERE tweet_id = ANY(CAST(:edited AS text[])) AND NOT (case_id, tweet_id) IN "
    "(SELECT * FROM unnest(CAST(:case_ids AS text[]), CAST(:tweet_ids AS text[]))) RETURNING case_id"
)

# A transaction that adds a post to a case holds a lock on the case until it commits. A DELETE would wait for
# it, but would not look for posts again, and would take the new post along. So the locks come first, in a
# statement of their own: the next statement sees what was committed meanwhile.
LOCK_CASES: Final = text(
    "SELECT case_id FROM cases WHERE case_id = ANY(CAST(:case_ids AS text[])) ORDER BY case_id FOR UPDATE"
)

# What a person has worked on stays, even without posts.
REMOVE_EMPTY_CASES: Final = text(
    "DELETE FROM cases AS c WHERE c.case_id = ANY(CAST(:case_ids AS text[])) AND c.status = 'new' "
    "AND NOT EXISTS (SELECT FROM case_posts AS p WHERE p.case_id = c.case_id) "
    "AND NOT EXISTS (SELECT FROM case_events AS e WHERE e.case_id = c.case_id)"
)

REMOVE_CASES_OF: Final = text(
    "DELETE FROM cases AS c WHERE c.status = 'new' AND c.case_id IN "
    "(SELECT case_id FROM case_posts WHERE tweet_id = ANY(CAST(:ids AS text[]))) "
    "AND NOT EXISTS (SELECT FROM case_posts AS p WHERE p.case_id = c.case_id "
    "AND NOT p.tweet_id = ANY(CAST(:ids AS text[]))) "
    "AND NOT EXISTS (SELECT FROM case_events AS e WHERE e.case_id = c.case_id)"
)
"""Removes the cases that have none but these posts, which are to be removed, and nothing of a person."""

ERASE_CASE_POSTS: Final = text(
    "UPDATE case_posts SET added_at = date_trunc('hour', added_at, 'UTC') "
    "WHERE tweet_id = ANY(CAST(:new AS text[]))"
)

# Of erased posts, the hour is kept, as in `tweets`. The words of an effect go with the last post.
ERASE_CASES: Final = text(
    "UPDATE cases AS c SET first_at = left_posts.first_at, last_at = left_posts.last_at, "
    "effect = CASE WHEN left_posts.all_erased AND c.effect LIKE 'words:%' THEN 'words:' ELSE c.effect END "
    "FROM (SELECT p.case_id, min(t.posted_at) AS first_at, max(t.posted_at) AS last_at, "
    "bool_and(t.erased_at IS NOT NULL) AS all_erased FROM case_posts AS p "
    "JOIN post_times AS o ON o.tweet_id = p.tweet_id "
    "JOIN tweets AS t ON t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at WHERE p.case_id IN "
    "(SELECT case_id FROM case_posts WHERE tweet_id = ANY(CAST(:new AS text[]))) GROUP BY p.case_id"
    ") AS left_posts WHERE left_posts.case_id = c.case_id"
)

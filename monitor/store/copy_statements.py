"""The SQL of copies: looking keys up, claiming them for first posts, and forgetting them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from monitor.effect_reports import CopyOf
from monitor.store.columns import ColumnValues
from monitor.store.enrichment_tables import post_copies
from monitor.store.statements import Insert

# Keys of parts are shared by different texts, and the newest text is the likeliest one to be copied now. But
# a key that another transaction took at the same moment stays, so that this one notices.
_MOMENT: Final = "interval '1 minute'"
_KIND_OF_PART: Final = 2
_KIND_OF_REFERENCE: Final = 3

ID_MARK: Final = "@"
"""Before the id of an original, where others are keys in hexadecimal."""

_KEYS: Final = "SELECT decode(key, 'hex') FROM unnest(CAST(:keys AS text[])) AS key"

# What the first post of each key tells: its text, its effects and its drugs. Originals of reposts are found
# even if their keys are gone. The posts of this batch are in `tweets` already; the caller knows them better.
FIND_FIRSTS: Final = text(
    "WITH hits AS ("  # noqa: S608
    f"SELECT encode(key, 'hex') AS name, first_id FROM copy_keys WHERE key = ANY(ARRAY({_KEYS})) "
    "AND seen_at >= now() - make_interval(days => :days) "
    f"UNION ALL SELECT '{ID_MARK}' || t.tweet_id, COALESCE(c.first_id, t.tweet_id) "
    "FROM post_times AS t "
    "LEFT JOIN post_copies AS c ON c.tweet_id = t.tweet_id "
    "WHERE t.tweet_id = ANY(CAST(:originals AS text[])) "
    "AND EXISTS (SELECT FROM predictions AS p WHERE p.tweet_id = t.tweet_id "
    "AND p.posted_at = t.posted_at AND p.label = 'ADE')"
    "), firsts AS (SELECT first_id, array_agg(name) AS names FROM hits GROUP BY first_id) "
    "SELECT f.first_id, f.names, t.text, "
    "(SELECT jsonb_agg(DISTINCT jsonb_build_array(m.ptid, m.text)) FROM mentions AS m "
    "WHERE m.tweet_id = t.tweet_id AND m.posted_at = t.posted_at AND m.version = t.version) AS effects, "
    "(SELECT jsonb_agg(DISTINCT jsonb_build_array(d.drug, d.place)) FROM post_drugs AS d "
    "WHERE d.tweet_id = t.tweet_id AND d.posted_at = t.posted_at AND d.version = t.version) AS drugs "
    "FROM firsts AS f LEFT JOIN post_times AS o ON o.tweet_id = f.first_id "
    "LEFT JOIN tweets AS t ON t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at"
)

# In the order of the keys, so that workers wait for each other instead of blocking each other. The owner of
# each key comes back: where it is another post, that one was first.
CLAIM_KEYS: Final = text(
    "WITH known AS (DELETE FROM post_copies WHERE tweet_id = ANY(CAST(:firsts AS text[]))) "  # noqa: S608
    "INSERT INTO copy_keys AS t (key, first_id, seen_at) SELECT key, first_id, now() FROM ("
    "SELECT decode(key, 'hex') AS key, first_id "
    "FROM unnest(CAST(:keys AS text[]), CAST(:first_ids AS text[])) AS row (key, first_id)"
    ") AS row ORDER BY key "
    "ON CONFLICT (key) DO UPDATE SET (first_id, seen_at) = ("
    "SELECT CASE WHEN taken THEN excluded.first_id ELSE t.first_id END, "
    "CASE WHEN taken THEN excluded.seen_at ELSE t.seen_at END FROM (SELECT "
    "t.seen_at < now() - make_interval(days => :days) "
    f"OR (get_byte(t.key, 1) = {_KIND_OF_PART} AND t.seen_at < now() - {_MOMENT}) AS taken) AS decision) "
    "RETURNING encode(t.key, 'hex') AS key, t.first_id"
)

FORGET_KEYS: Final = text("DELETE FROM copy_keys WHERE first_id = ANY(CAST(:old AS text[]))")

# The old words of edited posts: who writes them now does not repeat what these posts say.
FORGET_OLD_WORDS: Final = text(
    "DELETE FROM copy_keys WHERE first_id = ANY(CAST(:edited AS text[])) "  # noqa: S608
    f"AND get_byte(key, 1) <> {_KIND_OF_REFERENCE}"
)

_COPY_COLUMNS: Final[ColumnValues[tuple[str, CopyOf]]] = {
    "tweet_id": lambda row: row[0],
    "first_id": lambda row: row[1].first_id,
    "kind": lambda row: row[1].kind.value,
    "similarity": lambda row: row[1].similarity,
}

PUT_COPIES: Final[Insert[tuple[str, CopyOf]]] = Insert(
    post_copies,
    _COPY_COLUMNS,
    then="ON CONFLICT (tweet_id) DO UPDATE SET first_id = excluded.first_id, kind = excluded.kind, "
    "similarity = excluded.similarity WHERE (t.first_id, t.kind, t.similarity) IS DISTINCT FROM "
    "(excluded.first_id, excluded.kind, excluded.similarity)",
)

# The copies of posts that are erased or removed. What is known of an erased post must not show whose words it
# had. One of its copies becomes the first of the others: the earliest with the same words, if there is one.
# Then it also inherits their keys. So the next copy is still a copy, and a wave of copies that is deleted
# account by account does not raise one alert for each.
FORGET_COPIES: Final = text(
    "WITH heirs AS ("  # noqa: S608
    "SELECT DISTINCT ON (first_id) first_id, tweet_id AS heir, kind FROM post_copies "
    "WHERE first_id = ANY(CAST(:old AS text[])) AND NOT tweet_id = ANY(CAST(:old AS text[])) "
    "ORDER BY first_id, kind <> 'exact', found_at, tweet_id"
    "), keys AS ("
    "UPDATE copy_keys AS k SET first_id = heirs.heir FROM heirs WHERE k.first_id = heirs.first_id "
    f"AND heirs.kind = 'exact' AND get_byte(k.key, 1) <> {_KIND_OF_REFERENCE}"
    "), inherited AS ("
    "UPDATE post_copies AS t SET first_id = heirs.heir FROM heirs WHERE t.first_id = heirs.first_id "
    "AND t.tweet_id <> heirs.heir AND NOT t.tweet_id = ANY(CAST(:old AS text[]))"
    ") DELETE FROM post_copies AS t WHERE t.tweet_id = ANY(CAST(:old AS text[])) "
    "OR t.tweet_id IN (SELECT heir FROM heirs)"
)

# Without waiting for keys that a batch is about to take over.
EXPIRE_KEYS: Final = text(
    "DELETE FROM copy_keys WHERE key IN ("
    "SELECT key FROM copy_keys WHERE seen_at < now() - make_interval(days => :days) "
    "ORDER BY seen_at LIMIT :most FOR UPDATE SKIP LOCKED)"
)

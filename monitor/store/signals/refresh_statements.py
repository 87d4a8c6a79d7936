"""The SQL of the refresh: which days have changed, and the counts of a range of days.

A case counts on the day (UTC) of its first post. It counts if

- its first post (`role = 'report'`) is stored, or was erased while other posts of the case are still there,
- nobody gave it the status `not-a-case`,
- review did not reject all of its posts as "not an ADE". If people named another PT or drug than the model,
  it counts under their pair: `reviewed_cases` has the rule.

The counts of final days stay as they are, because retention has removed posts of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from monitor.store.signals.reviewed_cases import IS_ONLY_ONE, REVIEWED_CASES

LOCK: Final = text("SELECT pg_try_advisory_lock(hashtextextended('ade signals', 0))")
"""Two refreshes at the same time would count the same days. The second one does not start."""

# Only the rows that this transaction sees are removed: what is written meanwhile waits for the next refresh.
PENDING_DAYS: Final = text(
    "SELECT DISTINCT c.day FROM signal_changes AS c LEFT JOIN signal_days AS d ON d.day = c.day "
    "WHERE d.final IS NOT TRUE ORDER BY c.day"
)
ALL_DAYS: Final = text(
    "SELECT DISTINCT c.day FROM (SELECT CAST(first_at AT TIME ZONE 'UTC' AS date) AS day FROM cases "
    "UNION SELECT day FROM signal_days UNION SELECT day FROM signal_changes) AS c "
    "LEFT JOIN signal_days AS d ON d.day = c.day WHERE d.final IS NOT TRUE ORDER BY c.day"
)

TAKE_CHANGES: Final = text("DELETE FROM signal_changes WHERE day = ANY(CAST(:days AS date[]))")
TAKE_FINAL_CHANGES: Final = text(
    "DELETE FROM signal_changes AS c USING signal_days AS d WHERE d.day = c.day AND d.final"
)
REMOVE_COUNTS: Final = text("DELETE FROM signal_counts WHERE day = ANY(CAST(:days AS date[]))")
SUM_CASES: Final = text(
    "SELECT sum(cases) FROM signal_counts WHERE day = ANY(CAST(:days AS date[])) AND coding = ''"
)

# A scalar subquery is run for erased posts alone. The planner would turn EXISTS into a hash of all posts.
FOUND_CASES: Final = """
    FROM cases AS c
    JOIN case_posts AS p ON p.case_id = c.case_id AND p.role = 'report'
    JOIN post_times AS o ON o.tweet_id = p.tweet_id
    JOIN tweets AS t ON t.tweet_id = o.tweet_id AND t.posted_at = o.posted_at
    {joins}
    WHERE {times}
      AND c.status <> 'not-a-case'
      AND (t.erased_at IS NULL OR (
          SELECT true FROM case_posts AS later JOIN post_times USING (tweet_id)
              JOIN tweets AS post USING (tweet_id, posted_at)
          WHERE later.case_id = c.case_id AND post.erased_at IS NULL LIMIT 1
      ))
"""
"""The cases that the model has found, with their first posts `t`. A query adds `joins` and `times`."""

_TIMES: Final = """c.first_at >= CAST(:start AS timestamptz) AND c.first_at < CAST(:end AS timestamptz)
      AND CAST(c.first_at AT TIME ZONE 'UTC' AS date) = ANY(CAST(:days AS date[]))"""

# A case has the code of its surest mention.
_NEW_CODES: Final = """
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (r.release) r.release, r.ptid
        FROM mentions AS m JOIN recoded_mentions AS r ON r.mention_id = m.id
        WHERE m.case_id = c.case_id
        ORDER BY r.release, (m.tweet_id = p.tweet_id) DESC, r.pt_score DESC NULLS LAST, r.mention_id DESC
    ) AS code
"""


def _cases(coding: str, drug: str, ptid: str, joins: str, condition: str) -> str:
    """Return the query of cases by these columns."""
    # A repost is not a report by the account that repeats it, so it has no author here.
    return f"""
        SELECT CAST(c.first_at AT TIME ZONE 'UTC' AS date) AS day, {coding} AS coding, {drug} AS drug,
            {ptid} AS ptid, t.platform, t.lang, CASE WHEN t.kind <> 'repost' THEN t.author_hash END AS author
        {FOUND_CASES.format(joins=joins, times=_TIMES)} AND {condition}
    """


def _counting(coding: str, ptid: str, joins: str = "") -> str:
    """Return the statement that counts cases: those of the model, and those with the pair of people."""
    model = _cases(coding, "c.drug", ptid, joins, "c.case_id NOT IN (SELECT case_id FROM reviewed)")
    people = _cases(
        coding,
        "x.drug",
        f"CASE WHEN x.names_pt THEN x.ptid ELSE {ptid} END",
        f"JOIN reviewed AS x ON x.case_id = c.case_id AND x.names_value {joins}",
        IS_ONLY_ONE,
    )
    # What review decided is read once for a range, since there are few verdicts.
    return f"""
        WITH reviewed AS MATERIALIZED ({REVIEWED_CASES})
        INSERT INTO signal_counts (day, coding, drug, ptid, platform, lang, cases, authors)
        SELECT day, coding, COALESCE(drug, ''), CASE WHEN drug IS NULL THEN '' ELSE COALESCE(ptid, '') END,
            COALESCE(platform, ''), COALESCE(lang, ''), count(*), count(author)
        FROM ({model} UNION ALL {people}) AS counted GROUP BY 1, 2, 3, 4, 5, 6
    """  # noqa: S608 - no value of a user


COUNT_CASES: Final = text(_counting("''", "c.ptid"))
"""Counts by the original codes."""

COUNT_RECODED: Final = text(_counting("code.release", "code.ptid", _NEW_CODES))
"""Counts by each release that `ade-monitor recode` has coded mentions with. A PT of people stays as it is."""

NOTE_DAYS: Final = text(
    "INSERT INTO signal_days (day, refreshed_at) SELECT day, now() FROM unnest(CAST(:days AS date[])) AS day "
    "ON CONFLICT (day) DO UPDATE SET refreshed_at = excluded.refreshed_at"
)

NOTE_EVENTS: Final = text(
    "INSERT INTO signal_events (coding, ptid, pt_name) SELECT '', ptid, pt_name FROM ("
    "SELECT ptid, max(pt_name) AS pt_name FROM cases "
    "WHERE first_at >= CAST(:start AS timestamptz) AND first_at < CAST(:end AS timestamptz) "
    "AND ptid IS NOT NULL AND pt_name IS NOT NULL GROUP BY ptid) AS c WHERE NOT EXISTS ("
    "SELECT FROM signal_events AS e WHERE e.coding = '' AND e.ptid = c.ptid AND e.pt_name = c.pt_name) "
    "ORDER BY ptid ON CONFLICT (coding, ptid) DO UPDATE SET pt_name = excluded.pt_name"
)
NOTE_RECODED_EVENTS: Final = text(
    "INSERT INTO signal_events (coding, ptid, pt_name) "
    "SELECT DISTINCT ON (release, ptid) release, ptid, pt_name FROM recoded_mentions "
    "WHERE ptid IS NOT NULL AND pt_name IS NOT NULL ORDER BY release, ptid, mention_id DESC "
    "ON CONFLICT (coding, ptid) DO UPDATE SET pt_name = excluded.pt_name "
    "WHERE signal_events.pt_name <> excluded.pt_name"
)

HAS_RECODED: Final = text("SELECT EXISTS (SELECT FROM recoded_mentions)")

KEEP_COUNTS_OF: Final = text(
    "UPDATE signal_days AS d SET final = true WHERE NOT d.final AND d.day IN ("
    "SELECT DISTINCT CAST(c.first_at AT TIME ZONE 'UTC' AS date) FROM case_posts AS p "
    "JOIN cases AS c ON c.case_id = p.case_id WHERE p.tweet_id = ANY(CAST(:ids AS text[])))"
)
"""Makes the counts of the days of these posts final, before retention removes the posts."""

_LATE: Final = """
    FROM cases AS c WHERE c.first_at >= CAST(d.day AS timestamp) AT TIME ZONE 'UTC'
        AND c.first_at < CAST(d.day + 1 AS timestamp) AT TIME ZONE 'UTC'
        AND c.opened_at > d.refreshed_at AND c.status <> 'not-a-case'
"""
"""The cases that came after the last count of a day `d`. If it is final, no count ever has them."""

LATE_DAYS: Final = f"SELECT count(*) FROM signal_days AS d WHERE d.final AND EXISTS (SELECT {_LATE})"  # noqa: S608
"""The number of final days with such cases."""

COUNT_LATE: Final = text(
    "SELECT count(*) AS days, CAST(COALESCE(sum(late.cases), 0) AS bigint) AS cases "  # noqa: S608
    "FROM signal_days AS d "
    f"CROSS JOIN LATERAL (SELECT count(*) AS cases {_LATE}) AS late WHERE d.final AND late.cases > 0"
)

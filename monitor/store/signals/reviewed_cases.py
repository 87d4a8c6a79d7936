"""The SQL of what review decided about cases: they leave the counts, or count under the pair people found.

A verdict is about the PT and the drug of its mention, so it concerns no other case of the post. A post takes
its effect back from a case if one of its verdicts does and none confirms it. While a single post of a case
does not, the case keeps the pair of the model. Else

- the first verdict that names a right PT or a right drug decides: first by the post (the first report, then
  the oldest one), then by the place of the words. What it does not name stays as the model said;
- without such a verdict, the case is out.

One author has one case of a drug and a PT, and so has one post. If another case has the right pair already,
the corrected one adds nothing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

# A reply that continues a thread names no drug: its case has the drug of the thread.
_IS_ABOUT: Final = """{case}.ptid IS NOT DISTINCT FROM i.ptid
                AND ({case}.drug IS NOT DISTINCT FROM i.drug
                    OR ({post}.role = 'thread' AND i.drug IS NULL))"""

_NAMES_VALUE: Final = "(v.right_ptid IS NOT NULL OR v.right_drug IS NOT NULL)"

# Other words for the same effect confirm it, unless the verdict names another PT or another drug as well.
_TAKES_BACK: Final = f"""(i.outcome IN ('not-an-ade', 'wrong-pt', 'wrong-drug')
            OR (i.outcome = 'wrong-span' AND {_NAMES_VALUE}))"""
_CONFIRMS: Final = f"(i.outcome = 'correct' OR (i.outcome = 'wrong-span' AND NOT {_NAMES_VALUE}))"

REVIEWED_CASES: Final = f"""
    SELECT DISTINCT ON (r.case_id) r.case_id, r.names_value,
        NULLIF(COALESCE(r.right_drug, r.drug), 'none') AS drug,
        NULLIF(COALESCE(r.right_ptid, r.ptid), 'none') AS ptid,
        r.right_ptid IS NOT NULL AS names_pt
    FROM (
        SELECT c.case_id, c.ptid, c.drug, p.tweet_id, p.role, i.start, i.item_id, v.right_ptid, v.right_drug,
            {_NAMES_VALUE} AS names_value,
            (SELECT o.posted_at FROM post_times AS o WHERE o.tweet_id = p.tweet_id) AS posted_at
        FROM review_items AS i LEFT JOIN review_verdicts AS v ON v.id = i.outcome_id
            JOIN case_posts AS p ON p.tweet_id = i.tweet_id
            JOIN cases AS c ON c.case_id = p.case_id AND {_IS_ABOUT.format(case="c", post="p")}
        WHERE i.outcome IN ('not-an-ade', 'wrong-pt', 'wrong-drug', 'wrong-span') AND {_TAKES_BACK}
    ) AS r
    WHERE NOT EXISTS (
        SELECT FROM case_posts AS p WHERE p.case_id = r.case_id AND NOT COALESCE((
            SELECT bool_or({_TAKES_BACK}) AND NOT bool_or({_CONFIRMS})
            FROM review_items AS i LEFT JOIN review_verdicts AS v ON v.id = i.outcome_id
            WHERE i.tweet_id = p.tweet_id AND {_IS_ABOUT.format(case="r", post="p")}
        ), false)
    )
    ORDER BY r.case_id, r.names_value DESC, r.role = 'report' DESC, r.posted_at, r.tweet_id, r.start,
        r.item_id
"""  # noqa: S608 - no value of a user
"""The cases that no post supports any more, with the pair of the people if `names_value`."""

# `c` is a corrected case with its pair `x` and its first post `t`.
IS_ONLY_ONE: Final = """NOT EXISTS (
          SELECT FROM case_posts AS op JOIN cases AS o ON o.case_id = op.case_id
              LEFT JOIN reviewed AS y ON y.case_id = o.case_id
          WHERE op.tweet_id IN (
                  SELECT mine.tweet_id FROM case_posts AS mine WHERE mine.case_id = c.case_id
                  UNION ALL
                  SELECT a.tweet_id FROM tweets AS a
                  WHERE a.author_hash = t.author_hash AND a.kind <> 'repost' AND t.kind <> 'repost')
            AND o.case_id <> c.case_id AND o.status <> 'not-a-case'
            AND CASE WHEN y.case_id IS NULL
                THEN o.drug IS NOT DISTINCT FROM x.drug AND o.ptid IS NOT DISTINCT FROM x.ptid
                ELSE y.names_value AND y.drug IS NOT DISTINCT FROM x.drug
                    AND y.ptid IS NOT DISTINCT FROM x.ptid
                    AND (o.first_at, o.case_id) < (c.first_at, c.case_id) END
      )"""
"""The condition that no other case of its posts or its author has the pair that people found for it."""

# A case of the same author on another day may have the same pair, or no longer have it.
NOTE_DAYS_OF_AUTHORS: Final = text(
    f"""
    WITH pending AS MATERIALIZED (SELECT DISTINCT day FROM signal_changes)
    INSERT INTO signal_changes (day)
    SELECT DISTINCT CAST(c.first_at AT TIME ZONE 'UTC' AS date)
    FROM ({REVIEWED_CASES}) AS x JOIN cases AS c ON c.case_id = x.case_id
        JOIN case_posts AS p ON p.case_id = c.case_id AND p.role = 'report'
        JOIN post_times USING (tweet_id) JOIN tweets AS t USING (tweet_id, posted_at)
    WHERE x.names_value AND EXISTS (
        SELECT FROM tweets AS a JOIN case_posts AS op ON op.tweet_id = a.tweet_id
            JOIN cases AS o ON o.case_id = op.case_id
        WHERE a.author_hash = t.author_hash AND o.case_id <> c.case_id
          AND CAST(o.first_at AT TIME ZONE 'UTC' AS date) IN (SELECT day FROM pending))
    """  # noqa: S608 - no value of a user
)
"""Notes the days of corrected cases whose authors have other cases on days that are to be counted again."""

NOTE_RIGHT_EVENTS: Final = text(
    """
    INSERT INTO signal_events (coding, ptid, pt_name)
    SELECT k.coding, v.right_ptid, COALESCE(max(v.right_pt_name), v.right_ptid)
    FROM review_items AS i JOIN review_verdicts AS v ON v.id = i.outcome_id
        CROSS JOIN (SELECT '' AS coding UNION SELECT coding FROM signal_events) AS k
    WHERE v.right_ptid <> 'none'
      AND NOT EXISTS (SELECT FROM signal_events AS e WHERE e.coding = k.coding AND e.ptid = v.right_ptid)
      AND EXISTS (SELECT FROM signal_counts AS s WHERE s.coding = k.coding AND s.ptid = v.right_ptid)
    GROUP BY k.coding, v.right_ptid ON CONFLICT (coding, ptid) DO NOTHING
    """
)
"""Names the PTs that only people have found. A PT without a known name has its code."""

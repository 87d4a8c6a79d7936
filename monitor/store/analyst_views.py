"""The views for analysts: stable names for columns, and no authors.

`docs/analysis.md` explains every column. The names follow one scheme: `<thing>_id`, `<thing>_name`,
`<thing>_code`, `<event>_at` (a time), `<event>_date`, `<thing>_count`, `is_<state>`. A migration that changes
a view has its own copy of the definition, and a test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ANALYST_VIEWS: Final[Mapping[str, str]] = {
    "ade_effects": """
    SELECT r.mention_id AS effect_id, r.tweet_id AS post_id, r.case_id, r.posted_at,
        CAST(r.posted_at AT TIME ZONE 'UTC' AS date) AS posted_date, r.platform AS platform_name,
        r.lang AS language_code, r.text AS post_text, r.kind AS post_kind, r.span AS effect_text,
        r.start AS effect_start, r."end" AS effect_end, r.ptid AS pt_code, r.pt_name, r.pt_score,
        r.span_score AS effect_score, r.probability AS post_probability, r.drug AS drug_name,
        r.drug_atc AS atc_code, r.drug_score, r.copy_of IS NOT NULL AS is_copy,
        CASE WHEN r.drug IS NULL OR r.ptid IS NULL THEN NULL
            WHEN listed.id IS NOT NULL THEN true
            WHEN EXISTS (SELECT FROM drug_labels AS l WHERE l.drug = r.drug) OR NOT EXISTS (
                SELECT FROM unnest(string_to_array(r.drug, ' + ')) AS ingredient (name)
                WHERE NOT EXISTS (SELECT FROM drug_labels AS l WHERE l.drug = ingredient.name)
            ) THEN false
        END AS is_listed,
        listed.title AS label_name, listed.section AS label_section, listed.sentence AS label_sentence,
        r.bundle AS bundle_version, r.predicted_at
    FROM ade_report AS r
    LEFT JOIN LATERAL (
        SELECT e.id, e.section, e.sentence, l.title
        FROM listed_effects AS e JOIN drug_labels AS l USING (label_id)
        WHERE e.ptid = r.ptid AND (e.drug = r.drug OR e.drug = ANY (string_to_array(r.drug, ' + ')))
        ORDER BY e.sentence IS NULL, l.imported_at DESC, l.label_id, e.id LIMIT 1
    ) AS listed ON true
    """,
    "ade_cases": """
    SELECT c.case_id, c.drug AS drug_name, c.ptid AS pt_code, c.pt_name, c.first_at AS first_posted_at,
        c.last_at AS last_posted_at, c.opened_at, c.status AS case_status, c.owner AS owner_name, c.due_at,
        c.changed_at,
        (SELECT count(*) FROM case_posts AS p JOIN post_times AS o USING (tweet_id)
         JOIN tweets AS t USING (tweet_id, posted_at)
         WHERE p.case_id = c.case_id AND t.erased_at IS NULL) AS post_count,
        (SELECT count(*) FROM case_posts AS p JOIN post_copies AS k ON k.first_id = p.tweet_id
         WHERE p.case_id = c.case_id) AS copy_count,
        EXISTS (
            SELECT FROM case_posts AS p JOIN post_times AS o USING (tweet_id)
            JOIN tweets AS t USING (tweet_id, posted_at)
            JOIN post_facts AS f ON f.tweet_id = t.tweet_id AND f.posted_at = t.posted_at
                AND f.version = t.version
            WHERE p.case_id = c.case_id
            AND f.kind IN ('death', 'life-threatening', 'hospital', 'disability', 'birth-defect')
        ) AS is_serious
    FROM cases AS c
    """,
    "ade_case_days": """
    SELECT s.day AS case_date, NULLIF(s.coding, '') AS coding_release, NULLIF(s.drug, '') AS drug_name,
        NULLIF(s.ptid, '') AS pt_code, e.pt_name, NULLIF(s.platform, '') AS platform_name,
        NULLIF(s.lang, '') AS language_code, s.cases AS case_count, s.authors AS author_count
    FROM signal_counts AS s LEFT JOIN signal_events AS e USING (coding, ptid)
    """,
    "ade_drug_hours": """
    SELECT h.hour AS hour_at, h.drug AS drug_name, h.bundle AS bundle_version, h.seen AS post_count,
        h.positive AS ade_post_count
    FROM hourly_drug_counts AS h
    """,
    "ade_listed_effects": """
    SELECT e.drug AS drug_name, e.ptid AS pt_code, e.pt_name, l.label_id, l.title AS label_name,
        l.source AS label_source, e.section AS label_section, e.sentence AS label_sentence,
        e.fatal AS is_fatal, l.imported_at
    FROM listed_effects AS e JOIN drug_labels AS l USING (label_id)
    """,
    "ade_pt_groups": """
    SELECT g.ptid AS pt_code, g.kind AS group_kind, g.code AS group_code, g.name AS group_name
    FROM pt_groups AS g
    """,
    "ade_reviews": """
    SELECT i.item_id AS review_id, i.tweet_id AS post_id, i.bundle AS bundle_version, i.ptid AS pt_code,
        i.pt_name, i.drug AS drug_name, i.label AS predicted_label, i.probability AS post_probability,
        i.state AS review_state, i.outcome AS review_outcome, i.added_at, i.decided_at,
        (SELECT count(*) FROM review_verdicts AS v WHERE v.item_id = i.item_id
         AND v.decision IS NOT NULL
         AND NOT EXISTS (SELECT FROM review_verdicts AS u WHERE u.undoes = v.id)) AS verdict_count
    FROM review_items AS i
    """,
}
"""The query of each view, by its name."""

"""The stratified random sample in SQL: how many posts each stratum has, and which ones are drawn.

The order of a draw is the digest of the seed and the id of the post. So the same seed draws the same posts
from the same data, wherever the rows lie. Within a stratum every stored post has the same probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from monitor.store.reviews.review_records import ChosenPost

BAND_EDGES: Final = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""Where a band of probabilities ends and the next one begins."""

BANDS: Final = tuple(
    f"{low:.2f}-{high:.2f}" for low, high in zip((0.0, *BAND_EDGES), (*BAND_EDGES, 1.0), strict=True)
)
"""The names of the bands."""

OTHER: Final = "other"
"""A drug, or a language, that is too rare for strata of its own."""

NO_DRUG: Final = "none"
"""The drug of posts that name none."""

UNKNOWN_LANGUAGE: Final = "und"
"""The language of posts whose language is unknown."""

MOST_DRUGS: Final = 10
"""Drugs with strata of their own: the most frequent ones in the window."""

MOST_LANGUAGES: Final = 3
"""The same for languages."""

# Copies and reposts are left out, as in the signals. A negative post is only here if chance has kept it: one
# that is stored for another reason, such as an earlier version with an effect, stands for no other.
_POSTS: Final = """
    posts AS MATERIALIZED (
        SELECT t.tweet_id, p.bundle, p.version, p.label,
            width_bucket(p.probability, CAST(:edges AS float8[])) AS band,
            COALESCE(lower(split_part(t.lang, '-', 1)), :unknown) AS lang,
            COALESCE(
                (SELECT m.drug FROM mentions AS m
                 WHERE m.tweet_id = p.tweet_id AND m.posted_at = p.posted_at
                   AND m.bundle = p.bundle AND m.version = p.version
                   AND m.drug IS NOT NULL ORDER BY m.score DESC, m.start LIMIT 1),
                (SELECT d.drug FROM post_drugs AS d
                 WHERE d.tweet_id = p.tweet_id AND d.posted_at = p.posted_at AND d.version = p.version
                 ORDER BY d.part, d.start, d.drug LIMIT 1),
                :no_drug
            ) AS drug,
            p.inclusion
        FROM tweets AS t JOIN predictions AS p ON p.tweet_id = t.tweet_id AND p.posted_at = t.posted_at
            AND p.version = t.version
        WHERE t.posted_at >= :since AND t.posted_at < :until AND t.text IS NOT NULL
          AND (p.label = 'ADE' OR p.inclusion < 1)
          AND NOT EXISTS (SELECT FROM post_copies AS c WHERE c.tweet_id = t.tweet_id)
          AND NOT EXISTS (
              SELECT FROM predictions AS newer
              WHERE newer.tweet_id = p.tweet_id AND newer.posted_at = p.posted_at
                AND newer.version = p.version
                AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle))
    ),
    drugs AS (
        SELECT drug FROM posts WHERE drug <> :no_drug GROUP BY drug ORDER BY count(*) DESC, drug LIMIT :drugs
    ),
    languages AS (
        SELECT lang FROM posts WHERE lang <> :unknown GROUP BY lang ORDER BY count(*) DESC, lang
        LIMIT :languages
    ),
    named AS (
        SELECT tweet_id, bundle, version, label, band, inclusion,
            CASE WHEN drug = :no_drug OR drug IN (SELECT drug FROM drugs) THEN drug ELSE :other END AS drug,
            CASE WHEN lang = :unknown OR lang IN (SELECT lang FROM languages) THEN lang ELSE :other END
                AS lang
        FROM posts
    )
"""

_COUNT: Final = text(
    f"WITH {_POSTS} SELECT label, band, drug, lang, count(*) AS stored, sum(1 / inclusion) AS size "  # noqa: S608
    "FROM named GROUP BY label, band, drug, lang ORDER BY label, band, drug, lang"
)

_DRAW: Final = text(
    f"""
    WITH {_POSTS},
    strata AS (
        SELECT * FROM unnest(CAST(:labels AS text[]), CAST(:bands AS int[]), CAST(:drugs_of AS text[]),
            CAST(:langs AS text[]), CAST(:numbers AS int[]), CAST(:counts AS int[]))
            AS row (label, band, drug, lang, number, count)
    ),
    ranked AS (
        SELECT n.tweet_id, n.bundle, n.version, n.inclusion, s.number, s.count,
            row_number() OVER (PARTITION BY s.number ORDER BY
                sha256(convert_to(CAST(:seed AS text) || ':' || n.tweet_id, 'UTF8')), n.tweet_id) AS rank
        FROM named AS n JOIN strata AS s USING (label, band, drug, lang)
    )
    SELECT tweet_id, bundle, version, number AS stratum, inclusion
    FROM ranked WHERE rank <= count ORDER BY number, rank
    """  # noqa: S608 - no value is part of it
)


class PostStratum(NamedTuple):
    """The key of a stratum.

    Attributes:
        label: "ADE" or "NoADE".
        band: name of the band of the probability.
        drug: the drug, `OTHER` or `NO_DRUG`.
        lang: the language, `OTHER` or `UNKNOWN_LANGUAGE`.
    """

    label: str
    band: str
    drug: str
    lang: str


class StratumSize(NamedTuple):
    """How many posts a stratum has.

    Attributes:
        stored: in the database.
        size: estimated, with those that were not stored.
    """

    stored: int
    size: float


def band_of(probability: float) -> str:
    """Return the name of the band that a probability is in."""
    return BANDS[sum(probability >= edge for edge in BAND_EDGES)]


def count_strata(connection: Connection, since: datetime, until: datetime) -> dict[PostStratum, StratumSize]:
    """Return the strata of a window, in the order of their keys."""
    rows = connection.execute(_COUNT, _window(since, until))
    return {
        PostStratum(row.label, BANDS[row.band], row.drug, row.lang): StratumSize(row.stored, float(row.size))
        for row in rows
    }


def draw_posts(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    seed: int,
    numbers: Mapping[PostStratum, int],
    counts: Sequence[int],
    stored: Sequence[int],
) -> list[ChosenPost]:
    """Return the posts that a seed draws.

    Args:
        connection: in the transaction that has counted the strata.
        since: start of the window.
        until: its end.
        seed: of the draw.
        numbers: the number of the stratum that each key belongs to.
        counts: posts to draw from each stratum, by number.
        stored: posts of each stratum, by number.
    """
    keys = list(numbers)
    parameters = {
        "seed": seed,
        "labels": [key.label for key in keys],
        "bands": [BANDS.index(key.band) for key in keys],
        "drugs_of": [key.drug for key in keys],
        "langs": [key.lang for key in keys],
        "numbers": list(numbers.values()),
        "counts": [counts[number] for number in numbers.values()],
    }
    return [
        ChosenPost(
            row.tweet_id,
            row.bundle,
            row.version,
            row.stratum,
            row.inclusion * counts[row.stratum] / stored[row.stratum],
        )
        for row in connection.execute(_DRAW, {**_window(since, until), **parameters})
    ]


def _window(since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "since": since,
        "until": until,
        "edges": list(BAND_EDGES),
        "unknown": UNKNOWN_LANGUAGE,
        "no_drug": NO_DRUG,
        "other": OTHER,
        "drugs": MOST_DRUGS,
        "languages": MOST_LANGUAGES,
    }

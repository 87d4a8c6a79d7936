"""The official scorer of SMM4H Task 1 (2019 to 2022), on its own: it uses no other part of the project.

The rules are those of the organisers' evaluation script. Each docstring names the rule it follows:

Rule 1. A tweet counts for subtask 1a by its class alone, and only the positive class is scored.
Rule 2. The relaxed match: spans overlap or touch. The strict match: their offsets are equal.
Rule 3. For subtask 1c, matching spans must also have the same Preferred Term; LLT codes are lifted first.
Rule 4. Rows that repeat another row exactly count once; predictions for unknown tweets are ignored.
Rule 5. Each matching pair of spans is a hit; a span without any match is extra or missed.
Rule 6. Counts are added over all tweets, then precision, recall and F1 are computed with an epsilon of 1e-6.

official_files.py   the TSV files, and the annotations of each tweet in them (rules 3 and 4)
span_matching.py    relaxed, strict and one-to-one matches (rule 2)
official_scores.py  counts, precision, recall and F1 of 1a, 1b and 1c (rules 1, 5 and 6)
"""

from training.scorer.official_files import (
    CLASS_FILE,
    CODED_SPANS_FILE,
    SPANS_FILE,
    TWEETS_FILE,
    Annotations,
    OfficialSpan,
    TweetAnnotation,
    is_official,
    read_annotations,
    read_id_and_text,
    read_rows,
)
from training.scorer.official_scores import (
    EPSILON,
    MEASURES,
    Counts,
    Measure,
    Scores,
    count_tweet,
    measures_of,
    score_annotations,
)
from training.scorer.span_matching import match_relaxed, match_strict, with_equal_codes

__all__ = [
    "CLASS_FILE",
    "CODED_SPANS_FILE",
    "EPSILON",
    "MEASURES",
    "SPANS_FILE",
    "TWEETS_FILE",
    "Annotations",
    "Counts",
    "Measure",
    "OfficialSpan",
    "Scores",
    "TweetAnnotation",
    "count_tweet",
    "is_official",
    "match_relaxed",
    "match_strict",
    "measures_of",
    "read_annotations",
    "read_id_and_text",
    "read_rows",
    "score_annotations",
    "with_equal_codes",
]

"""The official scorer of SMM4H Task 1 (2019 to 2022), by its rules and nothing else of this package.

layout.py       the TSV files: rows, headers, no quoting
annotations.py  what they say of each tweet; LLT codes lifted to PTs, exact duplicates dropped
matching.py     relaxed and strict match, one-to-one matching
scores.py       counts, precision, recall and F1 of 1a, 1b and 1c
"""

from training.scorer.annotations import Annotations, Judgement, Mark, is_official, read_annotations
from training.scorer.scores import MEASURES, Counts, Measure, Scores, count, measured, score

__all__ = [
    "MEASURES",
    "Annotations",
    "Counts",
    "Judgement",
    "Mark",
    "Measure",
    "Scores",
    "count",
    "is_official",
    "measured",
    "read_annotations",
    "score",
]

"""The scores as a table: precision, recall and F1 in percent, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from training.evaluation.assessment import Assessment
from training.evaluation.intervals import Interval
from training.scorer import Measure

NAMES: Final[Mapping[Measure, str]] = {
    "1a": "1a",
    "1b": "1b relaxed",
    "1b strict": "1b strict",
    "1b one-to-one": "1b one-to-one",
    "1c": "1c relaxed",
    "1c strict": "1c strict",
    "1c one-to-one": "1c one-to-one",
    "1c unseen": "1c unseen PTs",
}
HEADINGS: Final = ("", "P", "R", "F1")


def score_rows(assessment: Assessment) -> list[tuple[str, str, str, str]]:
    """Give the cells of the table: a measure a row, such as `58.9 (51.0–66.2)`."""
    rows = []
    for measure, counts in assessment.scores.by_measure.items():
        ends = assessment.intervals[measure]
        rows.append(
            (
                NAMES[measure],
                _cell(counts.precision, ends.precision),
                _cell(counts.recall, ends.recall),
                _cell(counts.f1, ends.f1),
            )
        )
    return rows


def markdown_scores(assessment: Assessment) -> str:
    """Give the table as Markdown."""
    lines = [f"| {' | '.join(HEADINGS)} |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in score_rows(assessment))]) + "\n"


def _cell(value: float, interval: Interval) -> str:
    return f"{100 * value:.1f} ({100 * interval.low:.1f}–{100 * interval.high:.1f})"

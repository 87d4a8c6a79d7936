"""The tables of an evaluation, in percent: the scores with their intervals, and the accuracy of the codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from training.evaluation.assessment import Assessment
from training.evaluation.code_accuracy import CodeAccuracy
from training.evaluation.intervals import Interval
from training.scorer import MEASURES, Measure

SCORE_HEADINGS: Final = ("", "P", "R", "F1")
CODE_HEADINGS: Final = ("1c, spans found", "spans", "coded", "precision", "at 1", "at 5", "HLT", "SOC")
CODE_LEGEND: Final = (
    "Of the annotated spans that overlap or touch a predicted one: the share that has a code, the share of "
    "right codes among them, and the share whose best candidate, or one of the first five, is the annotated "
    "PT, however unsure the Normalizer is. HLT and SOC: the best candidate shares a High Level Term or a "
    "System Organ Class with the annotated PT, as near-synonyms do."
)

_MEASURE_NAMES: Final[Mapping[Measure, str]] = {
    **{measure: measure for measure in MEASURES},
    "1b": "1b relaxed",
    "1c": "1c relaxed",
    "1c unseen": "1c unseen PTs",
}
_GROUP_NAMES: Final = {"matched": "all", "unseen": "unseen PTs"}
_NOT_MEASURED: Final = "-"


def score_rows(assessment: Assessment) -> list[tuple[str, str, str, str]]:
    """Return the cells of the score table: one measure per row, such as `58.9 (51.0–66.2)`.

    A measure with nothing to find has "-" in each cell.
    """
    rows = []
    for measure, counts in assessment.scores.by_measure.items():
        intervals = assessment.intervals[measure]
        if not counts.is_measured:
            rows.append((_MEASURE_NAMES[measure], _NOT_MEASURED, _NOT_MEASURED, _NOT_MEASURED))
            continue
        rows.append(
            (
                _MEASURE_NAMES[measure],
                _cell(counts.precision, intervals.precision),
                _cell(counts.recall, intervals.recall),
                _cell(counts.f1, intervals.f1),
            )
        )
    return rows


def code_accuracy_rows(groups: Mapping[str, CodeAccuracy]) -> list[tuple[str, ...]]:
    """Return the cells of the table of codes: one group of spans per row, "-" for what was not measured."""
    rows = []
    for name, accuracy in groups.items():
        shares = (
            accuracy.coded,
            accuracy.precision,
            accuracy.at_1,
            accuracy.at_5,
            accuracy.near.get("hlt"),
            accuracy.near.get("soc"),
        )
        cells = (_NOT_MEASURED if share is None else f"{100 * share:.1f}" for share in shares)
        rows.append((_GROUP_NAMES.get(name, name), f"{accuracy.spans:,}", *cells))
    return rows


def markdown_scores(assessment: Assessment) -> str:
    """Return the score table as Markdown."""
    return _markdown(SCORE_HEADINGS, score_rows(assessment))


def markdown_code_accuracy(groups: Mapping[str, CodeAccuracy]) -> str:
    """Return the table of codes as Markdown, with the meaning of its columns."""
    return f"{_markdown(CODE_HEADINGS, code_accuracy_rows(groups))}\n{CODE_LEGEND}\n"


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, ["---"] * len(headings), *rows))


def _cell(value: float, interval: Interval) -> str:
    return f"{100 * value:.1f} ({100 * interval.low:.1f}–{100 * interval.high:.1f})"

"""The report of an evaluation: a folder with figures, diagrams and the table of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.disk import replace_folder, require_replaceable, writing
from training.errors import RunError
from training.evaluation.assessment import Assessment
from training.evaluation.error_table import html_table, markdown_table
from training.evaluation.plots import precision_recall_png, reliability_png
from training.evaluation.score_tables import markdown_code_accuracy, markdown_scores

REPORT_FILE: Final = "report.json"


def write_report(
    folder: Path,
    assessment: Assessment,
    names: Mapping[str, str],
    *,
    about: Mapping[str, Any],
    most_errors: int,
) -> None:
    """Write report.json, report.md, errors.md, errors.html and the diagrams; all of them, or nothing.

    Args:
        folder: where to write; an existing report is replaced.
        assessment: the figures.
        names: of PTs by code.
        about: what was scored against what, as JSON.
        most_errors: rows of each table of errors.

    Raises:
        RunError: matplotlib is not installed, or the folder cannot be written.
    """
    texts = {
        REPORT_FILE: f"{json.dumps({**about, **assessment.to_json()}, indent=2, ensure_ascii=False)}\n",
        "report.md": _page(assessment, about),
        "errors.md": markdown_table(assessment.errors, names, title="Errors", most=most_errors),
        "errors.html": html_table(assessment.errors, names, title="Errors", most=most_errors),
    }
    files = {name: text.encode(errors="replace") for name, text in texts.items()}
    if assessment.reliability:
        files["reliability.png"] = reliability_png(assessment.reliability)
    if assessment.points:
        predicted = assessment.scores.classifier
        files["precision_recall.png"] = precision_recall_png(assessment.points, predicted=predicted)
    with writing(folder, RunError):
        replace_folder(folder, files)


def require_no_report(folder: Path, *, overwrite: bool) -> None:
    """Check that a report would not replace anything else.

    Raises:
        RunError: there is a file or another folder, or a report that must not be overwritten.
    """
    require_replaceable(
        folder,
        kind="a report",
        marker=REPORT_FILE,
        overwrite=overwrite,
        error=RunError,
        how_to_overwrite="replace it with --overwrite",
    )


def _page(assessment: Assessment, about: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{name}: {count:,}" for name, count in assessment.sizes.items())
    lines = [
        "# Evaluation",
        "",
        *(f"- {name}: `{value}`" for name, value in about.items() if value is not None),
        f"- annotated: {sizes}",
        *(f"- {note}" for note in assessment.notes),
        "",
        markdown_scores(assessment),
        f"In percent, with {assessment.confidence:.0%} bootstrap intervals over {assessment.samples:,} "
        f"samples of the texts (seed {assessment.seed}).",
        "Relaxed and strict are the official scores. One-to-one lets each span match one other at most.",
        "",
    ]
    if assessment.codes:
        lines += [markdown_code_accuracy(assessment.codes)]
    if assessment.reliability:
        reliability = assessment.reliability
        lines += [
            f"Expected calibration error {reliability.error:.4f}, negative log-likelihood "
            f"{reliability.loss:.4f}, Brier score {reliability.brier:.4f}.",
            "",
            "![Reliability diagram](reliability.png)",
            "",
        ]
    if assessment.points:
        lines += [
            f"Average precision of 1a {assessment.points.average_precision:.4f}.",
            "",
            "![Precision and recall](precision_recall.png)",
            "",
        ]
    return "\n".join([*lines, "The errors: [errors.md](errors.md), [errors.html](errors.html).", ""])

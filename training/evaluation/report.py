"""The report of an evaluation: a folder with figures, diagrams and the table of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.errors import RunError
from training.evaluation.assessment import Assessment
from training.evaluation.coding_table import markdown_coding
from training.evaluation.error_table import html_table, markdown_table
from training.evaluation.plots import precision_recall_png, reliability_png
from training.evaluation.score_table import markdown_scores
from training.files import write_folder

REPORT_FILE = "report.json"


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
        folder: where to; a report that is there is replaced.
        assessment: what was measured.
        names: of PTs by code.
        about: what was scored against what, JSON-ready.
        most_errors: rows of a table of errors.

    Raises:
        RunError: matplotlib is not installed, or the folder cannot be written.
    """
    files = {
        REPORT_FILE: f"{json.dumps({**about, **assessment.to_json()}, indent=2, ensure_ascii=False)}\n",
        "report.md": _page(assessment, about),
        "errors.md": markdown_table(assessment.mistakes, names, title="Errors", most=most_errors),
        "errors.html": html_table(assessment.mistakes, names, title="Errors", most=most_errors),
    }
    drawings = {}
    if assessment.reliability:
        drawings["reliability.png"] = reliability_png(assessment.reliability)
    if assessment.points:
        judged = assessment.scores.classifier
        drawings["precision_recall.png"] = precision_recall_png(assessment.points, judged=judged)
    encoded = {name: text.encode(errors="replace") for name, text in files.items()}
    write_folder(folder, {**encoded, **drawings})


def refuse_to_clobber(folder: Path, *, overwrite: bool) -> None:
    """Raise where a report would replace something.

    Raises:
        RunError: another folder or file, or a report that must not be overwritten.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / REPORT_FILE).is_file():
        raise RunError(f"{folder} is there already and is no report: choose another folder")
    if not overwrite:
        raise RunError(f"{folder} holds a report: choose another folder, or replace it with --overwrite")


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
    if assessment.coding:
        lines += [markdown_coding(assessment.coding)]
    if assessment.reliability:
        measured = assessment.reliability
        lines += [
            f"Expected calibration error {measured.error:.4f}, negative log-likelihood {measured.loss:.4f}, "
            f"Brier score {measured.brier:.4f}.",
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

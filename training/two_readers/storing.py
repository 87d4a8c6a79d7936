"""Store two readers as one bundle, with a model card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle import join_bundles, read_card, read_config
from training.two_readers.fit import ReaderFit

_HEADING = re.compile(r"^(#+) ", re.MULTILINE)


def save_two_readers(
    first: str | Path,
    second: str | Path,
    fit: ReaderFit,
    out: str | Path,
    *,
    name: str,
    command: str = "",
    metrics: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> str:
    """Write a bundle with two readers, completely or not at all.

    Args:
        first: folder of the bundle that reads every post.
        second: folder of the bundle that reads the likeliest posts.
        fit: of these two.
        out: folder of the result.
        name: readable part of the version.
        command: that was run, for the model card.
        metrics: further figures for `metrics.json`.
        overwrite: replace an existing bundle.

    Returns:
        The version.

    Raises:
        BundleError: as for `join_bundles`.
    """
    return join_bundles(
        Path(first),
        Path(second),
        fit.section,
        Path(out),
        thresholds=fit.thresholds,
        name=name,
        metrics={"two_readers": fit.metrics, **(metrics or {})},
        card=two_reader_card(Path(first), Path(second), fit, name=name, command=command),
        overwrite=overwrite,
    )


def two_reader_card(first: Path, second: Path, fit: ReaderFit, *, name: str, command: str) -> str:
    """Return the model card: what both readers do, their scores, and the card of the first one."""
    of_first, of_second = read_config(first), read_config(second)
    who, section = fit.who_reads, fit.section
    share = who.stream_share if who.stream_share is not None else _mean(list(who.shares.values()))
    ap_first, ap_both = fit.average_precision
    made = [f"Made by `{command}`.", ""] if command else []
    lines = [
        f"# {name}",
        "",
        "A bundle with two readers. The first reads every post. The second, with another encoder, reads the",
        f"posts that the first gives a probability of at least {who.reads_from:g}: about {share:.0%} of a",
        "stream, by the texts that this was chosen on. Posts that it does not read are NoADE.",
        "",
        *made,
        "| | version | encoder | weight of its log-odds |",
        "|---|---|---|---|",
        f"| first | `{of_first.version}` | `{of_first.encoder}` | {section.first:.3f} |",
        f"| second | `{of_second.version}` | `{of_second.encoder}` | {section.second:.3f} |",
        "",
        f"Spans: {section.spans}. Codes: {section.codes}. The threshold is {fit.thresholds.classifier:g}.",
        "",
        "## Scores on the validation texts",
        "",
        f"Texts: {', '.join(f'{count:,} of {kind}' for kind, count in fit.texts.items())}"
        f"{f', weighted to {fit.prevalence:.1%} positives' if fit.prevalence else ''}. F1 is the mean over",
        "the kinds. Thresholds, weights and choices were made on the same texts, so other texts score lower.",
        "",
        f"- 1a of the first reader alone: F1 {fit.first_alone.mean.f1:.3f}, average precision {ap_first:.3f}",
        f"- 1a of both: F1 {fit.chosen.common.mean.f1:.3f}, average precision {ap_both:.3f}",
        f"- positives that the second reads: "
        f"{', '.join(f'{kept:.1%} of {kind}' for kind, kept in who.kept.items())}",
        "",
        *choice_table(fit),
        "",
    ]
    card = read_card(first)
    if card:
        lines += ["## The first reader", "", _HEADING.sub(r"##\1 ", card).strip(), ""]
    return "\n".join(lines) + "\nThe second reader has its own card in `second/README.md`.\n"


def choice_table(fit: ReaderFit) -> list[str]:
    """Return the rows of a Markdown table of all choices."""
    measures = list(fit.chosen.f1)
    rows = ["| spans | codes | threshold | " + " | ".join(measures) + " |"]
    rows.append("|---" * (3 + len(measures)) + "|")
    for choice in fit.choices:
        figures = " | ".join(f"{choice.f1[measure]:.3f}" for measure in measures)
        chosen = " (chosen)" if choice == fit.chosen else ""
        rows.append(f"| {choice.spans}{chosen} | {choice.codes} | {choice.common.threshold:g} | {figures} |")
    return rows


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)

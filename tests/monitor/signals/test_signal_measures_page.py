"""The example in docs/signal-measures.md runs, and the thresholds on the page are those of the code."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from monitor.signals.consensus import Criteria
from monitor.signals.prior_fitting import LEAST_PAIRS, SQUASHED_FROM

PAGE = (Path(__file__).parents[3] / "docs" / "signal-measures.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    """Return the only code block of a language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_example_prints_what_the_page_shows() -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(example("python"), "docs/signal-measures.md", "exec"), {})
    assert output.getvalue() == example("text")


def test_the_thresholds_on_the_page_are_those_of_the_code() -> None:
    criteria = Criteria()
    for sentence in (
        f"PRR ≥ {criteria.prr:g} and chi-square ≥ {criteria.chi_square:g}",
        f"lower end of the 95% interval > {criteria.ror_low:g}",
        f"IC025 > {criteria.ic_low:g}",
        f"EB05 ≥ {criteria.eb05:g}",
        f"need at least {criteria.cases:g} cases",
        f"at least {criteria.methods} of the 4 methods",
        f"Fewer than {LEAST_PAIRS} pairs",
        f"{SQUASHED_FROM:,} pairs on",
    ):
        assert sentence in PAGE

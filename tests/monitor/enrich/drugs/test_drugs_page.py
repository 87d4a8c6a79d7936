"""The examples in docs/drugs.md run, and do what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Final

from monitor.enrich.drugs import load_matcher
from monitor.findings import DrugNaming
from monitor.settings import EnrichSettings

PAGE: Final = (Path(__file__).parents[4] / "docs" / "drugs.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    """Return the first code block of a language."""
    block = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert block
    return block[1]


def test_the_python_example_prints_what_the_page_shows() -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(example("python"), {})
    assert output.getvalue() == example("text")


def test_the_table_of_ones_own_drugs_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "drugs.tsv"
    path.write_text(example("tsv"), encoding="utf-8")
    matcher = load_matcher(EnrichSettings(drugs=path))
    mentions = [
        (each.text, each.drug, each.naming) for each in matcher.find("exi, Examplar Duo, a study drug")
    ]
    assert mentions == [
        ("exi", "examplinib", DrugNaming.SLANG),
        ("Examplar Duo", "examplinib + ibuprofen", DrugNaming.BRAND),
        ("study drug", "study drugs", DrugNaming.CLASS),
    ]

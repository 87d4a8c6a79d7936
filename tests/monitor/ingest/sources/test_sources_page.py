"""docs/sources.md has a row for every source, and names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.feed import FILE_FORMATS
from monitor.ingest.sources import SOURCES

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_every_source_and_every_format_of_tables() -> None:
    first_cells = re.findall(r"^\| ([^|]+) \|", PAGE, re.MULTILINE)
    rows = {name for cell in first_cells for name in re.findall("`([a-z0-9-]+)`", cell)}
    tables = {form.name for form in FILE_FORMATS if form.name not in ("jsonl", "json")}
    assert {source.name for source in SOURCES} | tables <= rows


def test_the_tests_that_the_page_names_exist() -> None:
    names = re.findall(r"\btest_\w+\.py\b", PAGE)
    assert names
    assert [name for name in names if not list((ROOT / "tests").rglob(name))] == []


def test_every_source_says_what_it_is_recognized_by() -> None:
    assert [source.name for source in SOURCES if not source.signs] == []

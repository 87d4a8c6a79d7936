"""Each claim of SECURITY.md is held by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def claims() -> list[list[str]]:
    """Return the cells of each row about an attacker."""
    table = PAGE.partition("## Who may attack")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", claims(), ids=lambda row: row[1])
def test_each_claim_names_its_tests_or_says_that_nothing_stops_the_attack(row: list[str]) -> None:
    _, _, stopped_by, tests, _ = row
    assert re.search(r"`tests/[\w/]+(?:\.py)?`", tests) or stopped_by.startswith("nothing")


def test_the_tests_exist() -> None:
    paths = re.findall(r"`(tests/[^`]+)`", PAGE)
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []

"""docs/method.md names existing modules and tests for each line of the paper."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "method.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| the paper |")
]


def paths(cell: str) -> list[str]:
    """Return the files and folders that a cell names."""
    return re.findall(r"`([\w/]+(?:\.py|/))`", cell)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_line_names_an_existing_module_and_test(row: list[str]) -> None:
    _, module, test = row
    assert paths(module) or module.startswith("the same")
    assert paths(test) or test.startswith("the same")
    assert [path for path in paths(module) if not (ROOT / path).exists()] == []
    missing = [
        path for path in paths(test) if not any((ROOT / folder / path).exists() for folder in ("tests", ""))
    ]
    assert missing == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_functions_that_a_line_names_are_in_its_module(row: list[str]) -> None:
    for path, name in re.findall(r"`([\w/]+\.py)`: `(\w+)`", row[1]):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text()), f"{name} in {path}"

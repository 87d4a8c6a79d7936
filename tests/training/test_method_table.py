"""`docs/method.md` says which module does a line of the paper, and which test holds it."""

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
    """Files and folders that a cell names."""
    return re.findall(r"`([\w/]+(?:\.py|/))`", cell)


def is_there(name: str, *, below: str) -> bool:
    return any((ROOT / folder / name).exists() for folder in ("", "tests", below))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_line_has_a_module_and_a_test_that_are_there(row: list[str]) -> None:
    _, module, test = row
    assert paths(module) or module.startswith("the same")
    assert paths(test) or test.startswith("the same")
    folder = next((str(Path(name).parent) for name in paths(module)), "")
    assert [name for name in paths(module) if not is_there(name, below=folder)] == []
    assert [name for name in paths(test) if not is_there(name, below="tests/training")] == []

"""Each idea has one name and each name one idea."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("models", "monitor", "training")
SOURCES: Final = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

SAME_IN_BOTH_CLIS: Final = {
    *("main", "global_options"),
    *("print_line", "print_json", "print_error", "print_note", "print_table", "add_row"),
}
"""Functions of `cli/app.py` and `cli/console.py`; neither package may import the other."""
ALEMBIC: Final = {"upgrade", "downgrade"}
"""Alembic calls these functions of each migration by name."""
FILE_NAMES: Final = {"__init__.py", "__main__.py", "errors.py"}
"""File names that each package may have."""


def is_command(path: Path) -> bool:
    return "cli" in path.relative_to(ROOT).parts


def repeated(places: dict[str, list[Path]]) -> dict[str, list[str]]:
    """Return what stands in several places; both commands, which have the same layout, count as one."""
    return {
        name: [str(path.relative_to(ROOT)) for path in paths]
        for name, paths in places.items()
        if len(paths) > 1 and not all(is_command(path) for path in paths)
    }


def test_no_file_name_occurs_twice() -> None:
    places = defaultdict(list)
    for path in SOURCES:
        if path.name not in FILE_NAMES and not is_command(path):
            places[path.name].append(path)
    assert repeated(places) == {}


def test_no_public_class_or_function_is_defined_twice() -> None:
    places = defaultdict(list)
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            is_definition = isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            if is_definition and not node.name.startswith("_") and node.name not in ALEMBIC | {"main"}:
                places[node.name].append(path)
    assert repeated(places) == {}


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=str)
def test_each_package_has_a_docstring_and_a_list_of_public_names(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    targets = [ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)]
    annotated = [ast.unparse(node.target) for node in tree.body if isinstance(node, ast.AnnAssign)]
    assert "__all__" in targets + annotated

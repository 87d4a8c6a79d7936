"""The product has no way to run what it reads: no eval, no shell, no unpickling, no YAML tags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUNS_CODE = "S102,S301,S302,S307,S506,S602,S604,S605,S609,S701"
"""ruff's rules for exec, pickle, marshal, eval, yaml.load, shells and wildcards in them, and templates."""

PACKAGES = ("monitor", "models", "training")


def violations(*paths: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what ruff finds, also on lines with `noqa`."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa"]
    return subprocess.run(
        [*command, "--select", RUNS_CODE, *map(str, paths)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_part_of_the_product_runs_code_from_outside() -> None:
    result = violations(*PACKAGES, folder=Path(__file__).parents[2])
    assert result.returncode == 0, result.stdout


def test_a_line_that_does_is_found_although_it_is_excused(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import pickle\n\npickle.loads(b'')  # noqa: S301\n")
    assert "S301" in violations("bad.py", folder=tmp_path).stdout

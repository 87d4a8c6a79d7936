"""`ade-train terminology check` on valid and damaged releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from models.errors import TerminologyError
from tests.release import LLTS, PTS, llt_row, pt_row, write_release
from training.cli.app import app


def check(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["terminology", "check", str(folder), *options])


def figures(folder: Path) -> dict[str, Any]:
    return dict(json.loads(check(folder, "--json").stdout))


def test_the_terms_of_a_valid_release_are_counted(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release")
    result = check(folder)
    assert result.exit_code == 0
    assert "26.1" in result.stdout
    printed = figures(folder)
    assert printed["counts"] == {
        "PT": len(PTS),
        "LLT": len(LLTS),
        "LLT, not current": 1,
        "HLT": 4,
        "HLGT": 4,
        "SOC": 4,
        "paths": 7,
    }
    assert (printed["version"], printed["notes"], printed["faults"]) == ("26.1", [], [])


def test_missing_files_and_what_they_cost_are_reported(tmp_path: Path) -> None:
    result = check(write_release(tmp_path, hierarchy=False, version=""))
    assert result.exit_code == 0
    assert "mdhier.asc" in result.stdout
    assert "SOC level" in result.stdout
    assert "meddra_release.asc" in result.stdout
    assert "HLGT" not in result.stdout


def test_oddities_are_not_faults(tmp_path: Path) -> None:
    folder = write_release(tmp_path)
    with (folder / "pt.asc").open("a") as file:
        file.write(pt_row("90000006", "NAUSEA") + "\n")
    notes = figures(folder)["notes"]
    assert len(notes) == 2
    assert check(folder).exit_code == 0


def test_each_fault_is_listed_and_the_status_is_1(tmp_path: Path) -> None:
    folder = write_release(tmp_path)
    first = len(LLTS) + 1
    with (folder / "llt.asc").open("a") as file:
        file.write("".join(llt_row(f"8{number}", "Itch", "999") + "\n" for number in range(30)))
    result = check(folder)
    assert result.exit_code == 1
    assert isinstance(result.exception, TerminologyError)
    assert f"llt.asc, line {first}" in result.stdout
    printed = json.loads(check(folder, "--json").stdout)
    assert [fault["line"] for fault in printed["faults"]] == [*range(first, first + 30)]
    assert {fault["file"] for fault in printed["faults"]} == {"llt.asc"}


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    result = check(tmp_path)
    assert result.exit_code == 1
    for name in ("pt.asc", "llt.asc"):
        assert str(tmp_path / name) in result.stdout

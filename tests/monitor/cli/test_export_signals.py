"""`ade-monitor export signals`: the rows of `signals --json` in each format, warnings, and an audit entry."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
import python_calamine as calamine
from sqlalchemy import text

from monitor.settings import Settings
from monitor.signals.signal_report import WARNINGS
from monitor.store import reading_engine
from monitor.store.audit import verify_audit
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.cli.test_signals import filled, pairs, refreshed

__all__ = ["filled", "refreshed"]


def exports(settings: Settings) -> list[dict[str, Any]]:
    entries = text("SELECT details FROM audit_entries WHERE subject = 'signals' ORDER BY number")
    with reading_engine(settings.database).connect() as connection:
        return list(connection.execute(entries).scalars())


def test_every_format_has_the_rows_of_the_command(
    run: RunCommand, refreshed: Settings, tmp_path: Path
) -> None:
    expected = pairs(run, refreshed, "--drug", "SSRIs")
    assert expected
    for extension in ("jsonl", "csv", "parquet", "xlsx"):
        path = tmp_path / f"signals.{extension}"
        ended = run(refreshed, "export", "signals", "--drug", "SSRIs", "--output", str(path))
        assert ended.status == 0, ended.err
        assert "not evidence" in " ".join(ended.err.split())
    assert [json.loads(line) for line in (tmp_path / "signals.jsonl").read_text().splitlines()] == expected
    with (tmp_path / "signals.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [json.loads(row["methods"]) for row in rows] == [row["methods"] for row in expected]
    assert [float(row["expected"]) for row in rows] == [row["expected"] for row in expected]
    table = parquet.read_table(tmp_path / "signals.parquet").to_pylist()
    assert [{**row, "first_day": row["first_day"].isoformat()} for row in table] == expected
    book = calamine.CalamineWorkbook.from_path(str(tmp_path / "signals.xlsx"))
    header, *sheet = book.get_sheet_by_name("rows 1").to_python()
    days = [row[header.index("first_day")] for row in sheet]
    assert days == [date.fromisoformat(row["first_day"]) for row in expected]


def test_the_file_states_what_was_counted_and_leaves_an_entry(
    run: RunCommand, refreshed: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "signals.jsonl"
    options = ("--only", "signals", "--provenance-line", "--output", str(path))
    assert run(refreshed, "export", "signals", *options).status == 0
    first, *rows = [json.loads(line) for line in path.read_text().splitlines()]
    written = json.loads(path.with_name("signals.jsonl.provenance.json").read_text())
    for provenance in (first["provenance"], written):
        assert provenance["warnings"] == list(WARNINGS)
        assert provenance["counted"]["matching_pairs"] == len(rows)
        assert provenance["filters"] == {
            "by": "pt", "min_cases": 3, "method": "consensus", "only": "signals",
        }  # fmt: skip
    started, finished = exports(refreshed)[-2:]
    assert (started["phase"], finished["phase"]) == ("started", "finished")
    assert (finished["rows"], finished["sha256"]) == (written["rows"], written["sha256"])
    assert verify_audit(refreshed).broken is None


def test_an_unfinished_table_starts_from_scratch(
    run: RunCommand, refreshed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.exports import exporting

    path = tmp_path / "signals.csv"
    options = ("export", "signals", "--output", str(path))

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_make_file", stopped)
        assert run(refreshed, *options).status != 0
    assert not path.exists()
    assert run(refreshed, *options, "--limit", "2").status == 0
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--since", "2026-03-01", "--until", "2026-02-01"), "is not before"),
        (("--pt", "Insomia"), "Insomnia"),
        (("--drug", "zzzzqqq"), "not in the dictionary"),
        (("--first-seen",), "--since"),
        (("--format", "ods"), "not a format"),
    ],
)
def test_mistakes_end_with_status_2_and_leave_no_file_and_no_entry(
    run: RunCommand, refreshed: Settings, tmp_path: Path, options: tuple[str, ...], hint: str
) -> None:
    before = len(exports(refreshed))
    ended = run(refreshed, "export", "signals", "--output", str(tmp_path / "s.csv"), *options)
    assert ended.status == 2, ended.err
    assert hint in " ".join(ended.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []
    assert len(exports(refreshed)) == before


def test_a_missing_folder_is_refused(run: RunCommand, tmp_path: Path) -> None:
    ended = run(None, "export", "signals", "--output", str(tmp_path / "missing" / "s.csv"))
    assert ended.status == 2
    assert "there is no folder" in " ".join(ended.err.split())

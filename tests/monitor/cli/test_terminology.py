"""`ade-monitor terminology`, and `ade-monitor query` with groups of PTs, as their users see them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.settings import Settings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import Tables, mention_of, scored, write
from tests.monitor.store.conftest import migrated
from tests.release import smq_term_row, write_release

__all__ = ["migrated"]  # a database alone: no broker is needed here

TEXT = "insomnia and nausea and dizziness"
CODES = {"insomnia": "90000003", "nausea": "90000001", "dizziness": "90000004"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path / "release", smqs=True)


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    mentions = [mention_of(TEXT, word, pt=(code, word.title())) for word, code in CODES.items()]
    await write(store, [scored("1", TEXT, *mentions)])
    return migrated


def test_an_import_can_be_listed_and_its_unknown_entries_are_reported(
    run: RunCommand, migrated: Settings, folder: Path, tmp_path: Path
) -> None:
    ime = tmp_path / "ime.csv"
    ime.write_text("code,name\n90000003,Insomnia\n99999999,Gone\n")
    ended = run(migrated, "terminology", "import", "--release", str(folder), "--ime", str(ime), "--json")
    assert ended.status == 0
    record = json.loads(ended.out)
    assert record["release"] == "26.1"
    assert record["counts"] == {"pt": 5, "llt": 13, "hlt": 4, "hlgt": 4, "soc": 4, "smq": 2, "ime": 1}
    assert record["unknown"] == {"ime": [{"line": 3, "text": "99999999"}]}
    assert "has 1 entry that" in " ".join(ended.err.split())
    assert "99999999 (line 3)" in ended.err

    listed = json.loads(run(migrated, "terminology", "list", "--json").out)
    assert listed["counts"] == record["counts"]
    assert listed["files"] == {"ime": "ime.csv"}
    assert listed["algorithms"] == {"20000001": "A or (B and C)"}
    table = run(migrated, "terminology", "list").out
    assert "26.1" in table
    assert "SMQ" in table

    again = run(migrated, "terminology", "import", "--release", str(folder))
    assert "in place of 26.1" in again.out
    assert "--ime" in again.err


def test_nothing_imported_names_the_command(run: RunCommand, migrated: Settings) -> None:
    assert json.loads(run(migrated, "terminology", "list", "--json").out) == {"release": None}
    assert "terminology import" in run(migrated, "terminology", "list").err
    ended = run(migrated, "query", "--soc", "Nerves")
    assert ended.status == 1
    assert "terminology import" in ended.err


def test_a_damaged_release_is_refused_with_file_and_line_and_the_earlier_one_stays(
    run: RunCommand, migrated: Settings, folder: Path, tables: Tables
) -> None:
    run(migrated, "terminology", "import", "--release", str(folder))
    path = folder / "smq_content.asc"
    line = path.read_bytes().count(b"\n") + 1
    path.write_bytes(path.read_bytes() + smq_term_row("20000001", "99999999", "4", "1").encode())
    (folder / "meddra_release.asc").write_text("99.0$English$$$$\n")
    ended = run(migrated, "terminology", "import", "--release", str(folder))
    assert ended.status == 1
    assert f"smq_content.asc, line {line}: " in ended.err.replace("\n", "")
    assert "Traceback" not in ended.err
    assert tables.rows("SELECT release FROM terminology_releases") == [("26.1",)]


def test_a_bare_release_is_imported_and_its_gaps_are_named(
    run: RunCommand, migrated: Settings, tmp_path: Path
) -> None:
    bare = write_release(tmp_path / "bare", hierarchy=False, version="")
    ended = run(migrated, "terminology", "import", "--release", str(bare))
    assert ended.status == 0
    assert "SMQs cannot be filtered" in ended.err
    assert "SOCs, HLGTs and HLTs cannot be filtered" in ended.err
    assert "has no SMQ" in run(migrated, "query", "--smq", "Head").err


QUERIES = {
    "--soc nerves": {"insomnia", "dizziness"},
    "--soc Mind": {"insomnia"},
    "--soc 52:primary": {"insomnia", "dizziness"},
    "--hlt 74": {"dizziness"},
    "--smq head": {"insomnia"},
    "--smq head:narrow": {"insomnia"},
    "--smq 20000001:BROAD": {"insomnia", "dizziness"},
    "--smq Head:broad --soc Heart": {"dizziness"},
    "--ime": {"nausea"},
}


def test_queries_filter_by_groups(run: RunCommand, filled: Settings, folder: Path, tmp_path: Path) -> None:
    ime = tmp_path / "ime.txt"
    ime.write_text("Nausea\n")
    run(filled, "terminology", "import", "--release", str(folder), "--ime", str(ime))
    for options, spans in QUERIES.items():
        lines = run(filled, "query", "--json", *options.split()).out.splitlines()
        assert {json.loads(line)["span"] for line in lines} == spans, options
    ended = run(filled, "query", "--hlgt", "Group of Slep")
    assert ended.status == 1
    assert "Group of Sleep" in ended.err
    assert "--dme" in run(filled, "query", "--dme").err

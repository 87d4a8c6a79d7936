"""`ade-monitor export`: files with their provenance, an audit entry for each, and early refusals."""

from __future__ import annotations

import asyncio
import csv
import errno
import hashlib
import io
import json
import os
import stat
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pyarrow.parquet as parquet
import pytest
import python_calamine as calamine
from pydantic import SecretStr
from sqlalchemy import text as sql

from monitor.embedded import Postgres
from monitor.errors import FatalError
from monitor.exports import audited_exports, unfinished
from monitor.findings import DrugMention, DrugNaming
from monitor.records import ScoredPost
from monitor.settings import DatabaseSettings, EnrichSettings, PrivacySettings, Settings
from monitor.store import READER, Store, reading_engine
from monitor.store.audit import AuditEntry, record_audit, words_digest
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import POSTED, linked_to, mention_of, scored, write
from tests.monitor.store.conftest import migrated
from tests.monitor.store.events import apply, post_event
from tests.monitor.store.logins import login, name_of

__all__ = ["migrated"]  # a database alone: no broker is needed here

WILD = '=cmd|"a,b"\r\nعندي\tصداع ’💊\x1b[31m _x0041_ \u202e; sick @bob_1'
PLAIN = "#Zoloft @ann@example.social makes me sick, call +44 20 7946 0958"
ROWS = 6


@pytest.fixture(scope="module")
def filled(
    postgres: Postgres, _postgres_admin: psycopg.Connection[Any], _migrated_template: str
) -> Iterator[Settings]:
    """Settings of a database with `ROWS` effects, in as many cases; tests only read them."""
    name = f"export_{uuid.uuid4().hex[:12]}"
    _postgres_admin.execute(f"CREATE DATABASE {name} TEMPLATE {_migrated_template}")
    settings = Settings(
        database=DatabaseSettings(url=SecretStr(postgres.url_of(name))),
        privacy=PrivacySettings(author_key=SecretStr("k" * 32)),
        enrich=EnrichSettings(),
    )
    zoloft = DrugMention(1, 7, "Zoloft", "sertraline", DrugNaming.BRAND, "N06AB06")
    posts = [scored("0", WILD, mention_of(WILD, "sick", score=0.1), url="https://x.com/bob_1/status/1")]
    for number in range(1, ROWS):
        posted = POSTED + timedelta(hours=number)
        mention = mention_of(PLAIN, "sick", pt=("10028813", "Nausea"))
        post = scored(str(number), PLAIN, mention, posted_at=posted, author=f"author {number}")
        posts.append(linked_to(zoloft, post))
    asyncio.run(fill(settings, posts))
    yield settings
    _postgres_admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def fill(settings: Settings, posts: Sequence[ScoredPost]) -> None:
    store = Store(settings)
    await write(store, posts)
    await store.close()


def query(run: RunCommand, settings: Settings, *options: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in run(settings, "query", "-n", "0", "--json", *options).out.splitlines()
    ]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def audited(settings: Settings) -> list[dict[str, Any]]:
    query = sql(
        "SELECT number, actor, subject, details FROM audit_entries WHERE action = 'export' ORDER BY number"
    )
    with reading_engine(settings.database).connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def refused(run: RunCommand, settings: Settings | None, *options: str, status: int = 2) -> str:
    ended = run(settings, "export", *options)
    assert ended.status == status, ended.err
    assert "Traceback" not in ended.err
    return " ".join(ended.err.split())


def test_every_format_has_the_rows_of_the_query(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    expected = query(run, filled)
    for extension in ("jsonl", "csv", "parquet", "xlsx"):
        path = tmp_path / f"effects.{extension}"
        ended = run(filled, "export", "effects", "--output", str(path))
        assert (ended.status, ended.err) == (0, "")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_jsonl(tmp_path / "effects.jsonl") == expected
    assert (tmp_path / "effects.csv").read_bytes().decode() == run(filled, "query", "--csv").out
    table = parquet.read_table(tmp_path / "effects.parquet")
    columns = [{**row, "posted_at": row["posted_at"].isoformat()} for row in table.to_pylist()]
    for row, other in zip(columns, expected, strict=True):
        assert {n: row[n] for n in ("text", "span", "start", "posted_at", "tags", "drug", "probability")} == {
            n: other[n] for n in ("text", "span", "start", "posted_at", "tags", "drug", "probability")
        }
    book = calamine.CalamineWorkbook.from_path(str(tmp_path / "effects.xlsx"))
    header, *rows = book.get_sheet_by_name("rows 1").to_python()
    assert [row[header.index("span")] for row in rows] == [other["span"] for other in expected]
    assert rows[-1][header.index("text")] == WILD
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        name
        for each in ("csv", "jsonl", "parquet", "xlsx")
        for name in (f"effects.{each}", f"effects.{each}.provenance.json")
    )


def test_a_workbook_has_no_formulas(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "effects.xlsx"
    run(filled, "export", "effects", "--output", str(path), "--text", "cmd")
    sheet = openpyxl.load_workbook(path)["rows 1"]
    header = [cell.value for cell in sheet[1]]
    cell = sheet[2][header.index("text")]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    spreadsheet = tmp_path / "effects.csv"
    run(filled, "export", "effects", "-o", str(spreadsheet), "--text", "cmd", "--spreadsheet")
    [row] = csv.DictReader(io.StringIO(spreadsheet.read_bytes().decode(), newline=""))
    assert row["text"].startswith("'=cmd")


def test_the_provenance_and_the_audit_describe_the_file(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "zoloft.parquet"
    options = ["--drug", "zoloft", "--text", "sick", "--since", "2026-07-01"]
    ended = run(filled, "export", "effects", "--output", str(path), "--json", *options)
    provenance = json.loads(path.with_name("zoloft.parquet.provenance.json").read_text(encoding="utf-8"))
    assert json.loads(ended.out) == provenance
    assert provenance["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert provenance["bytes"] == path.stat().st_size
    assert (provenance["rows"], provenance["bundles"]) == (ROWS - 1, ["old"])
    assert provenance["filters"] == {"drug": "zoloft", "text": "sick", "since": "2026-07-01"}
    assert provenance["times"] == {"since": "2026-07-01T00:00:00+00:00"}
    assert provenance["login"]
    assert provenance["database_revision"]
    inside = json.loads(parquet.read_metadata(path).metadata[b"ade_monitor.provenance"])
    assert inside.items() <= provenance.items()
    entry = audited(filled)[-1]
    assert (entry["number"], entry["subject"]) == (provenance["audit_entry"], "effects")
    assert entry["details"]["sha256"] == provenance["sha256"]
    assert entry["details"]["filters"]["drug"] == "zoloft"
    assert entry["details"]["filters"]["text"] == words_digest("sick"), "an entry can never be removed"


def test_an_analyst_may_export(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    with login(filled, READER) as analyst:
        ended = run(analyst, "export", "cases", "-o", str(path), "--json")
        assert ended.status == 0, ended.err
        assert json.loads(ended.out)["login"] == audited(filled)[-1]["actor"] == name_of(analyst)


def test_masked_texts_have_spans_that_fit(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "masked.jsonl"
    run(filled, "export", "effects", "--mask", "--output", str(path))
    rows = read_jsonl(path)
    assert {row["text"] for row in rows[:-1]} == {"#Zoloft [handle] makes me sick, call [phone]"}
    assert rows[-1]["url"] == "https://x.com/[handle]/status/1"
    for row in rows:
        assert row["text"][row["start"] : row["end"]] == row["span"] == "sick"


def test_cases_are_exported_with_their_filters(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    ended = run(filled, "export", "cases", "--drug", "Zoloft", "--output", str(path), "--provenance-line")
    assert ended.status == 0
    first, *cases = read_jsonl(path)
    assert first["provenance"]["dataset"] == "cases"
    listed = run(filled, "cases", "list", "-n", "0", "--json", "--drug", "zoloft").out.splitlines()
    assert cases == [json.loads(line) for line in listed]
    assert len(cases) == ROWS - 1


class Stopped(KeyboardInterrupt):
    """Ctrl-C after some rows."""


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stops exports after a number of rows, in the way of Ctrl-C or of a killed process; None goes on."""
    append = unfinished.UnfinishedRows.append
    close = unfinished.UnfinishedRows.__exit__

    def stop(rows: int | None, *, killed: bool = False) -> None:
        def append_until(self: Any, *arguments: Any) -> None:
            if rows is not None and self.state.rows == rows:
                raise Stopped
            append(self, *arguments)
            if killed:
                # What was written after the last checkpoint may be there in parts.
                self._file.flush()

        monkeypatch.setattr(unfinished.UnfinishedRows, "append", append_until)
        monkeypatch.setattr(
            unfinished.UnfinishedRows,
            "__exit__",
            (lambda self, *_: self._file.close()) if killed and rows else close,
        )

    return stop


@pytest.mark.parametrize("killed", [False, True], ids=["ctrl-c", "kill"])
@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_stopped_export_goes_on(
    run: RunCommand, filled: Settings, tmp_path: Path, stop_after: Any, extension: str, killed: bool
) -> None:
    whole, path = tmp_path / f"whole.{extension}", tmp_path / f"effects.{extension}"
    run(filled, "export", "effects", "-o", str(whole), "--mask", "--since", "5200w")
    stop_after(3, killed=killed)
    command = ["export", "effects", "-o", str(path), "--mask", "--since", "5200w"]
    stopped = run(filled, *command)
    assert stopped.status == 130
    assert "same command" in stopped.err
    assert not path.exists()
    assert "--restart" in refused(run, filled, *command[1:], "--drug", "zoloft", status=1)
    stop_after(None)
    ended = run(filled, *command, "--json")
    provenance = json.loads(ended.out)
    assert provenance["rows"] == ROWS
    assert [run["rows_before"] for run in provenance["runs"]] == [0, 0 if killed else 3]
    if extension == "csv":
        assert path.read_bytes() == whole.read_bytes()
    else:
        books = [calamine.CalamineWorkbook.from_path(str(each)) for each in (whole, path)]
        first, second = (book.get_sheet_by_name("rows 1").to_python() for book in books)
        assert first == second
    assert {each.name for each in tmp_path.iterdir()} == {
        name for each in (whole, path) for name in (each.name, f"{each.name}.provenance.json")
    }


def test_restart_discards_an_unfinished_export(
    run: RunCommand, filled: Settings, tmp_path: Path, stop_after: Any
) -> None:
    path = tmp_path / "effects.csv"
    stop_after(2)
    run(filled, "export", "effects", "-o", str(path))
    stop_after(None)
    ended = run(filled, "export", "effects", "-o", str(path), "--restart", "--drug", "zoloft", "--json")
    provenance = json.loads(ended.out)
    assert (provenance["rows"], len(provenance["runs"])) == (ROWS - 1, 1)


def test_the_limit_counts_the_rows_of_all_runs(
    run: RunCommand, filled: Settings, tmp_path: Path, stop_after: Any
) -> None:
    path = tmp_path / "effects.jsonl"
    command = ["export", "effects", "-o", str(path), "--limit", "4"]
    stop_after(3)
    run(filled, *command)
    stop_after(None)
    run(filled, *command)
    assert read_jsonl(path) == query(run, filled)[:4]


def test_an_impossible_file_is_refused_before_any_work(run: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    for options, word in (
        (["-o", str(tmp_path / "a.csv")], "--force"),
        (["-o", str(tmp_path / "missing" / "a.csv")], "missing"),
        (["-o", str(tmp_path / "a.csv" / "b.csv")], "not a folder"),
        (["-o", str(tmp_path), "--format", "csv"], "is a folder"),
        (["-o", str(tmp_path / "a.doc")], "parquet"),
        (["-o", str(tmp_path / "a")], "--format"),
        (["-o", "/dev/null", "--format", "csv"], "ordinary file"),
        (["-o", str(tmp_path / "b.xlsx"), "--spreadsheet"], "--spreadsheet"),
        (["-o", str(tmp_path / "b.csv"), "--provenance-line"], "jsonl"),
        (["-o", str(tmp_path / "b.csv"), "--since", "2026-07-02", "--until", "2026-07-01"], "--until"),
        (["-o", str(tmp_path / "b.csv"), "--drug", "zolofft"], "sertraline"),
        (["-o", str(tmp_path / "b.csv"), "--text", "..."], "--text"),
    ):
        assert word in refused(run, None, "effects", *options)
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused(run: RunCommand, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "may not write" in refused(run, None, "effects", "-o", str(tmp_path / "a.csv"))


def test_an_existing_file_is_replaced_with_force_only(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    assert "--force" in refused(run, filled, "effects", "-o", str(path))
    assert run(filled, "export", "effects", "-o", str(path), "--force").status == 0
    assert path.read_text(encoding="utf-8").startswith("posted_at,")


def test_nothing_leaves_the_monitor_without_an_audit_entry(
    run: RunCommand, filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_to_record(refused_phase: str) -> None:
        def record(settings: Settings, entry: AuditEntry) -> int:
            if entry.details["phase"] == refused_phase:
                raise FatalError("the database refuses")
            return record_audit(settings, entry)

        monkeypatch.setattr(audited_exports, "record_audit", record)

    path = tmp_path / "a.parquet"
    for phase, left in (("started", []), ("finished", ["a.parquet.unfinished", "a.parquet.unfinished.json"])):
        refuse_to_record(phase)
        refused(run, filled, "effects", "-o", str(path), status=1)
        assert sorted(each.name for each in tmp_path.iterdir()) == left
    monkeypatch.undo()
    assert run(filled, "export", "effects", "-o", str(path)).status == 0
    assert parquet.read_metadata(path).num_rows == ROWS


def test_each_start_has_an_audit_entry_before_its_first_row(
    run: RunCommand, filled: Settings, tmp_path: Path, stop_after: Any
) -> None:
    path = tmp_path / "a.csv"
    command = ["export", "effects", "-o", str(path), "--text", "sick"]
    for rows in (0, 3, None):
        stop_after(rows)
        run(filled, *command)
    first, second, third, last = audited(filled)[-4:]
    phases = [entry["details"]["phase"] for entry in (first, second, third, last)]
    assert phases == ["started", "resumed", "resumed", "finished"]
    assert [entry["details"]["rows_before"] for entry in (first, second, third)] == [0, 0, 3]
    assert last["details"]["earlier"] == [entry["number"] for entry in (first, second, third)]
    assert {entry["details"]["file"] for entry in (first, second, third)} == {"a.csv"}
    assert {entry["details"]["filters"]["text"] for entry in (first, last)} == {words_digest("sick")}


def test_a_post_that_was_erased_in_between_is_not_in_the_file(
    run: RunCommand, migrated: Settings, tmp_path: Path, stop_after: Any
) -> None:
    texts = {name: f"{name} makes me sick" for name in ("newest", "middle", "oldest")}
    posts = [
        scored(name, text, mention_of(text, "sick"), posted_at=POSTED - timedelta(hours=hours))
        for hours, (name, text) in enumerate(texts.items())
    ]
    asyncio.run(fill(migrated, posts))
    path = tmp_path / "a.csv"
    command = ["export", "effects", "-o", str(path), "--since", "5200w"]
    stop_after(2)
    run(migrated, *command)
    asyncio.run(erase(migrated, "newest"))
    stop_after(None)
    with login(migrated, READER) as analyst:
        ended = run(analyst, *command, "--json")
    assert "erased after 2 effects" in ended.err
    provenance = json.loads(ended.out)
    assert (provenance["rows"], len(provenance["runs"])) == (2, 1)
    content = path.read_text(encoding="utf-8")
    assert [text in content for text in texts.values()] == [False, True, True]
    # The entry of the discarded rows stays on its own: they were in a file.
    entries = [entry["details"] for entry in audited(migrated)]
    assert [entry["phase"] for entry in entries] == ["started", "started", "finished"]
    assert entries[-1]["earlier"] == [2]


@pytest.mark.parametrize("command", [["query", "--json"], ["query", "--csv"], ["export", "effects", "-o"]])
def test_a_read_only_database_refuses_outputs_and_says_what_to_do(
    run: RunCommand, filled: Settings, tmp_path: Path, command: list[str]
) -> None:
    path = tmp_path / "a.csv"
    arguments = [*command, str(path)] if command[-1] == "-o" else command
    with login(filled, READER) as replica:
        with reading_engine(filled.database).connect() as connection:
            connection.execute(sql("SET TRANSACTION READ WRITE"))
            connection.execute(sql(f"ALTER ROLE {name_of(replica)} SET default_transaction_read_only = on"))
            connection.commit()
        ended = run(replica, *arguments)
        assert (ended.status, ended.out) == (1, "")
        assert "audit" in ended.err
        assert "ADE_DATABASE__URL" in ended.err
        assert "without a format" in " ".join(ended.err.split())
        assert list(tmp_path.iterdir()) == []
        assert run(replica, "query").status == 0


async def erase(settings: Settings, post_id: str) -> None:
    store = Store(settings)
    await apply(store, post_event("delete", post_id))
    await store.close()


def test_a_full_disk_stops_the_export_and_it_goes_on(
    run: RunCommand, filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a.xlsx"
    for module, name in ((os, "fsync"), (tempfile, "TemporaryDirectory")):
        with monkeypatch.context() as full:
            full.setattr(module, name, refuse)
            text = refused(run, filled, "effects", "-o", str(path), status=1)
        assert "make room" in text
        assert str(path) in text
        assert not path.exists()
    assert run(filled, "export", "effects", "-o", str(path)).status == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_an_export_without_rows_is_a_file_with_columns(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    for extension in ("csv", "parquet", "xlsx"):
        path = tmp_path / f"empty.{extension}"
        ended = run(filled, "export", "effects", "--drug", "aspirin", "-o", str(path))
        assert ended.status == 0
        assert "nothing" in ended.err
    assert parquet.read_table(tmp_path / "empty.parquet").column_names[0] == "posted_at"


def test_missing_libraries_are_named(
    run: RunCommand, filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("xlsxwriter", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    for extension in ("xlsx", "parquet"):
        text = refused(run, filled, "effects", "-o", str(tmp_path / f"a.{extension}"), status=1)
        assert "ade-monitor[exports]" in text


def test_a_list_of_cases_for_programs_leaves_an_entry(run: RunCommand, filled: Settings) -> None:
    listed = "SELECT details FROM audit_entries WHERE action = 'query' AND details ->> 'dataset' = 'cases'"

    def entries() -> list[dict[str, Any]]:
        with reading_engine(filled.database).connect() as connection:
            return list(connection.execute(sql(f"{listed} ORDER BY number")).scalars())

    before = len(entries())
    assert run(filled, "cases", "list", "--drug", "zoloft").status == 0
    assert len(entries()) == before
    assert run(filled, "cases", "list", "--drug", "zoloft", "--status", "new", "--json").status == 0
    assert entries()[before:] == [
        {
            "format": "json",
            "dataset": "cases",
            "filters": {"statuses": ["new"], "drug": "sertraline", "limit": 50},
        }
    ]

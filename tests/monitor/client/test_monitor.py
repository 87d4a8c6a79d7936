"""`monitor.client`: the same rows as the commands, in pandas and in polars, and nothing is ever written."""

from __future__ import annotations

import importlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.client import FrameError, Monitor, SignalWarning
from monitor.client.filter_values import ChoiceError
from monitor.client.frames import Library
from monitor.embedded.endpoints import Endpoints, write_endpoints
from monitor.embedded.folder import FolderLock
from monitor.enrich.drugs import UnknownDrugError
from monitor.errors import FatalError
from monitor.settings import Settings
from monitor.signals.request_check import RequestError
from monitor.store import Store
from monitor.store.audit import AuditFilters, find_entries, words_digest
from monitor.store.known_pts import UnknownPtError
from monitor.store.roles import READER
from monitor.store.signals import refresh_counts
from tests.monitor.cli.conftest import RunCommand, run
from tests.monitor.store.batches import Tables, linked_to, mention_of, positive_tweet, scored, write
from tests.monitor.store.conftest import migrated
from tests.monitor.store.logins import login, name_of
from tests.monitor.store.test_roles import SERTRALINE

__all__ = ["migrated", "run"]  # a database alone: no broker is needed here

LIBRARIES: tuple[Library, ...] = ("pandas", "polars")


@pytest.fixture
async def filled(store: Store, migrated: Settings) -> Settings:
    """Settings of a database with two effects, of which one is linked to sertraline."""
    other = scored("2", "so sick", mention_of("so sick", "sick"), posted_at=datetime(2026, 7, 2, tzinfo=UTC))
    await write(store, [linked_to(SERTRALINE, positive_tweet()), other])
    return migrated


def rows_of(frame: Any) -> list[dict[str, Any]]:
    return frame.to_dicts() if hasattr(frame, "to_dicts") else frame.to_dict("records")  # type: ignore[no-any-return]


@pytest.mark.parametrize("library", LIBRARIES)
def test_effects_and_cases_are_those_of_the_commands(
    run: RunCommand, filled: Settings, library: Library
) -> None:
    with login(filled, READER) as settings:
        monitor = Monitor(settings, frames=library)
        effects, cases = monitor.effects(), monitor.cases()
        assert type(effects).__module__.partition(".")[0] == library
        lines = run(filled, "query", "--json", "--limit", "0").out.splitlines()
        expected = [json.loads(line) for line in lines]
        assert list(effects.columns) == list(expected[0])
        assert list(effects["tweet_id"]) == [row["tweet_id"] for row in expected] == ["2", "1"]
        assert rows_of(effects)[1]["posted_at"] == datetime(2026, 7, 1, 12, 34, 56, tzinfo=UTC)
        lines = run(filled, "cases", "list", "--json").out.splitlines()
        assert list(cases["case_id"]) == [json.loads(line)["case_id"] for line in lines]
        [linked] = rows_of(monitor.effects(drug="Zoloft", since="2026-07-01", until=datetime(2026, 7, 2)))
        assert linked["tweet_id"] == "1"
        assert len(monitor.effects(since=timedelta(days=1))) == 0
        assert list(monitor.effects(pt="Insomnia").columns) == list(expected[0])
        assert list(monitor.cases(drug="zoloft", status="new")["drug"]) == ["sertraline"]


@pytest.mark.parametrize("named", [False, True])
def test_the_running_embedded_stack_is_found_as_commands_find_it(
    filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADE_DATABASE__URL", raising=False)
    folder = Settings().embedded.data_dir
    if named:
        folder = tmp_path / "another"
        monkeypatch.setenv("ADE_EMBEDDED__DATA_DIR", str(folder))
    lock = FolderLock(folder)
    lock.acquire()
    try:
        url = filled.database.url.get_secret_value()
        write_endpoints(folder, Endpoints(os.getpid(), "127.0.0.1:1", url, "redis://127.0.0.1:1", ""))
        assert len(Monitor().effects()) == 2
    finally:
        lock.release()


@pytest.mark.parametrize("library", LIBRARIES)
def test_signals_come_with_their_warning(filled: Settings, library: Library) -> None:
    refresh_counts(filled)
    with pytest.warns(SignalWarning, match="WEB-RADR"):
        signals = Monitor(filled, frames=library).signals(drug="zoloft", min_cases=1)
    assert [(row["drug"], row["event"], row["cases"]) for row in rows_of(signals)] == [
        ("sertraline", "Tremor", 1)
    ]


def test_signals_are_those_of_the_command_with_its_indications_and_strata(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    refresh_counts(filled)
    taken_for = tmp_path / "taken_for.tsv"
    taken_for.write_text("sertraline\tTremor\n")
    options = ["--min-cases", "1", "--adjust", "platform", "--indications", str(taken_for)]
    [expected] = map(json.loads, run(filled, "signals", *options, "--json").out.splitlines())
    with pytest.warns(SignalWarning):
        signals = Monitor(filled).signals(
            min_cases=1, adjust="platform", indications=taken_for, corrected=True
        )
    [row] = rows_of(signals)
    assert row["indication"] is expected["indication"] is True
    assert row["ic"] == pytest.approx(expected["ic"])


def test_a_table_of_signals_that_does_not_exist_is_refused(filled: Settings) -> None:
    monitor = Monitor(filled)
    for options in (
        {"first_seen": True},
        {"by": "soc", "listedness": "listed"},
        {"corrected": True, "coding": "26.1"},
    ):
        with pytest.raises(RequestError, match=max(options)):
            monitor.signals(**options)
    with pytest.raises(ChoiceError, match="adjust"):
        monitor.signals(adjust=["author"])


def test_sql_reads_with_the_rights_of_readers_and_writes_nothing(filled: Settings, tables: Tables) -> None:
    monitor = Monitor(filled)  # a superuser, as in the embedded stack
    query = "SELECT drug_name, posted_date FROM ade_effects WHERE pt_code = :pt"
    assert list(monitor.sql(query, pt="10044565")["drug_name"]) == ["sertraline"]
    for refused in (
        "SELECT author_hash FROM tweets",
        "DELETE FROM mentions",
        "UPDATE cases SET owner = 'x'",
        "SELECT 1; COMMIT; DELETE FROM mentions",
        "SET ROLE ade_admin",
        "SELECT set_config('transaction_read_only', 'off', true), lo_create(0)",
        "not sql",
    ):
        with pytest.raises(FatalError):
            monitor.sql(refused)
    assert tables.sizes()["mentions"] == 2


def test_an_unknown_pt_is_an_error(filled: Settings) -> None:
    monitor = Monitor(filled)
    for read in (monitor.effects, monitor.cases):
        with pytest.raises(UnknownPtError, match="Insomnia"):
            read(pt="Insomia")


def test_mistakes_in_a_query_name_what_is_wrong_with_it(filled: Settings) -> None:
    monitor = Monitor(filled)
    for query in ("SELECT * FROM nope", "SELECT nope FROM ade_effects"):
        with pytest.raises(FatalError, match="nope") as refused:
            monitor.sql(query)
        assert "upgrade" not in str(refused.value)
    with pytest.raises(ChoiceError, match="drug=") as refused_value:
        monitor.sql("SELECT :drug, :pt, 'a :word', 1::int", pt="x")
    assert "pt=" not in str(refused_value.value)
    assert len(monitor.sql("SELECT CAST(:drug AS text), 1::int", drug="x")) == 1


def test_reads_of_texts_are_in_the_audit(filled: Settings) -> None:
    with login(filled, READER) as settings:
        Monitor(settings).effects(text="zoloft shaking")
        Monitor(settings).sql("SELECT 'John Doe'")
        sql, effects = find_entries(filled, AuditFilters(action="query"))
        assert {sql.actor, effects.actor} == {name_of(settings)}
    assert sql.details == {"format": "client", "sql": words_digest("SELECT 'John Doe'")}
    assert effects.details["filters"] == {"text": words_digest("zoloft shaking")}


def test_mistakes_are_explained(filled: Settings) -> None:
    monitor = Monitor(filled)
    mistakes: tuple[dict[str, Any], ...] = (
        {"since": "yesterdayy"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"listedness": "unheard"},
    )
    for arguments in mistakes:
        with pytest.raises(ChoiceError):
            monitor.effects(**arguments)
    with pytest.raises(UnknownDrugError):
        monitor.effects(drug="nosuchdrug")
    with pytest.raises(ChoiceError, match="closed"):
        monitor.cases(status="done")


def test_a_missing_library_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(FrameError, match=r"polars is not installed.*ade-monitor\[notebooks\]"):
        Monitor(Settings(), frames="polars")
    assert Monitor(Settings())
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(FrameError, match="neither"):
        Monitor(Settings())
    assert importlib.import_module("monitor.client").Monitor is Monitor

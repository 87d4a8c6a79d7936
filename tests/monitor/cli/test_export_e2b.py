"""`ade-monitor export e2b`: cases become a checked file, and candidates only on request."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from lxml import etree

from monitor.settings import E2bSettings, Settings
from monitor.store.connections import reading_engine
from tests.monitor.cli.conftest import EndedCommand, RunCommand
from tests.monitor.exports.e2b.stored_cases import SENDER, TEXT, with_cases

NAMES = {"h": "urn:hl7-org:v3"}


@pytest.fixture
async def filled(migrated: Settings) -> Settings:
    """Settings of a database with the cases of `with_cases`."""
    return await with_cases(migrated)


def export(run: RunCommand, settings: Settings, path: Path, *options: str) -> EndedCommand:
    return run(settings, "export", "e2b", "--output", str(path), *options)


def values(path: Path, xpath: str) -> list[str]:
    nodes: list[Any] = etree.parse(path).xpath(xpath, namespaces=NAMES)
    return [str(each) for each in nodes]


def entries(settings: Settings) -> list[dict[str, Any]]:
    with reading_engine(settings.database).connect() as connection:
        query = sqlalchemy.text("SELECT details FROM audit_entries WHERE action = 'export' ORDER BY number")
        return list(connection.execute(query).scalars())


def test_exports_have_the_reports_and_an_audit_entry(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "batch.xml"
    ended = export(run, filled, path, "--not-expedited")
    assert ended.status == 0, ended.err
    identifiers = values(
        path, "//h:investigationEvent/h:id[@root='2.16.840.1.113883.3.989.2.1.3.1']/@extension"
    )
    assert len(identifiers) == 2 and all(each.startswith("US-EXAMPLEPHARMA-") for each in identifiers)
    linked = values(path, "//h:controlActEvent/h:id/@extension")
    assert sorted(linked) == sorted(identifiers)
    assert set(values(path, "//h:processingCode/@code")) == {"T"}
    assert len(values(path, "//h:value[@value='true']/../h:code[@code='33']/@code")) == 2
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["batch.xml"]
    started, entry = entries(filled)
    assert (started["phase"], entry["phase"], entry["earlier"]) == ("started", "finished", [1])
    assert (entry["reports"], entry["left_out"], entry["production"]) == (2, 2, False)
    assert sorted(entry["cases"]) == sorted(each.rpartition("-")[2] for each in identifiers)
    assert TEXT not in json.dumps(entry)
    checked = run(filled, "export", "e2b", "--check", str(path))
    assert checked.status == 0, checked.out


def test_candidates_are_written_on_request_only(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "batch.xml"
    plain = export(run, filled, path)
    assert "patient" in plain.err and "--candidates" in plain.err
    ended = export(run, filled, path, "--candidates", "--force")
    assert ended.status == 0, ended.err
    narratives = values(path, "//h:investigationEvent/h:text/text()")
    assert len(narratives) == 3
    assert sum("CANDIDATE" in each for each in narratives) == 1


def test_a_candidate_that_is_named_is_refused(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    listed = run(filled, "cases", "list", "--json")
    [candidate] = [
        case for case in map(json.loads, listed.out.splitlines()) if case["missing"] == ["patient"]
    ]
    ended = export(run, filled, tmp_path / "batch.xml", candidate["case_id"][:8])
    assert ended.status == 1 and "--candidates" in ended.err
    assert any(line.strip().startswith("1 case: no patient") for line in ended.err.splitlines())
    assert list(tmp_path.iterdir()) == [] and entries(filled) == []
    assert export(run, filled, tmp_path / "batch.xml", candidate["case_id"], "--candidates").status == 0


def test_masked_exports_have_no_handle(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    masked, without = tmp_path / "masked.xml", tmp_path / "without.xml"
    assert export(run, filled, masked, "--mask").status == 0
    assert export(run, filled, without, "--no-text").status == 0
    assert "pete" not in masked.read_text() and "made me shaky" in masked.read_text()
    assert "made me" not in without.read_text()


def test_production_marks_real_reports(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "batch.xml"
    assert export(run, filled, path, "--production", "--expedited").status == 0
    assert set(values(path, "//h:processingCode/@code")) == {"P"}


@pytest.mark.parametrize(
    "options",
    [
        ["--output", "x.xml", "--production"],
        ["--output", "x.xml", "--production", "--expedited", "--candidates"],
        ["--output", "x.xml", "--status", "unknown"],
        ["--output", "x.xml", "--since", "yesterdayy"],
        ["--output", "x.xml", "3f2a9c00", "--serious"],
        ["--check", "x.xml", "--output", "y.xml"],
        [],
    ],
)
def test_contradicting_options_are_refused(run: RunCommand, options: list[str]) -> None:
    assert run(Settings(), "export", "e2b", *options).status == 2


def test_what_the_user_must_correct_ends_with_status_2(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    path, none = tmp_path / "batch.xml", tmp_path / "nothing"
    path.write_text("earlier")
    for arguments in (
        ["--output", str(path)],
        ["--output", str(path), "--force", "ffffffff"],
        ["--output", str(path), "--force", "--schema", str(none)],
        ["--check", str(none)],
        ["--check", str(tmp_path)],
        ["--check", str(path), "--schema", str(none)],
        ["--check", str(path), "--schema", str(tmp_path)],
    ):
        ended = run(filled, "export", "e2b", *arguments)
        assert ended.status == 2, (arguments, ended.err)
        assert ended.err.count("nothing") <= 1
    assert path.read_text() == "earlier"


def test_without_a_sender_nothing_is_written(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    settings = filled.model_copy(update={"e2b": E2bSettings(country="US")})
    ended = export(run, settings, tmp_path / "batch.xml")
    assert ended.status == 2
    assert "ADE_E2B__ORGANIZATION" in ended.err and "ADE_E2B__COUNTRY" not in ended.err


def test_without_a_version_of_meddra_nothing_is_written(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    settings = filled.model_copy(update={"e2b": SENDER.model_copy(update={"meddra_version": None})})
    ended = export(run, settings, tmp_path / "batch.xml")
    assert ended.status == 2 and "ADE_E2B__MEDDRA_VERSION" in ended.err


def test_an_empty_selection_writes_nothing(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    ended = export(run, filled, tmp_path / "batch.xml", "--drug", "warfarin")
    assert ended.status == 1 and list(tmp_path.iterdir()) == []


def test_damaged_files_have_their_findings_as_json(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "batch.xml"
    export(run, filled, path, "--not-expedited")
    path.write_text(re.sub(r'code="10\d{6}"', 'code="tremor"', path.read_text()))
    ended = run(None, "export", "e2b", "--check", str(path), "--json")
    assert ended.status == 1
    findings = [json.loads(line) for line in ended.out.splitlines()]
    assert {each["element"] for each in findings} == {"E.i.2.1b"} and len(findings) == 2


def test_a_schema_that_refuses_the_batch_leaves_no_file(
    run: RunCommand, filled: Settings, tmp_path: Path
) -> None:
    schema = tmp_path / "schema.xsd"
    schema.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3">'
        '<xs:element name="other"/></xs:schema>'
    )
    ended = export(run, filled, tmp_path / "batch.xml", "--schema", str(schema))
    assert ended.status == 1 and [file.name for file in tmp_path.iterdir()] == ["schema.xsd"]
    # The texts were in a file for a while.
    assert [entry["phase"] for entry in entries(filled)] == ["started"]

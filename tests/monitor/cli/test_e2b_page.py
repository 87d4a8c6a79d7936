"""The examples in docs/e2b.md run, and the page states what the table has."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from monitor.exports.e2b.check_table import load_table
from monitor.settings import E2bSettings, Settings
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.exports.e2b.stored_cases import with_cases

PAGE = (Path(__file__).parents[3] / "docs" / "e2b.md").read_text(encoding="utf-8")
ANY_BATCH = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3">
  <xs:element name="MCCI_IN200100UV01"><xs:complexType>
    <xs:sequence><xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence>
    <xs:anyAttribute processContents="skip"/>
  </xs:complexType></xs:element>
</xs:schema>"""


def lines_of(start: str) -> list[list[str]]:
    """Return the shell words of the lines of examples that start with a command."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith(start)]


@pytest.fixture
async def filled(migrated: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings of a database with cases; the sender is that of the page, in the environment."""
    settings = await with_cases(migrated)
    monkeypatch.chdir(tmp_path)
    for _, assignment in lines_of("export "):
        name, _, value = assignment.partition("=")
        monkeypatch.setenv(name, value)
    schema = tmp_path / "ich-schema" / "multicacheschemas" / "MCCI_IN200100UV01.xsd"
    schema.parent.mkdir(parents=True)
    schema.write_text(ANY_BATCH)
    return settings.model_copy(update={"e2b": E2bSettings()})


def test_the_examples_run_in_their_order(run: RunCommand, filled: Settings, tmp_path: Path) -> None:
    listed = run(filled, "cases", "list", "--json")
    reports = [case for case in map(json.loads, listed.out.splitlines()) if not case["missing"]]
    assert run(filled, "cases", "set", reports[0]["case_id"], "--status", "open").status == 0
    commands = lines_of("ade-monitor export e2b")
    for _, *arguments in commands:
        chosen = [reports[0]["case_id"] if each == "3f2a9c" else each for each in arguments]
        ended = run(filled, *chosen)
        assert ended.status == 0, (chosen, ended.err)
    written = {path.name for path in tmp_path.glob("*.xml")}
    assert written == {"batch.xml", "candidates.xml", "report.xml", "without-words.xml"}
    assert "CANDIDATE" in (tmp_path / "candidates.xml").read_text()
    assert "@pete" not in (tmp_path / "report.xml").read_text()


def test_every_element_on_the_page_is_in_the_table() -> None:
    table = load_table()
    rows = re.findall(r"^\| ([A-Z]\.[\w., ]+?) ", PAGE, re.MULTILINE)
    assert len(rows) > 25
    known = set(table.by_id)
    for element in re.findall(r"\b[CDEGHN]\.(?:[0-9rik]+[a-z]?)(?:\.[0-9rik]+[a-z]?)*", PAGE):
        assert any(name == element or name.startswith((element, f"{element}.")) for name in known), element


def test_the_page_has_the_number_of_elements() -> None:
    [count] = re.findall(r"has (\d+) data elements", PAGE)
    assert int(count) == len([name for name in load_table().by_id if not name.endswith(".0")])

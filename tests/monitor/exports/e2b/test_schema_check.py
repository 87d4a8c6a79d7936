"""The check by a schema that the user has. This one is tiny and our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.exports.e2b.errors import E2bError
from monitor.exports.e2b.schema_check import SCHEMA_NAME, load_schema, schema_findings
from tests.monitor.exports.e2b.reports import batch_of, report

ROOT = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:hl7-org:v3"
    targetNamespace="urn:hl7-org:v3" elementFormDefault="qualified">
  <xs:include schemaLocation="{parts}"/>
  <xs:element name="MCCI_IN200100UV01" type="batch"/>
</xs:schema>"""
PARTS = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:hl7-org:v3"
    targetNamespace="urn:hl7-org:v3" elementFormDefault="qualified">
  <xs:complexType name="batch">
    <xs:sequence>
      <xs:any namespace="##any" processContents="skip" minOccurs="7" maxOccurs="{most}"/>
    </xs:sequence>
    <xs:anyAttribute processContents="skip"/>
  </xs:complexType>
</xs:schema>"""


def schema_in(folder: Path, *, parts: str = "parts.xsd", most: int = 8) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "parts.xsd").write_text(PARTS.replace("{most}", str(most)))
    (folder / SCHEMA_NAME).write_text(ROOT.replace("{parts}", parts))
    return folder


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    path = tmp_path / "batch.xml"
    path.write_bytes(batch_of(report(), report("second")))
    return path


def test_the_schema_is_found_in_a_folder_with_its_parts(tmp_path: Path, batch: Path) -> None:
    folder = schema_in(tmp_path / "outer").parent
    named = list(schema_findings(batch, load_schema(folder / "outer" / SCHEMA_NAME)))
    assert list(schema_findings(batch, load_schema(folder))) == named
    [finding] = named
    assert finding.is_rejection and finding.line > 0 and "sender" in finding.problem


def test_files_that_the_schema_allows_have_no_finding(tmp_path: Path, batch: Path) -> None:
    schema = load_schema(schema_in(tmp_path / "schema", most=9))
    assert list(schema_findings(batch, schema)) == []


def test_files_with_a_doctype_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "batch.xml"
    path.write_bytes(batch_of(report()).replace(b"<MCCI", b'<!DOCTYPE a SYSTEM "b.dtd"><MCCI', 1))
    [finding] = schema_findings(path, load_schema(schema_in(tmp_path / "schema", most=99)))
    assert finding.element == "XML"


def test_schemas_that_name_a_file_elsewhere_are_refused(tmp_path: Path) -> None:
    folder = schema_in(tmp_path / "schema", parts="http://localhost:9/parts.xsd")
    with pytest.raises(E2bError, match="localhost"):
        load_schema(folder)


@pytest.mark.parametrize("content", ["", "<a/>", "no XML", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_files_without_a_schema_are_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.xsd"
    path.write_text(content)
    with pytest.raises(E2bError):
        load_schema(path)


def test_folders_without_a_schema_are_refused(tmp_path: Path) -> None:
    with pytest.raises(E2bError, match=SCHEMA_NAME):
        load_schema(tmp_path)
    with pytest.raises(E2bError, match="nothing"):
        load_schema(tmp_path / "nothing.xsd")

"""Check a file against the schema of ICH E2B(R3), which users download from ICH: it cannot be shipped.

The schema may read the files next to it, and nothing from a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree

from monitor.exports.e2b.check_findings import CheckFinding, XmlPlace, xml_place
from monitor.exports.e2b.errors import UnusableFileError
from monitor.exports.e2b.safe_xml import SAFELY, opened, root_problem, syntax_finding

SCHEMA_NAME: Final = "MCCI_IN200100UV01.xsd"
"""The file of ICH that the others belong to."""

LARGEST_FILE: Final = 256_000_000
"""Bytes of a file that is checked by a schema: unlike our own check, this needs the whole file in memory."""

_ADVICE: Final = "name the folder of the schema files of ICH, or its MCCI_IN200100UV01.xsd"


class _LocalFiles(etree.Resolver):  # type: ignore[misc]
    """Refuses every address that is not one of a file on this machine."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = ""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        """Return an empty document for an address elsewhere; None lets lxml read the file."""
        if system_url is None or "://" not in system_url or system_url.startswith("file://"):
            return None
        self.refused = self.refused or system_url
        return self.resolve_empty(context)


def load_schema(path: Path) -> Any:
    """Return the schema.

    Args:
        path: the file of the schema, or a folder that has `SCHEMA_NAME` somewhere.

    Raises:
        UnusableFileError: there is no such file, it is not a schema, or it names a file elsewhere.
    """
    file = _schema_file(path)
    files = _LocalFiles()
    parser = etree.XMLParser(**SAFELY)
    parser.resolvers.add(files)
    with opened(file) as stream:
        content = stream.read()
    try:
        document = etree.fromstring(content, parser, base_url=file.resolve().as_uri()).getroottree()
        schema = etree.XMLSchema(document)
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        unusable = UnusableFileError(f"{file} is not a schema that can be used ({reason:.200})", _ADVICE)
        raise _elsewhere(file, files) or unusable from None
    elsewhere = _elsewhere(file, files)
    if elsewhere is not None:
        raise elsewhere
    return schema


def _elsewhere(file: Path, files: _LocalFiles) -> UnusableFileError | None:
    """Return the error for a schema that needs a file elsewhere, or None."""
    if not files.refused:
        return None
    return UnusableFileError(
        f"{file} names {files.refused}, which is not a file here", "download it next to the schema"
    )


def _schema_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = sorted(path.rglob(SCHEMA_NAME), key=lambda file: (len(file.parts), str(file)))
    if not files:
        raise UnusableFileError(f"{path} has no {SCHEMA_NAME}", _ADVICE)
    return files[0]


def schema_findings(path: Path, schema: Any) -> Iterator[CheckFinding]:
    """Yield what a schema does not allow in a file.

    Raises:
        UnusableFileError: the file cannot be read, or is too large to be held in memory.
    """
    with opened(path) as stream:
        problem = root_problem(stream)
        if problem is not None:
            yield problem
            return
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise UnusableFileError(
            f"{path} has more than {LARGEST_FILE // 1_000_000} MB", "check it in smaller batches (--limit)"
        )
    try:
        document = etree.fromstring(content, etree.XMLParser(**SAFELY)).getroottree()
    except etree.XMLSyntaxError as error:
        yield syntax_finding(error)
        return
    if schema.validate(document):
        return
    for entry in schema.error_log:
        nodes = document.xpath(entry.path) if entry.path else []
        place = xml_place(nodes[0]) if nodes else XmlPlace("/", entry.line)
        message = entry.message.replace("{urn:hl7-org:v3}", "")
        yield place.finding("XML", message, "the schema does not allow it")

"""Read XML that may come from anywhere: no entity, no other file, no network, and a bound on its size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from lxml import etree

from monitor.exports.e2b.check_findings import CheckFinding
from monitor.exports.e2b.errors import UnusableFileError
from monitor.exports.e2b.oids import BATCH, HL7

LARGEST_MESSAGE: Final = 64_000_000
"""Bytes of one message with its attachments."""

SAFELY: Final = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
"""Options of every parser here. `huge_tree` off limits the depth, and one text to 10 MB."""


class TooLargeError(Exception):
    """A message is larger than `LARGEST_MESSAGE`."""


class BoundedReader:
    """A stream of which one message cannot fill the memory.

    Args:
        stream: the file.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = LARGEST_MESSAGE

    def start_message(self) -> None:
        """Allow `LARGEST_MESSAGE` bytes again: a message ended."""
        self._left = LARGEST_MESSAGE

    def read(self, size: int = 65_536) -> bytes:
        """Return the next bytes.

        Raises:
            TooLargeError: the message has more than `LARGEST_MESSAGE` bytes.
        """
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise TooLargeError
        return data


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file.

    Raises:
        UnusableFileError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        problem = f"{path}: {error.strerror or error}"
        raise UnusableFileError(problem, "name a file that you may read") from None


def root_problem(stream: BinaryIO) -> CheckFinding | None:
    """Return what is wrong with the start of a file; None if it is the start of a batch. Rewind the file."""
    try:
        root = _root(BoundedReader(stream))
    except etree.XMLSyntaxError as error:
        return syntax_finding(error)
    except TooLargeError:
        root = None
    stream.seek(0)
    if root is None:
        return CheckFinding("XML", "it has no root element", "check an E2B(R3) file", "/", 0)
    if root.getroottree().docinfo.doctype:
        return CheckFinding("XML", "it has a DOCTYPE", "remove it: E2B(R3) files have none", "/", 1)
    if root.tag != BATCH:
        name = etree.QName(root)
        advice = f"its root must be MCCI_IN200100UV01 of the namespace {HL7}"
        problem = f"its root is {name.localname} of the namespace '{name.namespace or ''}'"
        return CheckFinding("XML", problem, advice, "/", root.sourceline or 0)
    return None


def _root(reader: BoundedReader) -> Any:
    return next((node for _, node in etree.iterparse(reader, events=("start",), **SAFELY)), None)


def syntax_finding(error: etree.XMLSyntaxError) -> CheckFinding:
    """Return the finding for XML that is not well-formed."""
    reason = (error.msg or "it is empty").split(", line")[0]
    return CheckFinding("XML", reason, "correct the XML", "/", error.lineno or 0)

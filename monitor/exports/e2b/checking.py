"""Check an E2B(R3) file, message by message: a batch of any size needs the memory of one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from monitor.exports.e2b.check_elements import Occurrence, check_counts, check_occurrence, occurrences_of
from monitor.exports.e2b.check_findings import CheckFinding, XmlPlace
from monitor.exports.e2b.check_rules import Report, check_report
from monitor.exports.e2b.check_structure import Route, check_route, check_structure
from monitor.exports.e2b.check_table import load_table
from monitor.exports.e2b.oids import BATCH, MESSAGE
from monitor.exports.e2b.safe_xml import (
    LARGEST_MESSAGE,
    SAFELY,
    BoundedReader,
    TooLargeError,
    opened,
    root_problem,
    syntax_finding,
)


class E2bCheck:
    """The check of one file.

    Args:
        path: the file.
        now: no time in it may be later; by default the present.

    Attributes:
        messages: number of messages that were read so far.
    """

    def __init__(self, path: Path, now: datetime | None = None) -> None:
        self.messages = 0
        self._path = path
        self._now = now or datetime.now(UTC)
        self._table = load_table()
        self._identifiers: set[str] = set()
        self._routes: dict[Route, XmlPlace] = {}

    def findings(self) -> Iterator[CheckFinding]:
        """Yield what is wrong, in the order of the file; what concerns the whole batch comes last.

        Raises:
            E2bError: the file cannot be read.
        """
        with opened(self._path) as stream:
            problem = root_problem(stream)
            if problem is not None:
                yield problem
                return
            reader = BoundedReader(stream)
            try:
                yield from self._check_batch(reader)
            except etree.XMLSyntaxError as error:
                yield syntax_finding(error)
            except TooLargeError:
                what = f"message {self.messages + 1} has more than {LARGEST_MESSAGE // 1_000_000} MB"
                yield CheckFinding("XML", what, "send its attachments separately", "/", 0)

    def _check_batch(self, reader: BoundedReader) -> Iterator[CheckFinding]:
        for _, node in etree.iterparse(reader, events=("end",), tag=(MESSAGE, BATCH), **SAFELY):
            if node.tag == BATCH:
                yield from self._check_wrapper(node)
                continue
            self.messages += 1
            yield from self._check_message(node)
            node.clear(keep_tail=False)
            reader.start_message()

    def _check_message(self, node: Any) -> Iterator[CheckFinding]:
        occurrences = occurrences_of(node, self._table, "message", self.messages)
        message = occurrences[0]
        yield from check_structure(message, self._table)
        for occurrence in occurrences:
            yield from check_occurrence(occurrence, self._table, self._now)
        yield from check_counts(occurrences, self._table)
        yield from check_report(Report(occurrences))
        yield from self._check_identifier(occurrences)
        route = Route(message.text("N.2.r.2"), message.text("N.2.r.3"))
        if route not in self._routes:
            self._routes[route] = message.place

    def _check_identifier(self, occurrences: Sequence[Occurrence]) -> Iterator[CheckFinding]:
        for occurrence in occurrences:
            identifier = occurrence.text("C.1.1")
            if identifier in self._identifiers:
                yield occurrence.place.finding(
                    "C.1.1", "an earlier message of the batch has this identifier", "send each report once"
                )
            elif identifier:
                self._identifiers.add(identifier)

    def _check_wrapper(self, node: Any) -> Iterator[CheckFinding]:
        batch = occurrences_of(node, self._table, "batch")[0]
        yield from check_structure(batch, self._table)
        yield from check_occurrence(batch, self._table, self._now)
        for route, place in self._routes.items():
            yield from check_route(route, place, batch)
        if not self.messages:
            yield batch.place.finding("N.2.r.1", "the batch has no message", "add at least one")

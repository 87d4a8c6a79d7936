"""Check the data elements of one message after the table: are they there, and is each value allowed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from lxml import etree

from monitor.exports.e2b.check_findings import CheckFinding, XmlPlace, xml_place
from monitor.exports.e2b.check_table import CheckTable, Element, Group
from monitor.exports.e2b.check_values import value_problem
from monitor.exports.e2b.oids import HL7, XSI

_NAMES: Final = {"h": HL7, "xsi": XSI}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a data element.

    Attributes:
        node: the element of the XML that has it.
        text: the value without its scheme; empty if there is none.
        null: its null flavour, or None.
    """

    node: Any
    text: str
    null: str | None

    @property
    def is_stated(self) -> bool:
        """True if there is a value or a null flavour."""
        return bool(self.text or self.null)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of a group, with the values of its data elements.

    Attributes:
        group: the group.
        node: its element in the XML.
        values: the values by the number of the data element.
        message: number of the message, from 1; 0 for the batch.
    """

    group: Group
    node: Any
    values: Mapping[str, Sequence[Value]]
    message: int = 0

    def text(self, element: str) -> str:
        """Return the first value of a data element, or an empty text."""
        return next((value.text for value in self.values.get(element, ()) if value.text), "")

    def states(self, element: str) -> bool:
        """Return True if a data element has a value or a null flavour."""
        return any(value.is_stated for value in self.values.get(element, ()))

    @property
    def place(self) -> XmlPlace:
        """Where it is."""
        return xml_place(self.node, self.message)


def find_nodes(node: Any, xpath: str) -> list[Any]:
    """Return the elements at an XPath; `h:` is the namespace of HL7."""
    return list(_compiled(xpath)(node))


@cache
def _compiled(xpath: str) -> Any:
    return etree.XPath(xpath, namespaces=_NAMES)


def occurrences_of(node: Any, table: CheckTable, root: str, message: int = 0) -> list[Occurrence]:
    """Return every occurrence of every group below a node, with its values.

    Args:
        node: the element of a batch or of a message.
        table: the table.
        root: name of the group that the node is: "batch" or "message".
        message: number of the message.
    """
    nodes = {root: [node]}
    occurrences = []
    for group in table.groups.values():
        if group.name != root:
            if group.within is None or group.within not in nodes:
                continue
            nodes[group.name] = [
                each for outer in nodes[group.within] for each in find_nodes(outer, group.xpath)
            ]
        for each in nodes[group.name]:
            values = {element.id: _values(each, element) for element in group.elements}
            occurrences.append(Occurrence(group, each, values, message))
    return occurrences


def _values(node: Any, element: Element) -> list[Value]:
    return [_value(each, element) for each in find_nodes(node, element.xpath)]


def _value(node: Any, element: Element) -> Value:
    raw = "".join(node.itertext(with_tail=False)) if element.get == "text" else node.get(element.get[1:], "")
    text = raw.strip()
    if element.scheme and text.startswith(element.scheme):
        text = text[len(element.scheme) :]
    return Value(node, text, node.get("nullFlavor"))


def check_occurrence(occurrence: Occurrence, table: CheckTable, now: datetime) -> Iterator[CheckFinding]:
    """Yield what is wrong with the data elements of an occurrence of a group."""
    for element in occurrence.group.elements:
        values = occurrence.values[element.id]
        if not any(value.is_stated for value in values):
            if element.required:
                yield _missing(occurrence, element, values)
            continue
        yield from _too_many(occurrence, element, values)
        for value in values:
            yield from _check_value(occurrence, element, value, now)
    for element in occurrence.group.elements:
        others = table.needs.get(element.id, ())
        if not others or not occurrence.states(element.id):
            continue
        for other in others:
            if not occurrence.states(other):
                yield occurrence.place.finding(
                    other,
                    f"{table.by_id[other].name} is missing, and {element.id} is stated",
                    f"add {other}, or remove {element.id}",
                )


def _missing(occurrence: Occurrence, element: Element, values: Sequence[Value]) -> CheckFinding:
    place = xml_place(values[0].node, occurrence.message) if values else occurrence.place
    advice = f"add it as {_short(element.xpath)}"
    if element.null:
        advice += f", or state why it is unknown by nullFlavor {', '.join(sorted(element.null))}"
    return place.finding(element.id, f"{element.name} is missing", advice)


def _too_many(occurrence: Occurrence, element: Element, values: Sequence[Value]) -> Iterator[CheckFinding]:
    stated = [value for value in values if value.is_stated]
    if len(stated) > 1 and not element.repeats:
        yield xml_place(stated[1].node, occurrence.message).finding(
            element.id, f"{element.name} is stated {len(stated)} times", "keep one of them"
        )


def _check_value(
    occurrence: Occurrence, element: Element, value: Value, now: datetime
) -> Iterator[CheckFinding]:
    for problem, advice in _problems(element, value, now):
        yield xml_place(value.node, occurrence.message).finding(element.id, problem, advice)


def _problems(element: Element, value: Value, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a value, and what to do."""
    if not value.text:
        if value.null and value.null not in element.null:
            allowed = ", ".join(sorted(element.null))
            advice = f"use one of {allowed}, or a value" if allowed else "state a value, or remove it"
            yield f"the null flavour '{value.null:.20}' is not allowed", advice
        return
    system = value.node.get("codeSystem", "")
    if element.system and element.get == "@code" and system != element.system:
        yield f"the code system '{system:.60}' is wrong", f'use codeSystem="{element.system}"'
    kind = value.node.get(f"{{{XSI}}}type", "")
    if element.xsi and kind not in element.xsi:
        yield f"its type '{kind:.20}' is wrong", f'use xsi:type="{" or ".join(sorted(element.xsi))}"'
    problem = value_problem(element, value.text, now)
    if problem is not None:
        yield problem


def check_counts(occurrences: Sequence[Occurrence], table: CheckTable) -> Iterator[CheckFinding]:
    """Yield the groups of which there are too few or too many within the group in which they lie."""
    inner = [group for group in table.groups.values() if group.within and (group.least or group.most)]
    for outer in occurrences:
        for group in inner:
            if group.within != outer.group.name:
                continue
            number = len(find_nodes(outer.node, group.xpath))
            if number < group.least:
                advice = f"add at least one, as {_short(group.xpath)}"
                yield outer.place.finding(group.count_id, f"there is no {group.name}", advice)
            elif group.most is not None and number > group.most:
                yield outer.place.finding(
                    group.count_id, f"there are {number} parts of the kind {group.name}", "keep one"
                )


def _short(xpath: str) -> str:
    return xpath.replace("h:", "")

"""The table of E2B(R3) data elements (`data/elements.toml`), with its paths as XPath.

A group is a part of the message that may occur several times, such as a reaction. Its path starts at the
group in which it lies. A path has steps such as `observation{code:29:L.19}`; conditions are in braces:

    {code:29:L.19}   it has the code 29 of the ICH code list 19
    {sys:MedDRA}     its code is of this code system
    {of:L.17}        it is of this code system; others are left to regional rules
    {root:R.1}       its root is this OID
    {has:id}         it has such a child
    {null:NA}        its code has this null flavour
    {by:1}           its author has the code 1 of the ICH code list 21; {performer:3}: the performer
    {source:2}       its investigation has the code 2 of the ICH code list 22
    {starts:tel:}    its value starts so
    {xsi:ED}         it has this type
    {normal:L}       it is the lower limit (L) or the upper one (H)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from monitor.exports.e2b.oids import oid

_STEP: Final = re.compile(r"(?P<name>\w+)(?P<number>\[\d+\])?(?P<conditions>(?:\{[^}]*\})*)")
_CONDITIONS: Final = {
    "code": "h:code[@code='{0}' and @codeSystem='{1}']",
    "sys": "h:code[@codeSystem='{0}']",
    "of": "@codeSystem='{0}'",
    "root": "@root='{0}'",
    "has": "h:{0}",
    "null": "h:code/@nullFlavor='{0}'",
    "by": "h:author/h:assignedEntity/h:code[@code='{0}' and @codeSystem='{1}']",
    "performer": "h:performer/h:assignedEntity/h:code[@code='{0}' and @codeSystem='{1}']",
    "source": "h:relatedInvestigation/h:code[@code='{0}' and @codeSystem='{1}']",
    "starts": "starts-with(@value, '{0}')",
    "xsi": "@xsi:type='{0}'",
    "normal": "h:interpretationCode[@code='{0}' and @codeSystem='{1}']",
}
_REPEATED: Final = ("C.1.10.r", "G.k.9.i.4", "G.k.10.r")
"""Elements that may occur several times in one occurrence of their group."""

_LISTS: Final = {"by": "L.21", "performer": "L.21", "source": "L.22", "normal": "range"}
_TYPES_OF_VALUES: Final = {
    "boolean": "BL",
    "number": "PQ",
    "whole number": "PQ",
    "time": "TS",
    "MedDRA code": "CE",
    "MedDRA version": "CE",
}


@dataclass(frozen=True, slots=True)
class Element:
    """A data element. Its values are read by `get` from the nodes at `xpath`, from the node of its group.

    Attributes:
        id: number of the data element, such as "E.i.7".
        name: what it is, in words.
        xpath: its nodes.
        get: "text", or an attribute such as "@code".
        type: what its values look like; `check_values` has the types.
        length: most characters, or None.
        values: allowed values; empty for all.
        null: allowed null flavours.
        system: OID of the code system, or None.
        required: True if each occurrence of its group needs one.
        precision: for times, the least precision: "second", "day" or "year".
        scheme: what a value starts with that does not count, such as "tel:".
        xsi: allowed values of `xsi:type`; empty if the element has none.
        repeats: True if a group may have several.
    """

    id: str
    name: str
    xpath: str
    get: str
    type: str = "text"
    length: int | None = None
    values: frozenset[str] = frozenset()
    null: frozenset[str] = frozenset()
    system: str | None = None
    required: bool = False
    precision: str = "day"
    scheme: str = ""
    xsi: frozenset[str] = frozenset()
    repeats: bool = False

    @property
    def is_meddra_version(self) -> bool:
        """True if the value is a version of MedDRA."""
        return self.type == "MedDRA version"


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the message with its elements.

    Attributes:
        name: what it is.
        within: the group in which it lies; None for the batch and the message.
        xpath: its nodes, from a node of `within`.
        least: fewest occurrences.
        most: most occurrences, or None.
        count_id: number of the element to report if there are too few or too many.
        elements: its data elements.
    """

    name: str
    within: str | None = None
    xpath: str = "."
    least: int = 0
    most: int | None = None
    count_id: str = ""
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckTable:
    """The whole table.

    Attributes:
        groups: by name; each one follows the group in which it lies.
        needs: for each element, the elements that must be there along with it.
        order: for each XML element, the order of its children.
        by_id: every element by its number.
    """

    groups: Mapping[str, Group]
    needs: Mapping[str, tuple[str, ...]]
    order: Mapping[str, tuple[str, ...]]
    by_id: Mapping[str, Element] = field(default_factory=dict)


@cache
def load_table() -> CheckTable:
    """Return the table of data elements.

    Raises:
        ValueError: the table has a path or condition that is not known; only an edit can do that.
    """
    document = tomllib.loads(files("monitor.exports.e2b").joinpath("data/elements.toml").read_text("utf-8"))
    groups = {entry["name"]: _group(entry) for entry in document["group"]}
    return CheckTable(
        groups,
        {name: tuple(others.split()) for name, others in document["needs"].items()},
        {name: tuple(children.split()) for name, children in document["order"].items()},
        {element.id: element for group in groups.values() for element in group.elements},
    )


def xpath_of(path: str) -> str:
    """Return the XPath of a path of the table.

    Raises:
        ValueError: a step or a condition is not known.
    """
    return " | ".join("/".join(map(_step, _split(part))) for part in path.split(" | "))


def _split(path: str) -> list[str]:
    """Return the steps of a path. No condition has a slash."""
    return path.strip().split("/")


def _step(step: str) -> str:
    match = _STEP.fullmatch(step)
    if match is None:
        raise ValueError(f"elements.toml has a step that is not known: {step}")
    conditions = re.findall(r"\{([^}]*)\}", match["conditions"])
    return f"h:{match['name']}{''.join(map(_condition, conditions))}{match['number'] or ''}"


def _condition(condition: str) -> str:
    kind, _, rest = condition.partition(":")
    if kind not in _CONDITIONS:
        raise ValueError(f"elements.toml has a condition that is not known: {{{condition}}}")
    if kind == "code":
        code, _, system = rest.partition(":")
        values = [code, oid(system)]
    elif kind in ("sys", "of", "root"):
        values = [oid(rest)]
    elif kind in _LISTS:
        values = [rest, oid(_LISTS[kind])]
    else:
        values = [rest]
    return f"[{_CONDITIONS[kind].format(*values)}]"


def _group(entry: dict[str, Any]) -> Group:
    return Group(
        name=entry["name"],
        within=entry.get("within"),
        xpath=xpath_of(entry["path"]) if "path" in entry else ".",
        least=int(entry.get("count", "0").removesuffix("..")),
        most=1 if entry.get("count") == "1" else None,
        count_id=entry.get("count_id", ""),
        elements=tuple(_element(each) for each in entry["elements"]),
    )


def _element(entry: dict[str, Any]) -> Element:
    system = entry.get("system")
    return Element(
        id=entry["id"],
        name=entry["name"],
        xpath=xpath_of(entry["at"]),
        get=entry["get"],
        type=entry.get("type", "text"),
        length=entry.get("length"),
        values=frozenset(entry.get("values", "").split()),
        null=frozenset(entry.get("null", "").split()),
        system=oid(system) if system else None,
        required=entry.get("required", False),
        precision=entry.get("precision", "day"),
        scheme=entry.get("scheme", ""),
        xsi=frozenset(_value_types(entry).split()),
        repeats=entry["id"] in _REPEATED,
    )


def _value_types(entry: dict[str, Any]) -> str:
    """Return the types (`xsi:type`) of the element `value` that holds a data element."""
    if "xsi" in entry or (not entry["at"].endswith("/value") and entry["at"] != "value"):
        return str(entry.get("xsi", ""))
    if entry["id"] in ("F.r.4", "F.r.5"):
        return "PQ"
    if entry["get"] == "@unit":
        return "PQ"
    if entry["get"] == "@code":
        return "CE"
    return _TYPES_OF_VALUES.get(entry.get("type", "text"), "ED")

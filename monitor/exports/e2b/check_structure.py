"""The fixed parts of a message and of a batch: order, wrapper codes, identifiers and receivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.exports.e2b.check_elements import Occurrence, find_nodes
from monitor.exports.e2b.check_findings import CheckFinding, XmlPlace, xml_place
from monitor.exports.e2b.check_table import CheckTable
from monitor.exports.e2b.oids import oid

_FIXED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "batch": {
        "h:responseModeCode/@code": ("D",),
        "h:interactionId/@extension": ("MCCI_IN200100UV01",),
    },
    "message": {
        "h:interactionId/@extension": ("PORR_IN049016UV",),
        "h:processingCode/@code": ("P", "T", "D"),
        "h:processingModeCode/@code": ("I", "R", "T"),
        "h:acceptAckCode/@code": ("AL", "ER", "NE"),
        "h:controlActProcess/h:code/@code": ("PORR_TE049016UV",),
        "h:controlActProcess/h:subject/h:investigationEvent/h:code/@code": ("PAT_ADV_EVNT",),
    },
}
"""Codes of the wrappers, which are not data elements, and their allowed values."""

OBSERVATIONS: Final = frozenset(map(str, range(1, 40)))
"""Codes of the ICH code list 19, which says what an observation is."""

_ROUTES: Final = {
    "ZZFDA": ("CDER", "CBER"),
    "ZZFDA_PREMKT": ("CDER_IND", "CBER_IND", "CDER_IND_EXEMPT_BA_BE"),
}
"""Receivers of messages (N.2.r.3) behind the batch receivers of the FDA (N.1.4)."""


def check_structure(occurrence: Occurrence, table: CheckTable) -> Iterator[CheckFinding]:
    """Yield what is wrong with the wrapper, and with the order and the codes of all elements below it."""
    for path, allowed in _FIXED[occurrence.group.name].items():
        codes = find_nodes(occurrence.node, path)
        if len(codes) != 1 or codes[0] not in allowed:
            name = path.replace("h:", "")
            problem = f"{name} is '{codes[0]:.40}'" if codes else f"{name} is missing"
            yield occurrence.place.finding("XML", problem, f"use {' or '.join(allowed)}")
    yield from _order(occurrence.node, table, occurrence.message)
    if occurrence.group.name == "message":
        for node in find_nodes(occurrence.node, ".//h:code[@codeSystem]"):
            if node.get("codeSystem") == oid("L.19") and node.get("code") not in OBSERVATIONS:
                yield xml_place(node, occurrence.message).finding(
                    "XML",
                    f"'{node.get('code', ''):.20}' is not a code of an observation",
                    "use a code of the ICH code list 19",
                )


def _order(node: Any, table: CheckTable, message: int) -> Iterator[CheckFinding]:
    for each in node.iter():
        if not isinstance(each.tag, str):
            continue
        order = table.order.get(each.tag.rpartition("}")[2])
        if order is None:
            continue
        last = 0
        for child in each.iterchildren(tag="*"):
            name = child.tag.rpartition("}")[2]
            if name not in order:
                problem, advice = f"the element {name} is not allowed here", "remove it"
            elif order.index(name) < last:
                problem, advice = f"the element {name} comes too late", f"put it before {order[last]}"
            else:
                last = order.index(name)
                continue
            yield xml_place(child, message).finding("XML", problem, advice)


@dataclass(frozen=True, slots=True)
class Route:
    """Sender and receiver of a message (N.2.r.2, N.2.r.3)."""

    sender: str
    receiver: str


def check_route(route: Route, place: XmlPlace, batch: Occurrence) -> Iterator[CheckFinding]:
    """Yield what does not agree between a message and its batch.

    Args:
        route: sender and receiver of the message.
        place: where the message is.
        batch: the wrapper of the batch.
    """
    if route.sender != batch.text("N.1.3"):
        yield place.finding(
            "N.2.r.2", "the sender of the message is not that of the batch", "use the value of N.1.3"
        )
    receivers = _ROUTES.get(batch.text("N.1.4"))
    if receivers and route.receiver not in receivers:
        yield place.finding(
            "N.2.r.3",
            f"the batch receiver {batch.text('N.1.4')} does not take messages for this receiver",
            f"use {' or '.join(receivers)}",
        )

"""Small parts of an E2B(R3) message: legal texts, times, identifiers, coded values and observations."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any, Final

from lxml import etree

from monitor.exports.e2b.oids import HL7, XSI, oid

_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (W3C, production 2, Char)."""

_CUT: Final = " [cut: too long for this field]"

_NAMESPACE: Final = uuid.UUID("6f9c2a0e-5d0b-5a51-9a68-2f3d4c1b7e90")
"""Of the identifiers inside our messages; any fixed value does."""


def legal(text: str, length: int) -> str:
    """Return a text that XML 1.0 can hold, with at most `length` characters.

    Other characters become U+FFFD, lines end with a line feed, and what is cut is marked as such.
    """
    clean = _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(clean) <= length:
        return clean
    return clean[: length - len(_CUT)].rstrip() + _CUT if length > 2 * len(_CUT) else clean[:length].rstrip()


def timestamp(moment: datetime) -> str:
    """Return a time as CCYYMMDDhhmmss+ZZzz. A time without a zone is not allowed."""
    return f"{moment.year:04}{moment:%m%d%H%M%S%z}"[:19]


def internal_id(*names: str) -> str:
    """Return the identifier of a part of a message, the same whenever the message is written again."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(names)))


def add(parent: Any, path: str, text: str | None = None, **attributes: str) -> Any:
    """Add nested elements, such as "author/assignedEntity", and return the last one.

    Args:
        parent: the element that gets them.
        path: their names.
        text: text of the last one.
        attributes: attributes of the last one.
    """
    node = parent
    for name in path.split("/"):
        node = etree.SubElement(node, f"{{{HL7}}}{name}", _ATTRIBUTES.get(name, {}))
    for name, value in attributes.items():
        node.set(name, value)
    node.text = text
    return node


_ATTRIBUTES: Final[dict[str, dict[str, str]]] = {
    "player1": {"classCode": "PSN", "determinerCode": "INSTANCE"},
    "assignedPerson": {"classCode": "PSN", "determinerCode": "INSTANCE"},
    "representedOrganization": {"classCode": "ORG", "determinerCode": "INSTANCE"},
    "device": {"classCode": "DEV", "determinerCode": "INSTANCE"},
    "controlActProcess": {"classCode": "CACT", "moodCode": "EVN"},
    "controlActEvent": {"classCode": "CACT", "moodCode": "EVN"},
    "investigationEvent": {"classCode": "INVSTG", "moodCode": "EVN"},
    "relatedInvestigation": {"classCode": "INVSTG", "moodCode": "EVN"},
    "adverseEventAssessment": {"classCode": "INVSTG", "moodCode": "EVN"},
    "investigationCharacteristic": {"classCode": "OBS", "moodCode": "EVN"},
    "observation": {"classCode": "OBS", "moodCode": "EVN"},
    "observationEvent": {"classCode": "OBS", "moodCode": "EVN"},
    "causalityAssessment": {"classCode": "OBS", "moodCode": "EVN"},
    "organizer": {"classCode": "CATEGORY", "moodCode": "EVN"},
    "substanceAdministration": {"classCode": "SBADM", "moodCode": "EVN"},
    "productUseReference": {"classCode": "SBADM", "moodCode": "EVN"},
    "actReference": {"classCode": "OBS", "moodCode": "EVN"},
    "act": {"classCode": "ACT", "moodCode": "EVN"},
    "primaryRole": {"classCode": "INVSBJ"},
    "assignedEntity": {"classCode": "ASSIGNED"},
    "asQualifiedEntity": {"classCode": "QUAL"},
    "asLocatedEntity": {"classCode": "LOCE"},
    "location": {"classCode": "COUNTRY", "determinerCode": "INSTANCE"},
    "instanceOfKind": {"classCode": "INST"},
    "kindOfProduct": {"classCode": "MMAT", "determinerCode": "KIND"},
    "ingredient": {"classCode": "ACTI"},
    "ingredientSubstance": {"classCode": "MMAT", "determinerCode": "KIND"},
    "author": {"typeCode": "AUT"},
    "consumable": {"typeCode": "CSM"},
    "component": {"typeCode": "COMP"},
    "component1": {"typeCode": "COMP"},
    "receiver": {"typeCode": "RCV"},
    "sender": {"typeCode": "SND"},
    "outboundRelationship": {"typeCode": "SPRT"},
    "outboundRelationship1": {"typeCode": "REFR"},
    "inboundRelationship": {"typeCode": "CAUS"},
}
"""Fixed attributes of the HL7 model, by the name of the element."""


def add_id(parent: Any, root: str, extension: str) -> None:
    """Add an identifier: `root` is a name of `oids.oid`."""
    add(parent, "id", extension=extension, root=oid(root))


def add_code(parent: Any, code: str, system: str) -> None:
    """Add the code that says what the parent is."""
    add(parent, "code", code=code, codeSystem=oid(system))


def add_value(parent: Any, kind: str, text: str | None = None, **attributes: str) -> Any:
    """Add a value of a type of HL7 ("BL", "CE", "ED", "PQ"), and return it."""
    node = add(parent, "value", text, **attributes)
    node.set(f"{{{XSI}}}type", kind)
    return node


def add_observation(parent: Any, code: str, path: str = "observation", **attributes: str) -> Any:
    """Add an observation of the ICH code list 19 at a path below `parent`, and return it.

    Args:
        parent: the element that gets it.
        code: what it observes.
        path: names of the elements, the last of which is the observation.
        attributes: attributes of the first element of the path.
    """
    node = add(parent, path)
    top = node
    while top.getparent() is not parent:
        top = top.getparent()
    for name, value in attributes.items():
        top.set(name, value)
    add_code(node, code, "L.19")
    return node


def add_null(parent: Any, path: str, flavour: str, **attributes: str) -> None:
    """Add an element that states why its value is not there."""
    add(parent, path, nullFlavor=flavour, **attributes)

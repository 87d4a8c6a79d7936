"""The code systems (OIDs) of E2B(R3) messages, and the XML names of the message.

Source: the element list of ICH E2B(R3). `L` are the ICH code lists, `R` the roots of identifiers.
"""

from __future__ import annotations

from typing import Final

HL7: Final = "urn:hl7-org:v3"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
BATCH: Final = f"{{{HL7}}}MCCI_IN200100UV01"
MESSAGE: Final = f"{{{HL7}}}PORR_IN049016UV"

_ICH: Final = "2.16.840.1.113883.3.989.2.1"
_OTHERS: Final = {
    "MedDRA": "2.16.840.1.113883.6.163",
    "country": "1.0.3166.1.2.2",
    "sex": "1.0.5218",
    "interaction": "2.16.840.1.113883.1.6",
    "trigger": "2.16.840.1.113883.1.18",
    "act": "2.16.840.1.113883.5.4",
    "range": "2.16.840.1.113883.5.83",
}


def oid(name: str) -> str:
    """Return the OID of a code system: "L.19" is the ICH code list 19, "R.1" the root 1 of identifiers.

    Raises:
        KeyError: there is no such name.
    """
    kind, _, number = name.partition(".")
    if kind in ("L", "R") and number.isdigit():
        return f"{_ICH}.{1 if kind == 'L' else 3}.{number}"
    return _OTHERS[name]

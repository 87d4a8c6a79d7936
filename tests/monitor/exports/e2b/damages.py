"""Small edits that damage an E2B(R3) file, each with the number of the element that must be reported."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Damage = Callable[[str], str]


def replace(old: str, new: str, count: int = 1) -> Damage:
    """Return an edit that replaces a piece of the file."""

    def damage(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return damage


def cut(pattern: str, new: str = "") -> Damage:
    """Return an edit that replaces the first match of a pattern."""

    def damage(text: str) -> str:
        damaged, count = re.subn(pattern, new, text, count=1, flags=re.DOTALL)
        assert count == 1
        return damaged

    return damage


LIST_19: Final = "2.16.840.1.113883.3.989.2.1.1.19"
OF_AN_EXAMPLE: Final[dict[str, tuple[str, Damage]]] = {
    "another kind of message": ("N.1.1", cut(r'<name code="1"', '<name code="9"')),
    "no batch number": ("N.1.2", cut(r"<id [^>]*\.3\.22\"/>")),
    "a long sender": (
        "N.1.3",
        cut(r'<id extension="4567AB89012"(?=[^>]*\.3\.13")', f'<id extension="{"x" * 61}"'),
    ),
    "no batch receiver": ("N.1.4", cut(r'(<id extension="ZZFDA[^"]*" root="[^"]*)14"', r'\g<1>99"')),
    "a day instead of a time": (
        "N.1.5",
        cut(r'<creationTime value="\d+-0500"', '<creationTime value="20220614"'),
    ),
    "another sender in the message": (
        "N.2.r.2",
        cut(r'<id extension="4567AB89012"(?=[^>]*\.3\.11")', '<id extension="OTHER"'),
    ),
    "an unknown receiver": ("N.2.r.3", cut(r'<id extension="CDER[^"]*"', '<id extension="NOBODY"')),
    "a report from the future": ("C.1.2", cut(r'(<effectiveTime value=")\d{4}', r"\g<1>2999")),
    "an identifier without a country": (
        "C.1.1",
        cut(r'<id extension="US-APHARMA-', '<id extension="APHARMA'),
    ),
    "a type of report that does not exist": (
        "C.1.3",
        cut(r'code="[12]"(?=[^>]*1\.1\.2")', 'code="7"'),
    ),
    "no date of receipt": ("C.1.4", cut(r"<low value=\"2022[^>]*/>")),
    "a 30th of February": (
        "C.1.5",
        cut(r'<availabilityTime value="[^"]*"', '<availabilityTime value="20220230"'),
    ),
    "a null flavour that is not allowed": (
        "C.1.6.1",
        cut(r'(additionalDocumentsAvailable"/>\s*<value xsi:type="BL" )value="\w+"', r'\1nullFlavor="UNK"'),
    ),
    "no primary source": ("C.2.r.5", cut(r'<priorityNumber value="1"/>')),
    "a country in words": ("C.2.r.3", cut(r'(<asQualifiedEntity.*?<code code=")US"', r'\1Utah"')),
    "a sender without an organisation": ("C.3.2", cut(r"<name>Big Pharma[^<]*</name>(?=\s*<!--  C.3.2)")),
    "a patient without a name": ("D.1", cut(r"(<player1[^>]*>\s*)<name>[^<]*</name>", r"\1")),
    "no medical history": ("D.7.2", replace('code="18"', 'code="17"')),
    "a reaction in words": ("E.i.2.1b", cut(r'code="10\d{6}"', 'code="Colitis"')),
    "a version in another form": ("E.i.2.1a", cut(r'codeSystemVersion="25.0"', 'codeSystemVersion="25"')),
    "two versions of MedDRA": ("E.i.2.1a", cut('="25.0"', '="24.1"')),
    "a reaction by another code system": (
        "E.i.2.1b",
        cut(r'(code="10\d{6}" codeSystem=")[\d.]+"', r'\g<1>1.2.3"'),
    ),
    "no answer about death": (
        "E.i.3.2a",
        replace(f'code="34" codeSystem="{LIST_19}"', 'code="34" codeSystem="1"'),
    ),
    "death denied": (
        "E.i.3.2a",
        cut(r'(resultsInDeath"/>\s*<value xsi:type="BL") [^/]*/>', r'\1 value="false"/>'),
    ),
    "an outcome of another type": (
        "E.i.7",
        cut(r'(displayName="outcome"/>\s*<value xsi:type=)"CE"', r'\1"ST"'),
    ),
    "no drug name": ("G.k.2.2", cut(r"<name>(?:Drug A|AA-001|Vehicle Patch)[^<]*</name>")),
    "no suspect": ("G.k.1", replace('code="1" displayName="Suspect"', 'code="2" displayName="Suspect"', 9)),
    "no narrative": ("H.1", cut(r"(<investigationEvent.*?<text>)[^<]*", r"\1")),
}
"""Small edits of an example, with the element that must be reported."""


OF_OUR_OWN: Final[dict[str, tuple[str, Damage]]] = {
    "age without a unit": ("D.2.2b", replace(' unit="a"', "")),
    "words without a language": ("E.i.1.1b", replace(' language="eng"', "")),
    "two outcomes": (
        "E.i.7",
        cut(
            r'(<outboundRelationship2 typeCode="PERT">\s*<observation [^>]*>\s*<code code="27".*?'
            r"</outboundRelationship2>)",
            r"\1\1",
        ),
    ),
    "a link to a drug that is not there": (
        "G.k.1",
        cut(r'(<productUseReference[^>]*>\s*<id root=")', r"\1x"),
    ),
    "an identifier twice": ("C.1.1", replace("EXAMPLEPHARMA-second", "EXAMPLEPHARMA-third", 9)),
    "an unknown observation": (
        "XML",
        replace(f'code="29" codeSystem="{LIST_19}"', f'code="99" codeSystem="{LIST_19}"'),
    ),
    "an unknown processing code": ("XML", replace('processingCode code="T"', 'processingCode code="X"')),
    "a wrong order": ("XML", cut(r"(<statusCode[^>]*/>)(.*?)(<availabilityTime[^>]*/>)", r"\3\2\1")),
    "an unknown element": ("XML", replace("<statusCode", "<statuscode")),
    "an amendment without a reason": (
        "C.1.11.2",
        cut(
            r"(<subjectOf2 typeCode=\"SUBJ\">\s*<investigationCharacteristic[^>]*>\s*<code code=\")2(\".*?)"
            r"<value [^>]*/>",
            r'\g<1>3\2<value xsi:type="CE" code="2" codeSystem="2.16.840.1.113883.3.989.2.1.1.5"/>',
        ),
    ),
}

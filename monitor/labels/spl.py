"""Labels of DailyMed: SPL documents, which are XML (HL7 version 3; FDA, SPL Implementation Guide)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from lxml import etree

from monitor.labels.errors import LabelError
from monitor.labels.label import LOINC_SECTIONS, SPL, LabelSection, ProductLabel

LARGEST: Final = 64_000_000
"""Bytes of one document; the longest have some megabytes."""

_HL7: Final = "{urn:hl7-org:v3}"
_LOINC: Final = "2.16.840.1.113883.6.1"
# Each starts a line of its own in the text of a section.
_BLOCKS: Final = {f"{_HL7}{name}" for name in ("title", "paragraph", "item", "td", "th", "caption", "br")}
_ACTIVE: Final = ("ACTIB", "ACTIM", "ACTIR")  # ingredients that are active


def read_spl(stream: BinaryIO, place: str) -> Iterator[ProductLabel | LabelError]:
    """Yield the label of an SPL document.

    Raises:
        LabelError: it is not well-formed XML, not an SPL document, or has no section of adverse effects.
    """
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise LabelError(f"{place} has more than {LARGEST // 1_000_000} MB", "an SPL document is smaller")
    root = _parse(data, place)
    if root.tag != f"{_HL7}document":
        raise LabelError(
            f"{place} is XML, but not an SPL document: its root is {etree.QName(root).localname}",
            "import the XML file of a label from DailyMed",
        )
    sections = tuple(_sections(root))
    if not sections:
        raise LabelError(
            f"{place} has no section of adverse effects (LOINC {', '.join(LOINC_SECTIONS)})",
            "nothing is lost: it lists none",
        )
    yield ProductLabel(
        place=place,
        source=SPL,
        set_id=_attribute(root.find(f"{_HL7}setId"), "root"),
        names=tuple(_names(root)),
        title=_title(root),
        version=_attribute(root.find(f"{_HL7}versionNumber"), "value"),
        sections=sections,
    )


def _parse(data: bytes, place: str) -> Any:
    # No entity is resolved and no other file is read: a label comes from outside.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        reason = (error.msg or "it is empty").split(", line")[0]
        raise LabelError(f"{place}{line}: {reason}", "download the file again") from None
    except ValueError as error:
        raise LabelError(f"{place}: {error}", "download the file again") from None
    return root


def _sections(root: Any) -> Iterator[LabelSection]:
    """Yield the sections that list effects; their subsections are part of them."""
    for section in root.iter(f"{_HL7}section"):
        kind = _kind(section)
        if kind is None or any(_kind(outer) for outer in section.iterancestors(f"{_HL7}section")):
            continue
        lines = (" ".join(line.split()) for line in _text(section).split("\n"))
        if text := "\n".join(filter(None, lines)):
            yield LabelSection(kind, text)


def _kind(section: Any) -> Any:
    code = section.find(f"{_HL7}code")
    if code is None or code.get("codeSystem", _LOINC) != _LOINC:
        return None
    return LOINC_SECTIONS.get(code.get("code", ""))


def _text(section: Any) -> str:
    """Return titles and texts of a section and its subsections, each block on a line of its own."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(section, events=("start", "end", "comment", "pi")):
        if event == "start":
            pieces += ["\n"] * (element.tag in _BLOCKS) + [(element.text or "").replace("\n", " ")]
        elif event == "end":
            pieces.append("\n" * (element.tag in _BLOCKS or element.tag == f"{_HL7}text"))
        if event != "start" and element is not section:
            pieces.append((element.tail or "").replace("\n", " "))
    return "".join(pieces)


def _names(root: Any) -> Iterator[str]:
    """Yield names of the drug: its active moieties together, the substances, the generic name, the brand."""
    moieties: dict[str, None] = {}
    substances: dict[str, None] = {}
    for ingredient in root.iter(f"{_HL7}ingredient", f"{_HL7}activeIngredient"):
        if ingredient.tag == f"{_HL7}ingredient" and ingredient.get("classCode") not in _ACTIVE:
            continue
        substances.update(dict.fromkeys(_texts(ingredient, "ingredientSubstance", "name")))
        substances.update(dict.fromkeys(_texts(ingredient, "activeIngredientSubstance", "name")))
        moieties.update(dict.fromkeys(_texts(ingredient, "activeMoiety", "activeMoiety", "name")))
    generic = dict.fromkeys(_texts(root, "genericMedicine", "name"))
    brands = dict.fromkeys(_texts(root, "manufacturedProduct", "name"))
    for names in (moieties, substances, generic, brands):
        if names:
            yield " and ".join(names)


def _texts(element: Any, *path: str) -> list[str]:
    elements = element.findall(".//" + "/".join(f"{_HL7}{name}" for name in path))
    return [text for each in elements if (text := " ".join("".join(each.itertext()).split()))]


def _title(root: Any) -> str | None:
    brands = _texts(root, "manufacturedProduct", "name")
    title = root.find(f"{_HL7}title")
    whole = "" if title is None else " ".join("".join(title.itertext()).split())
    return brands[0] if brands else whole[:200] or None


def _attribute(element: Any, name: str) -> str | None:
    return None if element is None else element.get(name)

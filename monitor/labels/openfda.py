"""Labels of openFDA: JSON from its API, and its files of all labels (open.fda.gov, drug/label)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from monitor.labels.errors import LabelError
from monitor.labels.json_objects import JsonObjects
from monitor.labels.label import OPENFDA_SECTIONS, SPL, LabelSection, ProductLabel

_NAME_FIELDS: Final = ("substance_name", "generic_name", "brand_name")


def read_openfda(stream: BinaryIO, place: str) -> Iterator[ProductLabel | LabelError]:
    """Yield the labels of a file that have a section of adverse effects, and what is wrong with the others.

    Raises:
        LabelError: the rest of the file cannot be read.
    """
    for number, (line, record) in enumerate(JsonObjects(stream, place), 1):
        here = f"{place}, label {number} (line {line})"
        if not isinstance(record, dict):
            yield LabelError(f"{here} is not an object", "each label is an object with its sections")
        elif "error" in record and "openfda" not in record:
            yield LabelError(f"{here} is an error message of openFDA", "correct the search")
        elif not ({"openfda", "set_id"} | OPENFDA_SECTIONS.keys()) & record.keys():
            yield LabelError(
                f"{here} is not a label of openFDA: it has neither `openfda` nor `set_id` nor a section",
                "import answers of https://api.fda.gov/drug/label.json, or its downloads",
            )
        else:
            yield _label_of(record, here)


def _label_of(record: dict[str, Any], here: str) -> ProductLabel | LabelError:
    sections = tuple(
        LabelSection(kind, text)
        for field, kind in OPENFDA_SECTIONS.items()
        if (text := "\n".join(_strings(record.get(field))))
    )
    if not sections:
        return LabelError(f"{here} has no section of adverse effects", "nothing is lost: it lists none")
    product = record.get("openfda")
    product = product if isinstance(product, dict) else {}
    names = [" and ".join(dict.fromkeys(_strings(product.get(field)))) for field in _NAME_FIELDS]
    titles = _strings(product.get("brand_name")) or _strings(product.get("generic_name"))
    return ProductLabel(
        place=here,
        source=SPL,
        set_id=next(iter(_strings(record.get("set_id"))), None),
        names=tuple(filter(None, names)),
        title=titles[0] if titles else None,
        version=next(iter(_strings(record.get("effective_time"))), None),
        sections=sections,
    )


def _strings(value: object) -> list[str]:
    """Return the strings of a field, which has one or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]

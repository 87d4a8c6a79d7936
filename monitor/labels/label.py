"""A product label: as it was read, with the sections that list effects, and with the effects found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.store.label_import import LabelEffect


class SectionKind(StrEnum):
    """The sections that list adverse effects; no other section is read."""

    BOXED_WARNING = "boxed warning"
    WARNINGS = "warnings"
    ADVERSE_REACTIONS = "adverse reactions"
    TEXT = "text"


LOINC_SECTIONS: Final = {
    "34066-1": SectionKind.BOXED_WARNING,
    "34071-1": SectionKind.WARNINGS,
    "43685-7": SectionKind.WARNINGS,
    "34084-4": SectionKind.ADVERSE_REACTIONS,
}
"""The LOINC codes of these sections in an SPL document (FDA, Structured Product Labeling)."""

OPENFDA_SECTIONS: Final = {
    "boxed_warning": SectionKind.BOXED_WARNING,
    "warnings": SectionKind.WARNINGS,
    "warnings_and_cautions": SectionKind.WARNINGS,
    "adverse_reactions": SectionKind.ADVERSE_REACTIONS,
}
"""The fields of these sections in openFDA's JSON (open.fda.gov, drug/label, searchable fields)."""

SPL, SMPC, TEXT = "spl", "smpc", "text"
"""Sources of labels: FDA labels (openFDA and DailyMed have the same), European ones, and plain texts."""


@dataclass(frozen=True, slots=True)
class LabelSection:
    """A section of a label.

    Attributes:
        kind: which section.
        text: its text; paragraphs, items of lists and cells of tables are lines of their own.
    """

    kind: SectionKind
    text: str


@dataclass(frozen=True, slots=True)
class ProductLabel:
    """A label.

    Attributes:
        place: file, member of an archive, and number of the label in it, for messages.
        source: `SPL`, `SMPC` or `TEXT`.
        set_id: what all versions of the label have in common, or None if its format has nothing like it.
        names: names of its drug in the order in which they are tried: active substances first, brands last.
            Each is one or several names, such as "Amlodipine and Valsartan".
        title: its title, or None.
        version: version or date of the label, or None.
        sections: those that list adverse effects; at least one.
    """

    place: str
    source: str
    set_id: str | None
    names: tuple[str, ...]
    title: str | None
    version: str | None
    sections: tuple[LabelSection, ...]


@dataclass(frozen=True, slots=True)
class ReadLabel:
    """A label whose effects were found, ready to be stored.

    Attributes:
        label_id: what all versions of the label have in common.
        drug: canonical name of its drug.
        source: of the label.
        title: its title, or None.
        version: its version or date, or None.
        place: where it was read, for messages.
        effects: what it lists: for each PT and section, the first sentence that names it.
        sentences: number of sentences that were read.
    """

    label_id: str
    drug: str
    source: str
    title: str | None
    version: str | None
    place: str
    effects: tuple[LabelEffect, ...]
    sentences: int

"""The first labels: facts from 101 US drug labels of the TAC 2017 corpus, which are part of the package.

Of each label the package has the PTs of each section and nothing else: no sentence, and no PT that is not a
class of the default bundle. Source: Demner-Fushman et al., Scientific Data 5, 2018 (CC0). The labels are
those of 2015, so an effect may have been added since.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from models.terminology import packaged_pt_names
from monitor.labels.drug_of_label import FindsDrugs, drug_of
from monitor.labels.errors import LabelError
from monitor.labels.label import ReadLabel, SectionKind
from monitor.store.label_import import LabelEffect

SOURCE: Final = "tac2017"
VERSION: Final = "2015"

SECTIONS: Final = {
    "box": SectionKind.BOXED_WARNING,
    "war": SectionKind.WARNINGS,
    "adv": SectionKind.ADVERSE_REACTIONS,
}
"""The sections by their names in the ids of the corpus."""

_FOLDER: Final = files("monitor.labels") / "data"


def included_labels(matcher: FindsDrugs) -> Iterator[ReadLabel]:
    """Yield the included labels.

    Args:
        matcher: finds the canonical name of their drugs, as for every other label.

    Raises:
        LabelError: a file of the package is damaged.
    """
    names = packaged_pt_names()
    drugs = label_drugs()
    effects: dict[str, list[LabelEffect]] = {}
    for label, section, ptids in _rows("tac2017_effects.tsv", 3):
        for ptid in ptids.split():
            if label not in drugs or ptid not in names or section not in SECTIONS:
                raise LabelError(
                    f"tac2017_effects.tsv has the unknown entry {label} {section} {ptid}",
                    "install the package again",
                )
            effects.setdefault(label, []).append(LabelEffect(ptid, names[ptid], SECTIONS[section]))
    for label, listed in effects.items():
        drug = drug_of((drugs[label], label), matcher) or drugs[label]
        place = f"the included label of {label}"
        yield ReadLabel(f"{SOURCE}:{label}", drug, SOURCE, label, VERSION, place, tuple(listed), 0)


def label_drugs() -> dict[str, str]:
    """Return the active substances of the labels, by the name that the corpus has."""
    return {row[0]: row[1] for row in _rows("tac2017_drugs.tsv", 2)}


def _rows(name: str, columns: int) -> Iterator[list[str]]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    for row in rows[1:]:
        if len(row) != columns:
            raise LabelError(f"{name} has a row of {len(row)} columns", "install the package again")
        yield row

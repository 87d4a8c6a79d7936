"""The accuracy of the codes on matched spans as a table, in percent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from training.evaluation.coding import Coding

CODING_HEADINGS: Final = ("1c, spans found", "spans", "coded", "precision", "at 1", "at 5", "HLT", "SOC")
CODING_LEGEND: Final = (
    "Of the annotated spans that a predicted one touches: the share that has a code, the share of right "
    "codes among them, and the share whose best candidate, or one of the first five, is the annotated PT, "
    "however unsure the Normalizer is. HLT and SOC: the best candidate shares a High Level Term or a System "
    "Organ Class with it, as near-synonyms do."
)
_GROUPS: Final = {"matched": "all", "unseen": "unseen PTs"}
_UNKNOWN: Final = "-"


def coding_rows(coding: Mapping[str, Coding]) -> list[tuple[str, ...]]:
    """Give the cells of the table: a group of spans a row; "-" where there is nothing to measure by."""
    return [
        (
            _GROUPS.get(name, name),
            f"{one.spans:,}",
            *(
                _UNKNOWN if share is None else f"{100 * share:.1f}"
                for share in (
                    one.coded,
                    one.precision,
                    one.at_1,
                    one.at_5,
                    one.near.get("hlt"),
                    one.near.get("soc"),
                )
            ),
        )
        for name, one in coding.items()
    ]


def markdown_coding(coding: Mapping[str, Coding]) -> str:
    """Give the table as Markdown, with what its columns mean."""
    rows = [CODING_HEADINGS, ("---",) * len(CODING_HEADINGS), *coding_rows(coding)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows) + f"\n{CODING_LEGEND}\n"

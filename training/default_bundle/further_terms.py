"""Preferred Terms that everyday posts need and that a release of few terms may lack.

The dictionary that the default bundle is built with has 1,998 of MedDRA's 27,000 PTs. Where it lacks one that
the labels of the training texts need, its code and its name are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from models.terminology import Llt, Terminology

FURTHER_PTS: Final[Mapping[str, str]] = {
    "10020466": "Hunger",
    "10043087": "Tachyphylaxis",
    "10048010": "Withdrawal syndrome",
}
"""Codes and names of the PTs; each is also an LLT, as every PT of MedDRA is."""


def add_further_terms(terminology: Terminology) -> Terminology:
    """Return the terminology with those of `FURTHER_PTS` that it has neither by code nor by name."""
    names = terminology.codes_by_name()
    missing = {
        code: name
        for code, name in FURTHER_PTS.items()
        if terminology.pt_of(code) is None and name.lower() not in names
    }
    return replace(
        terminology,
        pt_names={**terminology.pt_names, **missing},
        llts=(*terminology.llts, *(Llt(code, name, code) for code, name in missing.items())),
    )

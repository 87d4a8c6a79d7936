"""A small dictionary with vectors, for tests of the search and the candidates."""

from __future__ import annotations

import torch
from torch.nn.functional import normalize

from models.normalizer import Names
from models.terminology import Llt, Terminology

EFFECTS = (
    "Nausea",
    "Headache",
    "Dizziness",
    "Rash",
    "Itching",
    "Vomiting",
    "Insomnia",
    "Cough",
    "Pain",
    "Fever",
)
_PLACES = ("head", "eye", "chest", "skin")


def _release() -> Terminology:
    """Return a PT for each effect, with one to four LLTs."""
    pts = {str(100 + number): name for number, name in enumerate(EFFECTS)}
    llts = [
        Llt(f"{code}{number}", f"{name} of the {place}", code, True)
        for code, name in pts.items()
        for number, place in enumerate(_PLACES[: int(code) % 4 + 1])
    ]
    return Terminology(pts, tuple(llts))


NAMES = Names.of_terminology(_release())
VECTORS = normalize(torch.randn(len(NAMES), 16, generator=torch.Generator().manual_seed(1)), dim=-1)

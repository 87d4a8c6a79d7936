"""Terms of a MedDRA release, one record for each kind. Codes are strings and stay as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LONGEST_TERM: Final = 500  # characters of a code or name; MedDRA's own have 100 at most
LONGEST_VERSION: Final = 40


@dataclass(frozen=True, slots=True)
class Llt:
    """A Lowest Level Term: a way to say what its Preferred Term means.

    Attributes:
        code: the LLT's code; that of its PT where it is the PT's own name.
        name: as the release writes it.
        ptid: code of its PT.
        current: whether it may still be used in coding (`llt_currency`).
    """

    code: str
    name: str
    ptid: str
    current: bool = True


@dataclass(frozen=True, slots=True)
class Level:
    """A term above the PTs: a High Level Term, High Level Group Term or System Organ Class."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TermPath:
    """One way up from a PT; a PT has one for each SOC that it belongs to."""

    hlt: Level
    hlgt: Level
    soc: Level

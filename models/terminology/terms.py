"""The terms of a MedDRA release and the relations between them.

Codes are strings and stay as the release writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

LONGEST_TERM: Final = 500  # characters of a code or a name; MedDRA's own have at most 100
LONGEST_VERSION: Final = 40


@dataclass(frozen=True, slots=True)
class Llt:
    """A Lowest Level Term: one way to say what its Preferred Term means.

    Attributes:
        code: code of the LLT; the code of its PT where the LLT is the PT's own name.
        name: as the release writes it.
        ptid: code of its PT.
        current: whether the LLT may still be used for coding (`llt_currency`).
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


@dataclass(frozen=True)
class Terminology:
    """All names and codes of a release, and its hierarchy.

    Attributes:
        pt_names: PT code to name, in the order of the release.
        llts: Lowest Level Terms in the order of the release, including those that are not current.
        paths: PT code to the paths above it, the path of the primary SOC first. PTs without a path are
            missing; it is empty if the release has no `mdhier.asc`.
        version: of the release, such as "26.1"; empty if unknown.
    """

    pt_names: Mapping[str, str]
    llts: tuple[Llt, ...] = ()
    paths: Mapping[str, tuple[TermPath, ...]] = field(default_factory=dict)
    version: str = ""

    @cached_property
    def llt_to_pt(self) -> Mapping[str, str]:
        """LLT code to PT code; in MedDRA each PT is also an LLT."""
        return {llt.code: llt.ptid for llt in self.llts}

    def pt_of(self, code: str) -> str | None:
        """Return the PT code for a PT or LLT code, or None if the code is unknown."""
        return code if code in self.pt_names else self.llt_to_pt.get(code)

    def codes_by_name(self) -> dict[str, str]:
        """Return the PT code of each PT name in lower case."""
        return {name.lower(): code for code, name in self.pt_names.items()}

    def hlts(self, ptid: str) -> frozenset[str]:
        """Return the codes of the HLTs above a PT; empty if the PT or the hierarchy is unknown."""
        return frozenset(path.hlt.code for path in self.paths.get(ptid, ()))

    def socs(self, ptid: str) -> frozenset[str]:
        """Return the codes of the SOCs above a PT; empty if the PT or the hierarchy is unknown."""
        return frozenset(path.soc.code for path in self.paths.get(ptid, ()))

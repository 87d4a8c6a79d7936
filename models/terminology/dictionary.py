"""All terms of a MedDRA release, and what belongs to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from models.terminology.index_file import pack, unpack
from models.terminology.terms import Llt, TermPath


@dataclass(frozen=True)
class Terminology:
    """Names, codes and hierarchy of a dictionary.

    Attributes:
        pt_names: PT code to name, in the order of the release.
        llts: Lowest Level Terms, non-current ones too, in the order of the release.
        paths: the ways up from a PT by its code, that of its primary SOC first; PTs without one are not in
            it, and it is empty where the release came without `mdhier.asc`.
        version: of the release, such as "26.1"; empty where it is not known.
    """

    pt_names: Mapping[str, str]
    llts: tuple[Llt, ...] = ()
    paths: Mapping[str, tuple[TermPath, ...]] = field(default_factory=dict)
    version: str = ""

    @cached_property
    def llt_to_pt(self) -> Mapping[str, str]:
        """LLT code to PT code; in MedDRA each PT is an LLT of its own as well."""
        return {llt.code: llt.ptid for llt in self.llts}

    def pt_of(self, code: str) -> str | None:
        """Lift a code to its PT: a PT is its own, an LLT has one; None where the code is unknown."""
        return code if code in self.pt_names else self.llt_to_pt.get(code)

    def codes_by_name(self) -> dict[str, str]:
        """Give the PT code of each PT name, in lower case."""
        return {name.lower(): code for code, name in self.pt_names.items()}

    def hlts(self, ptid: str) -> frozenset[str]:
        """Give the codes of the HLTs above a PT; none where it or the hierarchy is unknown."""
        return frozenset(path.hlt.code for path in self.paths.get(ptid, ()))

    def socs(self, ptid: str) -> frozenset[str]:
        """Give the codes of the SOCs above a PT; none where it or the hierarchy is unknown."""
        return frozenset(path.soc.code for path in self.paths.get(ptid, ()))

    def to_index(self) -> bytes:
        """Write all of it as one compressed file; the same terminology gives the same bytes."""
        return pack(self.version, self.pt_names, self.llts, self.paths)

    @classmethod
    def from_index(cls, data: bytes) -> Terminology:
        """Read what `to_index` wrote.

        Raises:
            TerminologyError: it is damaged, or something else.
        """
        version, pt_names, llts, paths = unpack(data)
        return cls(pt_names, llts, paths, version)

"""The groups that PTs belong to: levels of the hierarchy, SMQs, and lists of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from models.errors import TerminologyError
from models.terminology.asc_file import ReleaseFault
from models.terminology.level_files import LINK_FILES, NAME_FILES, read_paths
from models.terminology.release import HIERARCHY_FILE, inspect_release
from models.terminology.smq_files import CONTENT_FILE, LIST_FILE, read_smqs
from models.terminology.smqs import Scope, Smqs
from models.terminology.terms import Terminology, TermPath

CANNOT_FILTER: Final[Mapping[str, str]] = {
    "hierarchy": "SOCs, HLGTs and HLTs cannot be filtered",
    "smqs": "SMQs cannot be filtered",
    "version": "the version of the release is not known",
}
"""What is lost without each optional part of a release."""


class GroupKind(StrEnum):
    """What kind of group a PT belongs to. A narrow term of an SMQ belongs to both of its kinds."""

    SOC = "soc"
    PRIMARY_SOC = "primary_soc"
    HLGT = "hlgt"
    HLT = "hlt"
    SMQ_BROAD = "smq_broad"
    SMQ_NARROW = "smq_narrow"
    IME = "ime"
    DME = "dme"


LIST_NAMES: Final[Mapping[GroupKind, str]] = {
    GroupKind.IME: "important medical events",
    GroupKind.DME: "designated medical events",
}
"""The names of the two groups that are lists of PTs. Their codes are their kinds."""


@dataclass(frozen=True, slots=True)
class PtGroup:
    """A group that a PT belongs to.

    Attributes:
        ptid: code of the PT.
        kind: of the group.
        code: of the group, as the release writes it.
        name: of the group.
        category: of the term in an SMQ with an algorithm; None otherwise.
        weight: of the term in an SMQ with weights; None otherwise.
    """

    ptid: str
    kind: GroupKind
    code: str
    name: str
    category: str | None = None
    weight: int | None = None


@dataclass(frozen=True)
class GroupedRelease:
    """A release with all groups of its PTs.

    Attributes:
        terminology: its terms.
        paths: PT code to the paths above it, the path of the primary SOC first.
        smqs: its SMQs.
        lists: the PTs of the lists of events, by kind.
    """

    terminology: Terminology
    paths: Mapping[str, tuple[TermPath, ...]] = field(default_factory=dict)
    smqs: Smqs = field(default_factory=Smqs)
    lists: Mapping[GroupKind, tuple[str, ...]] = field(default_factory=dict)

    def groups(self) -> Iterator[PtGroup]:
        """Yield every group of every PT, each once."""
        for ptid, paths in self.paths.items():
            yield from _groups_of_paths(ptid, paths)
        for code, smq in self.smqs.by_code.items():
            for term in self.smqs.terms_of(code).values():
                kinds = [GroupKind.SMQ_BROAD]
                if term.scope is Scope.NARROW:
                    kinds.append(GroupKind.SMQ_NARROW)
                for kind in kinds:
                    yield PtGroup(term.ptid, kind, code, smq.name, term.category or None, term.weight)
        for kind, ptids in self.lists.items():
            for ptid in ptids:
                yield PtGroup(ptid, kind, kind.value, LIST_NAMES[kind])


@dataclass(frozen=True)
class GroupInspection:
    """A release as far as its groups can be read.

    Attributes:
        release: made of the rows without a fault.
        faults: in the order of files and lines.
        absent: keys of `CANNOT_FILTER` that the files do not have.
    """

    release: GroupedRelease
    faults: tuple[ReleaseFault, ...]
    absent: tuple[str, ...]


def inspect_grouped_release(folder: Path, *, version: str = "") -> GroupInspection:
    """Read as much of a release and its groups as possible, and collect all faults.

    Args:
        folder: of a MedDRA ASCII release, see `read_release`.
        version: of the release, used if the folder does not contain it.
    """
    inspection = inspect_release(folder, version=version)
    terminology = inspection.terminology
    if not terminology.pt_names:
        return GroupInspection(GroupedRelease(terminology), inspection.faults, ())
    faults = list(inspection.faults)
    paths = read_paths(folder, terminology, faults)
    smqs = read_smqs(folder, terminology, faults)
    absent = [*_absent_parts(folder), *([] if terminology.version else ["version"])]
    return GroupInspection(GroupedRelease(terminology, paths, smqs), tuple(faults), tuple(absent))


def read_grouped_release(folder: Path, *, version: str = "") -> GroupedRelease:
    """Read a release with its groups.

    Raises:
        TerminologyError: a file is missing, cannot be read or has a fault. The message names the first.
    """
    inspection = inspect_grouped_release(folder, version=version)
    if inspection.faults:
        more = len(inspection.faults) - 1
        raise TerminologyError(f"{inspection.faults[0]}{f' ({more:,} more)' if more else ''}")
    return inspection.release


def _absent_parts(folder: Path) -> Iterator[str]:
    def has(*names: str) -> bool:
        return all((folder / name).is_file() for name in names)

    if not (has(HIERARCHY_FILE) or has(*NAME_FILES, *LINK_FILES)):
        yield "hierarchy"
    if not has(LIST_FILE, CONTENT_FILE):
        yield "smqs"


def _groups_of_paths(ptid: str, paths: tuple[TermPath, ...]) -> Iterator[PtGroup]:
    yield PtGroup(ptid, GroupKind.PRIMARY_SOC, paths[0].soc.code, paths[0].soc.name)
    levels = {
        GroupKind.SOC: [path.soc for path in paths],
        GroupKind.HLGT: [path.hlgt for path in paths],
        GroupKind.HLT: [path.hlt for path in paths],
    }
    for kind, terms in levels.items():
        for code, name in {term.code: term.name for term in terms}.items():
            yield PtGroup(ptid, kind, code, name)

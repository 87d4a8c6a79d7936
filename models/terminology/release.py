"""A MedDRA release: a folder of .asc files, of any version.

The files have `$` after each field:

pt.asc               pt_code, pt_name, ...
llt.asc              llt_code, llt_name, pt_code, ...; llt_currency (Y or N) is the tenth field
mdhier.asc           pt_code, hlt_code, hlgt_code, soc_code, pt_name, hlt_name, hlgt_name, soc_name,
                     soc_abbrev, null_field, pt_soc_code, primary_soc_fg (Y or N);
                     a row is one path up from a PT, so a PT has a row for each of its SOCs
meddra_release.asc   version, language
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.errors import Problem, TerminologyError
from models.terminology.asc_file import AscFile, AscRow, ReleaseFault
from models.terminology.terms import LONGEST_VERSION, Level, Llt, Terminology, TermPath

PT_FILE: Final = "pt.asc"
LLT_FILE: Final = "llt.asc"
HIERARCHY_FILE: Final = "mdhier.asc"
RELEASE_FILE: Final = "meddra_release.asc"

LOST_WITHOUT: Final[Mapping[str, str]] = {
    HIERARCHY_FILE: "no agreement at HLT and SOC level",
    RELEASE_FILE: "the version of the release is not known",
}
"""The optional files, and what is lost without each."""

_SUBFOLDERS: Final = ("MedAscii", "medascii", "ascii")  # where the archive of a release has the files
_CURRENCY: Final = 9  # position in llt.asc

# Positions in mdhier.asc.
_PT, _HLT, _HLGT, _SOC = range(4)
_NAME: Final = 4  # the name of a level is this many fields after its code
_PRIMARY: Final = 11


@dataclass(frozen=True)
class Inspection:
    """A release as far as it can be read, and what is wrong with it.

    Attributes:
        terminology: made of the rows without a fault.
        faults: in the order of files and lines; `read_release` accepts none.
        absent: names of the optional files that are missing.
    """

    terminology: Terminology
    faults: tuple[ReleaseFault, ...]
    absent: tuple[str, ...]


def read_release(folder: Path, *, version: str = "") -> Terminology:
    """Read `pt.asc` and `llt.asc`, and `mdhier.asc` and `meddra_release.asc` if they exist.

    Args:
        folder: with the .asc files.
        version: of the release, used if the folder does not contain it.

    Raises:
        TerminologyError: a file is missing or cannot be read, or a row is cut off, has a code without its
            PT, or contradicts another row. The message names the first fault.
    """
    inspection = inspect_release(folder, version=version)
    if not inspection.faults:
        return inspection.terminology
    more = len(inspection.faults) - 1
    if not more:
        raise TerminologyError(str(inspection.faults[0]))
    raise TerminologyError(
        f"{inspection.faults[0]} ({more:,} more)", problem=Problem.RELEASE_HAS_FAULTS, folder=folder
    )


def inspect_release(folder: Path, *, version: str = "") -> Inspection:
    """Read as much of a release as possible, and collect all its faults; arguments as for `read_release`."""
    if missing := [name for name in (PT_FILE, LLT_FILE) if not (folder / name).is_file()]:
        detail = f"the file does not exist: {_advice_on(folder)}"
        return Inspection(
            Terminology({}), tuple(ReleaseFault(folder / name, None, detail) for name in missing), ()
        )
    faults: list[ReleaseFault] = []
    pt_names = _read_pt_names(AscFile(folder / PT_FILE, faults))
    llts = _read_llts(AscFile(folder / LLT_FILE, faults), pt_names)
    paths: dict[str, tuple[TermPath, ...]] = {}
    if (folder / HIERARCHY_FILE).is_file():
        paths = _read_paths(AscFile(folder / HIERARCHY_FILE, faults), pt_names)
    if (folder / RELEASE_FILE).is_file():
        version = _read_version(AscFile(folder / RELEASE_FILE, faults)) or version
    absent = tuple(name for name in LOST_WITHOUT if not (folder / name).is_file())
    return Inspection(Terminology(pt_names, llts, paths, version), tuple(faults), absent)


def _advice_on(folder: Path) -> str:
    if not folder.is_dir():
        return "name the folder of a MedDRA ASCII release"
    for name in _SUBFOLDERS:
        if (folder / name / PT_FILE).is_file():
            return f"name {folder / name}, which has these files"
    return "name the folder of a MedDRA ASCII release, which has pt.asc and llt.asc"


def _read_pt_names(file: AscFile) -> dict[str, str]:
    return {row.fields[0]: row.fields[1] for row in file.rows(0, 1)}


def _read_llts(file: AscFile, pt_names: Mapping[str, str]) -> tuple[Llt, ...]:
    """Read the LLTs; an LLT whose PT is unknown is a fault."""
    llts = []
    for row in file.rows(0, 1, 2):
        code, name, ptid = row.fields[:3]
        if ptid not in pt_names:
            file.add_fault(
                row.line, f"the PT {ptid} of LLT {code} is not in pt.asc: use files of the same release"
            )
            continue
        llts.append(Llt(code, name, ptid, "N" not in row.fields[_CURRENCY : _CURRENCY + 1]))
    return tuple(llts)


def _read_version(file: AscFile) -> str:
    for row in file.rows(0):
        version = row.fields[0]
        if len(version) <= LONGEST_VERSION:
            return version
        file.add_fault(
            row.line,
            f"{len(version)} characters are too long for a version such as 26.1; correct or remove the file",
        )
    return ""


def _read_paths(file: AscFile, ptids: Container[str]) -> dict[str, tuple[TermPath, ...]]:
    """Read the paths up from each PT, the path of the primary SOC first.

    Faults: a PT that is not among `ptids`; two names for one code; two primary SOCs for one PT.
    """
    levels: dict[str, Level] = {}
    primary: dict[str, TermPath] = {}
    secondary: dict[str, list[TermPath]] = {}
    needed = (_PT, _HLT, _HLGT, _SOC, _HLT + _NAME, _HLGT + _NAME, _SOC + _NAME, _PRIMARY)
    for row in file.rows(*needed, key=_SOC + 1):
        ptid = row.fields[_PT]
        if ptid not in ptids:
            file.add_fault(row.line, f"the PT {ptid} is not in pt.asc: use files of the same release")
            continue
        path = TermPath(*(_read_level(file, row, position, levels) for position in (_HLT, _HLGT, _SOC)))
        if row.fields[_PRIMARY] != "Y":
            secondary.setdefault(ptid, []).append(path)
        elif primary.setdefault(ptid, path) is not path:
            file.add_fault(row.line, f"the PT {ptid} already has the primary SOC {primary[ptid].soc.code}")
    return {
        ptid: (*((primary[ptid],) if ptid in primary else ()), *secondary.get(ptid, ()))
        for ptid in dict.fromkeys([*primary, *secondary])
    }


def _read_level(file: AscFile, row: AscRow, position: int, levels: dict[str, Level]) -> Level:
    code, name = row.fields[position], row.fields[position + _NAME]
    level = levels.setdefault(code, Level(code, name))
    if level.name != name:
        file.add_fault(row.line, f"{code} is {name!r} here and {level.name!r} before: keep one name")
    return level

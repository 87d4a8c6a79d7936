"""The hierarchy of a MedDRA release.

Layout of `mdhier.asc`, `$` after each field: pt_code, hlt_code, hlgt_code, soc_code, pt_name, hlt_name,
hlgt_name, soc_name, soc_abbrev, null_field, pt_soc_code, primary_soc_fg (Y or N). A row is one way up from a
PT, so a PT has a row for each of its SOCs.

A folder of a MedDRA ASCII release, any version.

Layouts, `$` after each field: `pt.asc` has pt_code, pt_name, …; `llt.asc` llt_code, llt_name, pt_code, and as
its tenth field llt_currency (Y or N); `mdhier.asc` is the hierarchy; `meddra_release.asc` version, language.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.errors import TerminologyError
from models.terminology.asc_file import AscFile, AscRow, Fault
from models.terminology.dictionary import Terminology
from models.terminology.terms import LONGEST_VERSION, Level, Llt, TermPath

_PT, _HLT, _HLGT, _SOC = range(4)
_NAME: Final = 4  # how far the name of a level stands behind its code
_PRIMARY: Final = 11


def read_paths(file: AscFile, ptids: Container[str]) -> dict[str, tuple[TermPath, ...]]:
    """Read the ways up from each PT, that of the primary SOC first and the others as they come.

    Faults: those of `AscFile.rows`; a PT that is not among `ptids`; two names of one code; two primary SOCs
    of one PT.
    """
    levels: dict[str, Level] = {}
    primary: dict[str, TermPath] = {}
    others: dict[str, list[TermPath]] = {}
    needed = (_PT, _HLT, _HLGT, _SOC, _HLT + _NAME, _HLGT + _NAME, _SOC + _NAME, _PRIMARY)
    for row in file.rows(*needed, key=_SOC + 1):
        ptid = row.fields[_PT]
        if ptid not in ptids:
            file.fault(row.line, f"the PT {ptid} is not in pt.asc: take both files of one release")
            continue
        path = TermPath(*(_level(file, row, place, levels) for place in (_HLT, _HLGT, _SOC)))
        if row.fields[_PRIMARY] != "Y":
            others.setdefault(ptid, []).append(path)
        elif primary.setdefault(ptid, path) is not path:
            file.fault(row.line, f"the PT {ptid} had the primary SOC {primary[ptid].soc.code} before")
    return {
        ptid: (*((primary[ptid],) if ptid in primary else ()), *others.get(ptid, ()))
        for ptid in dict.fromkeys([*primary, *others])
    }


def _level(file: AscFile, row: AscRow, place: int, levels: dict[str, Level]) -> Level:
    code, name = row.fields[place], row.fields[place + _NAME]
    level = levels.get(code)
    if level is None:
        level = levels[code] = Level(code, name)
    if level.name != name:
        file.fault(row.line, f"{code} is {name!r} here, and was {level.name!r} before: keep one name")
    return level


PT_FILE: Final = "pt.asc"
LLT_FILE: Final = "llt.asc"
HIERARCHY_FILE: Final = "mdhier.asc"
RELEASE_FILE: Final = "meddra_release.asc"
WITHOUT: Final[Mapping[str, str]] = {
    HIERARCHY_FILE: "no agreement at HLT and SOC level",
    RELEASE_FILE: "the version of the release is not known",
}

_CURRENCY: Final = 9
_INNER: Final = ("MedAscii", "medascii", "ascii")  # where the archive of a release has the files


@dataclass(frozen=True)
class Inspection:
    """A release as far as it can be read, and what is wrong with it.

    Attributes:
        terminology: of the sound rows.
        faults: in the order of files and lines; each keeps `read_release` from reading it.
        absent: optional files that are not there, by name.
    """

    terminology: Terminology
    faults: tuple[Fault, ...]
    absent: tuple[str, ...]


def read_release(folder: Path, *, version: str = "") -> Terminology:
    """Read `pt.asc` and `llt.asc`, and `mdhier.asc` and `meddra_release.asc` where they are there.

    Args:
        folder: of the .asc files.
        version: of the release, where the folder does not say it.

    Raises:
        TerminologyError: a file is missing or cannot be read, a row is cut off, has a code without its PT,
            or contradicts another one; the first such place is named.
    """
    found = inspect_release(folder, version=version)
    if found.faults:
        more = len(found.faults) - 1
        told = f" ({more:,} more: `ade-train terminology check {folder}` lists them)" if more else ""
        raise TerminologyError(f"{found.faults[0]}{told}")
    return found.terminology


def inspect_release(folder: Path, *, version: str = "") -> Inspection:
    """Read what can be read of a release, and find all that is wrong with it; as `read_release`."""
    faults: list[Fault] = []
    if missing := [name for name in (PT_FILE, LLT_FILE) if not (folder / name).is_file()]:
        told = f"there is no such file: {_mend(folder)}"
        return Inspection(Terminology({}), tuple(Fault(folder / name, None, told) for name in missing), ())
    pt_names = _pt_names(AscFile(folder / PT_FILE, faults))
    llts = _llts(AscFile(folder / LLT_FILE, faults), pt_names)
    paths: dict[str, tuple[TermPath, ...]] = {}
    if (folder / HIERARCHY_FILE).is_file():
        paths = read_paths(AscFile(folder / HIERARCHY_FILE, faults), pt_names)
    if (folder / RELEASE_FILE).is_file():
        version = _version(AscFile(folder / RELEASE_FILE, faults)) or version
    absent = tuple(name for name in WITHOUT if not (folder / name).is_file())
    return Inspection(Terminology(pt_names, llts, paths, version), tuple(faults), absent)


def _pt_names(file: AscFile) -> dict[str, str]:
    return {row.fields[0]: row.fields[1] for row in file.rows(0, 1)}


def _llts(file: AscFile, pt_names: Mapping[str, str]) -> tuple[Llt, ...]:
    llts = []
    for row in file.rows(0, 1, 2):
        code, name, ptid = row.fields[:3]
        if ptid not in pt_names:
            file.fault(row.line, f"the PT {ptid} of LLT {code} is not in pt.asc: take files of one release")
            continue
        llts.append(Llt(code, name, ptid, "N" not in row.fields[_CURRENCY : _CURRENCY + 1]))
    return tuple(llts)


def _version(file: AscFile) -> str:
    for row in file.rows(0):
        if len(row.fields[0]) <= LONGEST_VERSION:
            return row.fields[0]
        told = f"{len(row.fields[0])} characters are no version, such as 26.1; correct the file, or remove it"
        file.fault(row.line, told)
    return ""


def _mend(folder: Path) -> str:
    if not folder.is_dir():
        return "name the folder of a MedDRA ASCII release"
    for inner in _INNER:
        if (folder / inner / PT_FILE).is_file():
            return f"name {folder / inner}, which has them"
    return "name the folder of a MedDRA ASCII release, which has pt.asc and llt.asc"

"""The hierarchy of a MedDRA release.

Layout of `mdhier.asc`, `$` after each field: pt_code, hlt_code, hlgt_code, soc_code, pt_name, hlt_name,
hlgt_name, soc_name, soc_abbrev, null_field, pt_soc_code, primary_soc_fg (Y or N). A row is one way up from a
PT, so a PT has a row for each of its SOCs.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from models.terminology.asc_file import AscFile, AscRow
from models.terminology.terms import Level, TermPath

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

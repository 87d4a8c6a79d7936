"""The levels above the PTs of a MedDRA release, each in a file of its own.

As the MedDRA Distribution File Format Document describes them, with `$` after each field:

soc.asc        soc_code, soc_name, soc_abbrev, ...
hlgt.asc       hlgt_code, hlgt_name, ...
hlt.asc        hlt_code, hlt_name, ...
soc_hlgt.asc   soc_code, hlgt_code
hlgt_hlt.asc   hlgt_code, hlt_code
hlt_pt.asc     hlt_code, pt_code
pt.asc         pt_code, pt_name, null_field, pt_soc_code (the primary SOC), ...

`mdhier.asc` has all of it in one file, and is read first. These files replace it where it is missing, and
must agree with it where it is not.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Final

from models.terminology.asc_file import AscFile, ReleaseFault
from models.terminology.release import PT_FILE
from models.terminology.terms import Level, Terminology, TermPath

NAME_FILES: Final = ("soc.asc", "hlgt.asc", "hlt.asc")
LINK_FILES: Final = ("soc_hlgt.asc", "hlgt_hlt.asc", "hlt_pt.asc")

_PRIMARY_SOC: Final = 3  # position in pt.asc

Paths = Mapping[str, tuple[TermPath, ...]]


def read_paths(folder: Path, terminology: Terminology, faults: list[ReleaseFault]) -> Paths:
    """Return the paths above each PT, the path of the primary SOC first.

    Faults, besides those of `AscFile`: a level that another file does not have, or names differently.

    Args:
        folder: of the release.
        terminology: the terms of the same release, with the paths of its `mdhier.asc`.
        faults: list that faults are added to.

    Returns:
        The paths of `mdhier.asc`; without that file those of the other files, and none if one is missing.
    """
    soc, hlgt, hlt = (_read_names(folder / name, faults) for name in NAME_FILES)
    if terminology.paths:
        _compare(folder, terminology.paths, (soc, hlgt, hlt), faults)
        return terminology.paths
    if not all((folder / name).is_file() for name in (*NAME_FILES, *LINK_FILES)):
        return {}
    links = _read_links(folder, (soc, hlgt, hlt, terminology.pt_names), faults)
    return _join(links, soc, hlgt, hlt, _read_primary_socs(folder))


def _read_names(path: Path, faults: list[ReleaseFault]) -> dict[str, Level]:
    if not path.is_file():
        return {}
    return {row.fields[0]: Level(row.fields[0], row.fields[1]) for row in AscFile(path, faults).rows(0, 1)}


def _compare(
    folder: Path, paths: Paths, names: tuple[dict[str, Level], ...], faults: list[ReleaseFault]
) -> None:
    """Add a fault for each level of `mdhier.asc` that its own file lacks or names differently."""
    distinct = {path for paths_of_pt in paths.values() for path in paths_of_pt}
    used = (
        {path.soc for path in distinct},
        {path.hlgt for path in distinct},
        {path.hlt for path in distinct},
    )
    for name, known, levels in zip(NAME_FILES, names, used, strict=True):
        if not known:
            continue
        for level in sorted(levels, key=lambda level: level.code):
            if known.get(level.code) != level:
                detail = f"it lacks {level.code} ({level.name}) of mdhier.asc: use files of the same release"
                faults.append(ReleaseFault(folder / name, None, detail))


def _read_links(
    folder: Path, known: tuple[Container[str], ...], faults: list[ReleaseFault]
) -> list[dict[str, list[str]]]:
    """Return the codes above each code, for each file of `LINK_FILES`."""
    links: list[dict[str, list[str]]] = []
    for position, name in enumerate(LINK_FILES):
        above: dict[str, list[str]] = {}
        links.append(above)
        file = AscFile(folder / name, faults)
        for row in file.rows(0, 1, key=2):
            unknown = [
                code for level, code in enumerate(row.fields[:2]) if code not in known[position + level]
            ]
            if unknown:
                file.add_fault(
                    row.line, f"{unknown[0]} is not in the file of its level: use the same release"
                )
            else:
                above.setdefault(row.fields[1], []).append(row.fields[0])
    return links


def _join(
    links: list[dict[str, list[str]]],
    soc: Mapping[str, Level],
    hlgt: Mapping[str, Level],
    hlt: Mapping[str, Level],
    primary: Mapping[str, str],
) -> dict[str, tuple[TermPath, ...]]:
    socs_of, hlgts_of, hlts_of = links
    paths = {}
    for ptid, hlts in hlts_of.items():
        paths_of_pt = [
            TermPath(hlt[hlt_code], hlgt[hlgt_code], soc[soc_code])
            for hlt_code in hlts
            for hlgt_code in hlgts_of.get(hlt_code, ())
            for soc_code in socs_of.get(hlgt_code, ())
        ]
        if paths_of_pt:
            paths[ptid] = tuple(sorted(paths_of_pt, key=lambda path: path.soc.code != primary.get(ptid)))
    return paths


def _read_primary_socs(folder: Path) -> dict[str, str]:
    # Its faults were found with the names of the PTs.
    rows = AscFile(folder / PT_FILE, []).rows(0)
    return {row.fields[0]: row.fields[_PRIMARY_SOC].strip() for row in rows if len(row.fields) > _PRIMARY_SOC}

"""The index file: a whole terminology in one compressed file, which a bundle carries.

The file is gzipped JSON with a list for each column, so that 80,000 names are read in a moment.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from models.errors import Problem, TerminologyError
from models.terminology.terms import Level, Llt, Terminology, TermPath

_FORMAT: Final = 1
_MAX_BYTES: Final = 512 * 1024**2  # decompressed; a whole release has about 6 MB
_GZIP: Final = 16 + zlib.MAX_WBITS


def write_index(terminology: Terminology) -> bytes:
    """Return the index file of a terminology; equal terminologies have the same bytes.

    `levels` holds each term above the PTs once. `paths` holds, for each path, the PT's code and the
    positions of HLT, HLGT and SOC in `levels`.
    """
    pt_names, llts = terminology.pt_names, terminology.llts
    positions: dict[Level, int] = {}
    paths = [(ptid, path) for ptid, paths_of_pt in terminology.paths.items() for path in paths_of_pt]
    columns = {
        "format": _FORMAT,
        "version": terminology.version,
        "pts": {"codes": [*pt_names], "names": [*pt_names.values()]},
        "llts": {
            "codes": [llt.code for llt in llts],
            "names": [llt.name for llt in llts],
            "ptids": [llt.ptid for llt in llts],
            "not_current": [position for position, llt in enumerate(llts) if not llt.current],
        },
        "paths": {
            "ptids": [ptid for ptid, _ in paths],
            "hlts": [positions.setdefault(path.hlt, len(positions)) for _, path in paths],
            "hlgts": [positions.setdefault(path.hlgt, len(positions)) for _, path in paths],
            "socs": [positions.setdefault(path.soc, len(positions)) for _, path in paths],
        },
        "levels": {
            "codes": [level.code for level in positions],
            "names": [level.name for level in positions],
        },
    }
    content = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot come from a release, but it must not break the writer either.
    return gzip.compress(content.encode("utf-8", "surrogatepass"), compresslevel=6, mtime=0)


def read_index(data: bytes) -> Terminology:
    """Read an index file.

    Raises:
        TerminologyError: the file is damaged, has another format, or its columns differ in length.
    """
    try:
        columns = json.loads(_decompress(data).decode("utf-8", "surrogatepass"))
        if columns["format"] != _FORMAT:
            raise TerminologyError(
                f"the terminology index has format {columns['format']!r}, this version reads {_FORMAT}",
                problem=Problem.TERMINOLOGY_INDEX_UNREADABLE,
            )
        return _parse(columns)
    except (zlib.error, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise TerminologyError(
            f"the terminology index is damaged ({type(error).__name__}: {error})",
            problem=Problem.TERMINOLOGY_INDEX_UNREADABLE,
        ) from None


def _decompress(data: bytes) -> bytes:
    decompressor = zlib.decompressobj(_GZIP)
    content = decompressor.decompress(data, _MAX_BYTES)
    if not decompressor.eof:
        raise ValueError("it is truncated or too large")
    return content


def _parse(columns: Any) -> Terminology:
    pts, llts, paths, levels = (columns[key] for key in ("pts", "llts", "paths", "levels"))
    levels_above = [Level(_text(code), _text(name)) for code, name in _rows(levels, "codes", "names")]
    pt_names = {_text(code): _text(name) for code, name in _rows(pts, "codes", "names")}
    not_current = frozenset(llts["not_current"])
    paths_of_pt: dict[str, list[TermPath]] = {}
    for ptid, hlt, hlgt, soc in _rows(paths, "ptids", "hlts", "hlgts", "socs"):
        path = TermPath(levels_above[hlt], levels_above[hlgt], levels_above[soc])
        paths_of_pt.setdefault(_known_ptid(ptid, pt_names), []).append(path)
    return Terminology(
        pt_names,
        tuple(
            Llt(_text(code), _text(name), _known_ptid(ptid, pt_names), position not in not_current)
            for position, (code, name, ptid) in enumerate(_rows(llts, "codes", "names", "ptids"))
        ),
        {ptid: tuple(paths) for ptid, paths in paths_of_pt.items()},
        _text(columns["version"]),
    )


def _rows(columns: Any, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(columns[name] for name in names), strict=True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _known_ptid(ptid: Any, pt_names: Mapping[str, str]) -> str:
    if ptid not in pt_names:
        raise ValueError(f"the PT {ptid!r} is missing")
    return str(ptid)

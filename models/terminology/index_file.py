"""A terminology as one compressed file: columns of JSON, so that 80,000 names are read in a moment."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.errors import TerminologyError
from models.terminology.terms import Level, Llt, TermPath

Parts = tuple[str, dict[str, str], tuple[Llt, ...], dict[str, tuple[TermPath, ...]]]

_FORMAT: Final = 1
_MOST_BYTES: Final = 512 * 1024**2  # unpacked; a whole release has about 6 MB
_GZIP: Final = 16 + zlib.MAX_WBITS


def pack(
    version: str, pt_names: Mapping[str, str], llts: Sequence[Llt], paths: Mapping[str, tuple[TermPath, ...]]
) -> bytes:
    """Write the parts of a terminology; the same parts give the same bytes.

    Terms above the PTs stand in `levels` once; `paths` has, for each way up, the PT's code and the places
    of HLT, HLGT and SOC in `levels`.
    """
    places: dict[Level, int] = {}
    ways = [(ptid, way) for ptid, own in paths.items() for way in own]
    columns = {
        "format": _FORMAT,
        "version": version,
        "pts": {"codes": [*pt_names], "names": [*pt_names.values()]},
        "llts": {
            "codes": [llt.code for llt in llts],
            "names": [llt.name for llt in llts],
            "ptids": [llt.ptid for llt in llts],
            "not_current": [place for place, llt in enumerate(llts) if not llt.current],
        },
        "paths": {
            "ptids": [ptid for ptid, _ in ways],
            "hlts": [places.setdefault(way.hlt, len(places)) for _, way in ways],
            "hlgts": [places.setdefault(way.hlgt, len(places)) for _, way in ways],
            "socs": [places.setdefault(way.soc, len(places)) for _, way in ways],
        },
        "levels": {"codes": [level.code for level in places], "names": [level.name for level in places]},
    }
    content = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot come from a release, but must not break the writer either.
    return gzip.compress(content.encode("utf-8", "surrogatepass"), compresslevel=6, mtime=0)


def unpack(data: bytes) -> Parts:
    """Read what `pack` wrote.

    Raises:
        TerminologyError: it is damaged, of another format, or one of its columns is shorter than the next.
    """
    try:
        columns = json.loads(_unzipped(data).decode("utf-8", "surrogatepass"))
        if columns["format"] != _FORMAT:
            raise TerminologyError(
                f"the terminology index has format {columns['format']!r}, this version reads {_FORMAT}: "
                "run `ade-train bundle set-terminology` again"
            )
        return _parts(columns)
    except (zlib.error, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise TerminologyError(
            f"the terminology index is damaged ({type(error).__name__}: {error}): copy the bundle again, or "
            "run `ade-train bundle set-terminology` again"
        ) from None


def _unzipped(data: bytes) -> bytes:
    reader = zlib.decompressobj(_GZIP)
    content = reader.decompress(data, _MOST_BYTES)
    if not reader.eof:
        raise ValueError("it is cut off, or too large")
    return content


def _parts(columns: Any) -> Parts:
    pts, llts, paths, levels = (columns[key] for key in ("pts", "llts", "paths", "levels"))
    above = [Level(_text(code), _text(name)) for code, name in _rows(levels, "codes", "names")]
    pt_names = {_text(code): _text(name) for code, name in _rows(pts, "codes", "names")}
    old = frozenset(llts["not_current"])
    own_llts = tuple(
        Llt(_text(code), _text(name), _known(ptid, pt_names), place not in old)
        for place, (code, name, ptid) in enumerate(_rows(llts, "codes", "names", "ptids"))
    )
    ways: dict[str, list[TermPath]] = {}
    for ptid, hlt, hlgt, soc in _rows(paths, "ptids", "hlts", "hlgts", "socs"):
        ways.setdefault(_known(ptid, pt_names), []).append(TermPath(above[hlt], above[hlgt], above[soc]))
    return _text(columns["version"]), pt_names, own_llts, {ptid: tuple(own) for ptid, own in ways.items()}


def _rows(columns: Any, *names: str) -> Any:
    return zip(*(columns[name] for name in names), strict=True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a text should be")
    return value


def _known(ptid: Any, pt_names: Mapping[str, str]) -> str:
    if ptid not in pt_names:
        raise ValueError(f"the PT {ptid!r} is not in it")
    return str(ptid)

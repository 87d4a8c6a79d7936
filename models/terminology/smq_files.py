"""The files of SMQs in a MedDRA release, as the MedDRA Distribution File Format Document describes them.

smq_list.asc      smq_code, smq_name, smq_level, smq_description, smq_source, smq_note, MedDRA_version,
                  status (A or I), smq_algorithm (N if there is none)
smq_content.asc   smq_code, term_code, term_level (4 is a PT, 5 an LLT, 0 an SMQ within this one),
                  term_scope (1 is broad, 2 is narrow), term_category, term_weight, term_status (A or I),
                  term_addition_version, term_last_modified_version

SMQs are made of PTs, and their LLTs belong to them as well. So rows of LLTs are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from models.terminology.asc_file import AscFile, AscRow, ReleaseFault
from models.terminology.smqs import Scope, Smq, Smqs, SmqTerm
from models.terminology.terms import LONGEST_TERM, Terminology

LIST_FILE: Final = "smq_list.asc"
CONTENT_FILE: Final = "smq_content.asc"

_SMQ_LEVEL, _STATUS, _ALGORITHM = 2, 7, 8
_NO_ALGORITHM: Final = ("", "N")
_LEVELS: Final = ("1", "2", "3", "4", "5")

_TERM, _TERM_LEVEL, _SCOPE, _CATEGORY, _WEIGHT, _TERM_STATUS = range(1, 7)
_CHILD, _PT, _LLT = "0", "4", "5"
_SCOPES: Final[Mapping[str, Scope]] = {"1": Scope.BROAD, "2": Scope.NARROW}
_INACTIVE: Final = "I"
_HEAVIEST: Final = 1_000


def read_smqs(folder: Path, terminology: Terminology, faults: list[ReleaseFault]) -> Smqs:
    """Read the active SMQs and their active terms; none if one of the two files is missing.

    Faults, besides those of `AscFile`: a code that the release does not have, an unknown level or scope, a
    weight that is not a number, and an SMQ that contains itself.

    Args:
        folder: of the release.
        terminology: the terms of the same release.
        faults: list that faults are added to.
    """
    if not ((folder / LIST_FILE).is_file() and (folder / CONTENT_FILE).is_file()):
        return Smqs()
    smqs = _read_list(AscFile(folder / LIST_FILE, faults))
    content = AscFile(folder / CONTENT_FILE, faults)
    _add_content(content, smqs, terminology)
    _remove_cycles(content, smqs)
    return Smqs(smqs)


def _read_list(file: AscFile) -> dict[str, Smq]:
    smqs = {}
    for row in file.rows(0, 1, _SMQ_LEVEL):
        code, name, level = row.fields[:3]
        if level not in _LEVELS:
            file.add_fault(row.line, f"the level of SMQ {code} is {level!r}, not 1 to 5: copy the file again")
            continue
        if _field(row, _STATUS) == _INACTIVE:
            continue
        algorithm = _field(row, _ALGORITHM)[:LONGEST_TERM]
        smqs[code] = Smq(code, name, int(level), None if algorithm in _NO_ALGORITHM else algorithm)
    return smqs


def _add_content(file: AscFile, smqs: dict[str, Smq], terminology: Terminology) -> None:
    # A PT is also an LLT with the same code, so the level is part of the key.
    terms: dict[str, list[SmqTerm]] = {}
    children: dict[str, list[str]] = {}
    for row in file.rows(0, _TERM, _TERM_LEVEL, _SCOPE, key=_TERM_LEVEL + 1):
        code, term, level = row.fields[:3]
        if _field(row, _TERM_STATUS) == _INACTIVE or level == _LLT or code not in smqs:
            continue
        if level == _CHILD:
            if term in smqs:
                children.setdefault(code, []).append(term)
        elif level == _PT:
            if (read := _read_term(file, row, terminology)) is not None:
                terms.setdefault(code, []).append(read)
        else:
            file.add_fault(row.line, f"the level of term {term} is {level!r}, not 0, 4 or 5")
    for code, smq in smqs.items():
        smqs[code] = replace(smq, terms=tuple(terms.get(code, ())), children=tuple(children.get(code, ())))


def _read_term(file: AscFile, row: AscRow, terminology: Terminology) -> SmqTerm | None:
    # A PT that has become an LLT stands for its new PT.
    ptid = terminology.pt_of(row.fields[_TERM])
    if ptid is None:
        detail = f"the PT {row.fields[_TERM]} is not in pt.asc: use files of the same release"
        file.add_fault(row.line, detail)
        return None
    scope = _SCOPES.get(row.fields[_SCOPE])
    if scope is None:
        detail = f"the scope is {row.fields[_SCOPE]!r}, not 1 (broad) or 2 (narrow)"
        file.add_fault(row.line, detail)
        return None
    weight = _field(row, _WEIGHT)
    if weight and not (weight.isascii() and weight.isdigit() and len(weight) <= 4):
        file.add_fault(row.line, f"the weight {weight[:20]!r} is not a number: copy the file again")
        return None
    category = _field(row, _CATEGORY)[:LONGEST_TERM]
    return SmqTerm(ptid, scope, category, min(int(weight), _HEAVIEST) if weight else None)


def _remove_cycles(file: AscFile, smqs: dict[str, Smq]) -> None:
    """Add a fault for each SMQ that contains itself, and take its children away."""
    done: set[str] = set()
    for start in smqs:
        path: list[tuple[str, list[str]]] = [(start, list(smqs[start].children))]
        on_path = {start}
        while path and start not in done:
            code, waiting = path[-1]
            if not waiting:
                path.pop()
                on_path.discard(code)
                done.add(code)
                continue
            child = waiting.pop()
            if child in on_path:
                detail = (
                    f"the SMQ {child} ({smqs[child].name}) contains itself: use files of the same release"
                )
                file.add_fault(None, detail)
                smqs[code] = replace(smqs[code], children=())
                waiting.clear()
            elif child not in done:
                path.append((child, list(smqs[child].children)))
                on_path.add(child)


def _field(row: AscRow, position: int) -> str:
    """Return a field that may be missing or empty."""
    return row.fields[position].strip() if position < len(row.fields) else ""

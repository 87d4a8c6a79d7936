"""The rows of brat's standoff files (`.ann`): entities with their codes, and relations between them.

- `T1<tab>ADR 9 18<tab>so sleepy` is an entity, `T2<tab>ADR 0 4;9 15<tab>...` one of two pieces.
- `R1<tab>Outcome-negative Arg1:T2 Arg2:T1` is a relation.
- In `E1<tab>Type:T3 ...`, an event, T3 is the trigger.
- Codes are in a normalization (`N1<tab>Reference T1 MedDRA:10041349<tab>...`) or in a note
  (`#1<tab>AnnotatorNotes T1<tab>10041349`). In CADEC's `meddra/` they replace the entity's type:
  `CONCEPT_LESS` if there is none, several joined by `/`, `+`, `,` or `or`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from training.corpora.mentions import Parts, read_characters
from training.corpora.reading_log import ReadingLog

_OFFSETS = re.compile(r"(.*?\S)[\s;]+(\d{1,7}\s+\d{1,7}(?:[\s;]+\d{1,7}\s+\d{1,7})*)")
# Codes of MedDRA have eight digits and begin with 1.
_CODE = re.compile(r"(?<!\d)1\d{7}(?!\d)")
_NORMALIZED = re.compile(r"Reference\s+(T\d+)\s+[^:]*meddra[^:]*:\s*(1\d{7})(?!\d)", re.IGNORECASE)
_NOTED = re.compile(r"AnnotatorNotes\s+(T\d+)")
_ARGUMENT = re.compile(r"\s\S+?:(T\d+)")


@dataclass(frozen=True, slots=True)
class StandoffEntity:
    """A T row.

    Attributes:
        name: such as `T1`; CADEC's `TT1` is called `T1` too.
        kind: its type, or what CADEC's `meddra/` writes in that place.
        parts: its pieces as (start, end), in characters of the document.
        words: the words there, according to the file.
        line: of the file, counted from 1.
        codes: MedDRA codes, in the order of the file.
    """

    name: str
    kind: str
    parts: Parts
    words: str
    line: int
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StandoffRelation:
    """An R row: its type, and the names of the entities that it joins."""

    kind: str
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StandoffFile:
    """The entities and relations of a file, without the triggers of events."""

    entities: tuple[StandoffEntity, ...] = ()
    relations: tuple[StandoffRelation, ...] = ()


def read_standoff(path: Path, log: ReadingLog) -> StandoffFile:
    """Read a standoff file; attributes are left out.

    Raises:
        CorpusError: the file cannot be read, or a row is at fault and the log is strict.
    """
    entities: list[StandoffEntity] = []
    relations: list[StandoffRelation] = []
    triggers: set[str] = set()
    codes: dict[str, list[str]] = {}
    for number, line in enumerate(re.split(r"\r\n|\r|\n", read_characters(path)), 1):
        fields = line.removeprefix("\ufeff").split("\t")
        if fields[0].startswith("T"):
            entity = _parse_entity(fields, number)
            if entity is None:
                detail = f"not 'T1<tab>type start end<tab>text': {line[:60]!r}"
                log.drop("malformed row", path, number, detail)
            else:
                entities.append(entity)
        elif fields[0].startswith("R") and len(fields) > 1:
            if arguments := _ARGUMENT.findall(fields[1]):
                relations.append(StandoffRelation(fields[1].split()[0], tuple(arguments)))
        elif fields[0].startswith("E") and len(fields) > 1:
            triggers.update(re.findall(r"^\S+?:(T\d+)", fields[1]))
        elif fields[0].startswith("N") and len(fields) > 1:
            for name, code in _NORMALIZED.findall(fields[1]):
                codes.setdefault(name, []).append(code)
        elif fields[0].startswith("#") and len(fields) > 2 and (noted := _NOTED.match(fields[1])):
            codes.setdefault(noted.group(1), []).extend(_CODE.findall(fields[2]))
    coded = (
        replace(entity, codes=tuple(dict.fromkeys((*entity.codes, *codes.get(entity.name, ())))))
        for entity in entities
        if entity.name not in triggers
    )
    return StandoffFile(tuple(coded), tuple(relations))


def _parse_entity(fields: list[str], number: int) -> StandoffEntity | None:
    match = _OFFSETS.fullmatch(fields[1].strip()) if len(fields) > 2 else None
    if match is None:
        return None
    kind, offsets = match.group(1).strip(" ;"), [int(digits) for digits in re.findall(r"\d+", match.group(2))]
    parts = tuple(zip(offsets[::2], offsets[1::2], strict=True))
    if not all(start < end for start, end in parts):
        return None
    name = "T" + fields[0].lstrip("T").strip()
    return StandoffEntity(name, kind, parts, "\t".join(fields[2:]), number, tuple(_CODE.findall(kind)))

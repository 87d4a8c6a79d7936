"""Reader of brat's standoff format, and of CADEC (Karimi et al. 2015), which has three folders of it.

brat: each document is a `.txt` with its `.ann` next to it; folders called train, dev, valid or test are
splits. CADEC: `text/NAME.txt` is the post, `original/NAME.ann` has its entities, `meddra/NAME.ann` the codes.

Rows of a `.ann` file:

- `T1<tab>ADR 9 18<tab>so sleepy` is an entity, `T2<tab>ADR 0 4;9 15<tab>...` one of two pieces.
- In `E1<tab>Type:T3 ...`, an event, T3 is the trigger.
- Codes are in a normalization (`N1<tab>Reference T1 MedDRA:10041349<tab>...`) or in a note
  (`#1<tab>AnnotatorNotes T1<tab>10041349`). In CADEC's `meddra/` they replace the entity's type:
  `CONCEPT_LESS` if there is none, several joined by `/`, `+`, `,` or `or`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.corpora.mentions import AnnotatedMention, Parts, read_characters
from training.corpora.passages import cut_document
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import Example

_OFFSETS = re.compile(r"(.*?\S)[\s;]+(\d{1,7}\s+\d{1,7}(?:[\s;]+\d{1,7}\s+\d{1,7})*)")
# Codes of MedDRA have eight digits and begin with 1.
_CODE = re.compile(r"(?<!\d)1\d{7}(?!\d)")
_NORMALIZED = re.compile(r"Reference\s+(T\d+)\s+[^:]*meddra[^:]*:\s*(1\d{7})(?!\d)", re.IGNORECASE)
_NOTED = re.compile(r"AnnotatorNotes\s+(T\d+)")
# Types of entity that are adverse effects, without case, blanks and hyphens.
_EFFECTS = frozenset(
    {"adr", "ade", "ae", "sideeffect"}
    | {f"adverse{drug}{noun}" for drug in ("", "drug") for noun in ("effect", "event", "reaction")}
)


@dataclass(frozen=True, slots=True)
class _Entity:
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


def read_brat(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a brat folder or CADEC; posts longer than a tweet are cut at lines and sentences.

    A discontinuous effect becomes the smallest range that covers it. Of several codes the first is taken. The
    level of a code, LLT or PT, is left to the terminology.

    Raises:
        CorpusError: the folder holds no such corpus, or none of its entities is an adverse effect; or a row
            is at fault and the log is strict.
    """
    if not source.is_dir():
        raise CorpusError(f"{source} is not a folder: name the one that holds the .txt and .ann files")
    kinds: Counter[str] = Counter()
    folders = _cadec_folders(source)
    if folders is not None:
        splits = {"all": _read_cadec(*folders, log, kinds)}
    else:
        splits = {
            split: [example for text in texts for example in _read_document(source, text, log, kinds)]
            for split, texts in _texts_by_split(source).items()
        }
    if not any(splits.values()):
        raise CorpusError(f"{source} holds no .txt with its .ann: check the folder, or the --format")
    if not any(map(_is_effect, kinds)):
        types = ", ".join(kind for kind, _ in kinds.most_common(10)) or "none"
        raise CorpusError(
            f"{source} has no entity of a type such as ADR, ADE or Adverse_Effect; its types: {types}"
        )
    for kind, count in kinds.items():
        if not _is_effect(kind):
            log.count(f"entities of type {kind}, left out", count)
    return splits


def _texts_by_split(source: Path) -> dict[str, list[Path]]:
    """Find the texts by split; if no folder has the name of a split, all belong to "all"."""
    splits: dict[str, list[Path]] = {}
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        split = split_from_name(folder.name)
        if split is not None:
            splits.setdefault(split, []).extend(sorted(folder.rglob("*.txt")))
    return splits or {"all": sorted(source.rglob("*.txt"))}


def _read_document(source: Path, path: Path, log: ReadingLog, kinds: Counter[str]) -> list[Example]:
    annotations = path.with_suffix(".ann")
    if not annotations.is_file():
        log.drop("text without annotations", path, None, f"there is no {annotations.name} next to it")
        return []
    name = path.relative_to(source).with_suffix("").as_posix()
    return _examples(name, path, annotations, _read_entities(annotations, log), log, kinds)


def _cadec_folders(source: Path) -> tuple[Path, Path | None, Path | None] | None:
    """Find text, original and meddra in the folder, or in a folder in it."""
    for folder in (source, *sorted(path for path in source.iterdir() if path.is_dir())):
        names = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
        if "text" in names and ("original" in names or "meddra" in names):
            return names["text"], names.get("original"), names.get("meddra")
    return None


def _read_cadec(
    texts: Path, original: Path | None, meddra: Path | None, log: ReadingLog, kinds: Counter[str]
) -> list[Example]:
    examples = []
    for path in sorted(texts.glob("*.txt")):
        coded = meddra / f"{path.stem}.ann" if meddra else None
        codes = _read_entities(coded, log) if coded and coded.is_file() else []
        annotations = original / f"{path.stem}.ann" if original else coded
        if annotations is None or not annotations.is_file():
            log.drop("text without annotations", path, None, f"there is no {path.stem}.ann")
            continue
        if original:
            entities = _with_codes(_read_entities(annotations, log), codes)
        else:
            # Everything that meddra/ codes is an adverse effect.
            entities = [replace(entity, kind="ADR") for entity in codes]
        examples.extend(_examples(path.stem, path, annotations, entities, log, kinds))
    return examples


def _with_codes(entities: Sequence[_Entity], coded: Sequence[_Entity]) -> list[_Entity]:
    """Add the codes of the same place, or else of the same name and words."""
    by_place = {frozenset(entity.parts): entity.codes for entity in coded}
    by_name = {(entity.name, entity.words): entity.codes for entity in coded}
    result = []
    for entity in entities:
        codes = by_place.get(frozenset(entity.parts)) or by_name.get((entity.name, entity.words))
        result.append(replace(entity, codes=codes or entity.codes))
    return result


def _examples(
    name: str,
    path: Path,
    annotations: Path,
    entities: Sequence[_Entity],
    log: ReadingLog,
    kinds: Counter[str],
) -> list[Example]:
    log.count("documents")
    kinds.update(entity.kind for entity in entities)
    mentions = []
    for entity in entities:
        if not _is_effect(entity.kind):
            continue
        if len(entity.codes) > 1:
            codes = ", ".join(entity.codes)
            log.note("several codes for one span, the first kept", annotations, entity.line, codes)
        code = entity.codes[0] if entity.codes else None
        mentions.append(AnnotatedMention(entity.parts, entity.words, entity.line, code))
    return cut_document(name, read_characters(path), mentions, annotations, log)


def _is_effect(kind: str) -> bool:
    return "".join(filter(str.isalnum, kind)).lower() in _EFFECTS


def _read_entities(path: Path, log: ReadingLog) -> list[_Entity]:
    """Read the entities of a standoff file; triggers of events, relations and attributes are left out.

    Raises:
        CorpusError: the file cannot be read, or a row is at fault and the log is strict.
    """
    entities: list[_Entity] = []
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
        elif fields[0].startswith("E") and len(fields) > 1:
            triggers.update(re.findall(r"^\S+?:(T\d+)", fields[1]))
        elif fields[0].startswith("N") and len(fields) > 1:
            for name, code in _NORMALIZED.findall(fields[1]):
                codes.setdefault(name, []).append(code)
        elif fields[0].startswith("#") and len(fields) > 2 and (noted := _NOTED.match(fields[1])):
            codes.setdefault(noted.group(1), []).extend(_CODE.findall(fields[2]))
    return [
        replace(entity, codes=tuple(dict.fromkeys((*entity.codes, *codes.get(entity.name, ())))))
        for entity in entities
        if entity.name not in triggers
    ]


def _parse_entity(fields: list[str], number: int) -> _Entity | None:
    match = _OFFSETS.fullmatch(fields[1].strip()) if len(fields) > 2 else None
    if match is None:
        return None
    kind, offsets = match.group(1).strip(" ;"), [int(digits) for digits in re.findall(r"\d+", match.group(2))]
    parts = tuple(zip(offsets[::2], offsets[1::2], strict=True))
    if not all(start < end for start, end in parts):
        return None
    name = "T" + fields[0].lstrip("T").strip()
    return _Entity(name, kind, parts, "\t".join(fields[2:]), number, tuple(_CODE.findall(kind)))

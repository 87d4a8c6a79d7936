"""Reader of brat's standoff format, of TwiMed, and of CADEC (Karimi et al. 2015), three folders of it.

brat: each document is a `.txt` with its `.ann` next to it; folders called train, dev, valid or test are
splits. CADEC: `text/NAME.txt` is the post, `original/NAME.ann` has its entities, `meddra/NAME.ann` the codes.

An entity is an adverse effect by its type, such as ADR, or by a relation: in TwiMed (Alvaro et al. 2017) a
Symptom or a Disease is one if `Outcome-negative` joins it to a drug, and none if `Reason-to-use` or
`Outcome-positive` does. `standoff` describes the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions, OffsetUnit
from training.corpora.effect_labels import is_adverse_relation, is_drug, is_effect
from training.corpora.mentions import AnnotatedMention, read_characters
from training.corpora.offsets import OffsetTable, detect_unit, note_unit
from training.corpora.passages import cut_document
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.corpora.standoff import StandoffEntity, StandoffFile, read_standoff
from training.errors import CorpusError
from training.examples import Example


@dataclass(frozen=True, slots=True)
class _Document:
    """A text with its annotations.

    Attributes:
        name: of the document.
        text: its characters, with its line ends.
        annotations: the file that the entities come from.
        file: the entities and relations.
    """

    name: str
    text: str
    annotations: Path
    file: StandoffFile


def read_brat(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a brat folder or CADEC; posts longer than a tweet are cut at lines and sentences.

    A discontinuous effect becomes the smallest range that covers it. Of several codes the first is taken. The
    level of a code, LLT or PT, is left to the terminology.

    Raises:
        CorpusError: the folder holds no such corpus, or none of its entities is an adverse effect; or a row
            is at fault and the log is strict.
    """
    if not source.is_dir():
        raise CorpusError(f"{source} is not a folder: name the one that holds the .txt and .ann files")
    folders = _cadec_folders(source)
    if folders is not None:
        documents = {"all": list(_read_cadec(*folders, log))}
    else:
        documents = {
            split: [document for text in texts for document in _read_document(source, text, log)]
            for split, texts in _texts_by_split(source).items()
        }
    if not any(documents.values()):
        raise CorpusError(f"{source} holds no .txt with its .ann: check the folder, or the --format")
    _count_kinds(source, [document for some in documents.values() for document in some], log, options)
    unit = options.offsets or detect_unit(map(_places, (d for some in documents.values() for d in some)))
    if options.offsets is None:
        note_unit(unit, source, log)
    return {
        split: [example for document in some for example in _examples(document, unit, log, options)]
        for split, some in documents.items()
    }


def _texts_by_split(source: Path) -> dict[str, list[Path]]:
    """Find the texts by split; if no folder has the name of a split, all belong to "all"."""
    splits: dict[str, list[Path]] = {}
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        split = split_from_name(folder.name)
        if split is not None:
            splits.setdefault(split, []).extend(sorted(folder.rglob("*.txt")))
    return splits or {"all": sorted(source.rglob("*.txt"))}


def _read_document(source: Path, path: Path, log: ReadingLog) -> Iterator[_Document]:
    annotations = path.with_suffix(".ann")
    if not annotations.is_file():
        log.drop("text without annotations", path, None, f"there is no {annotations.name} next to it")
        return
    name = path.relative_to(source).with_suffix("").as_posix()
    yield _Document(name, read_characters(path), annotations, read_standoff(annotations, log))


def _cadec_folders(source: Path) -> tuple[Path, Path | None, Path | None] | None:
    """Find text, original and meddra in the folder, or in a folder in it."""
    for folder in (source, *sorted(path for path in source.iterdir() if path.is_dir())):
        names = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
        if "text" in names and ("original" in names or "meddra" in names):
            return names["text"], names.get("original"), names.get("meddra")
    return None


def _read_cadec(
    texts: Path, original: Path | None, meddra: Path | None, log: ReadingLog
) -> Iterator[_Document]:
    for path in sorted(texts.glob("*.txt")):
        coded = meddra / f"{path.stem}.ann" if meddra else None
        codes = read_standoff(coded, log).entities if coded and coded.is_file() else ()
        annotations = original / f"{path.stem}.ann" if original else coded
        if annotations is None or not annotations.is_file():
            log.drop("text without annotations", path, None, f"there is no {path.stem}.ann")
            continue
        if original:
            file = read_standoff(annotations, log)
            file = replace(file, entities=tuple(_with_codes(file.entities, codes)))
        else:
            # Everything that meddra/ codes is an adverse effect.
            file = StandoffFile(tuple(replace(entity, kind="ADR") for entity in codes))
        yield _Document(path.stem, read_characters(path), annotations, file)


def _with_codes(
    entities: Sequence[StandoffEntity], coded: Sequence[StandoffEntity]
) -> Iterator[StandoffEntity]:
    """Add the codes of the same place, or else of the same name and words."""
    by_place = {frozenset(entity.parts): entity.codes for entity in coded}
    by_name = {(entity.name, entity.words): entity.codes for entity in coded}
    for entity in entities:
        codes = by_place.get(frozenset(entity.parts)) or by_name.get((entity.name, entity.words))
        yield replace(entity, codes=codes or entity.codes)


def _places(document: _Document) -> tuple[str, list[tuple[int, int, str | None]]]:
    """Return a document with its entities of one piece, to detect what offsets count."""
    whole = (entity for entity in document.file.entities if len(entity.parts) == 1)
    return document.text, [(*entity.parts[0], entity.words) for entity in whole]


def _effects_of(file: StandoffFile, options: CorpusOptions) -> Iterator[StandoffEntity]:
    """Yield the entities that are adverse effects, by their types or by a relation to a drug."""
    by_relation = {
        name
        for relation in file.relations
        if is_adverse_relation(relation.kind, options.effect_relations)
        for name in relation.entities
    }
    for entity in file.entities:
        if is_effect(entity.kind, options.effect_labels) or (
            entity.name in by_relation and not is_drug(entity.kind)
        ):
            yield entity


def _count_kinds(
    source: Path, documents: Iterable[_Document], log: ReadingLog, options: CorpusOptions
) -> None:
    """Count the entities that are left out, by type.

    Raises:
        CorpusError: no entity is an adverse effect.
    """
    kinds: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    effects = 0
    for document in documents:
        log.count("documents")
        of_document = set(_effects_of(document.file, options))
        effects += len(of_document)
        kinds.update(entity.kind for entity in document.file.entities)
        relations.update(relation.kind for relation in document.file.relations)
        left_out.update(entity.kind for entity in document.file.entities if entity not in of_document)
    if not effects:
        types = ", ".join(kind for kind, _ in kinds.most_common(10)) or "none"
        between = ", ".join(kind for kind, _ in relations.most_common(10)) or "none"
        raise CorpusError(
            f"{source} has no entity of a type such as ADR, ADE or Adverse_Effect, nor a relation such as "
            f"Outcome-negative; its types: {types}; its relations: {between}. Name those of adverse effects "
            "with --effect-label or --effect-relation"
        )
    for kind, count in left_out.items():
        log.count(f"entities of type {kind}, left out", count)


def _examples(
    document: _Document, unit: OffsetUnit, log: ReadingLog, options: CorpusOptions
) -> list[Example]:
    mentions = []
    table = OffsetTable(document.text, unit)
    for entity in _effects_of(document.file, options):
        if len(entity.codes) > 1:
            codes = ", ".join(entity.codes)
            log.note("several codes for one span, the first kept", document.annotations, entity.line, codes)
        code = entity.codes[0] if entity.codes else None
        parts = tuple(
            (table.index_or_outside(start), table.index_or_outside(end)) for start, end in entity.parts
        )
        mentions.append(AnnotatedMention(parts, entity.words, entity.line, code))
    return cut_document(
        document.name,
        document.text,
        mentions,
        document.annotations,
        log,
        whole=options.whole_documents,
    )

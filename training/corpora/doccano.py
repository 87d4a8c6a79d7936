"""Reader of doccano's exports in JSON Lines: texts with spans, with spans and relations, or with a class.

Spans: `{"id", "text", "label": [[start, end, "ADR"], …]}`; older releases call the field `labels`. With
relations: `{"id", "text", "entities": [{"id", "label", "start_offset", "end_offset"}], "relations":
[{"from_id", "to_id", "type"}]}`. Classes: `{"id", "text", "label": ["ADE"]}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.effect_labels import is_adverse_relation, is_drug, parse_class
from training.corpora.reading_log import ReadingLog
from training.corpora.span_records import RawSpan, RawText, first_string, parse_spans, read_json_files
from training.errors import CorpusError
from training.examples import Example

_AS_EFFECT = "ADE"


def read_doccano(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a file, or a folder whose files are named after their splits.

    A span counts if its label is that of an adverse effect, or if an adverse relation leads to it, such as
    "causes". Texts without any label are negative: doccano exports them like unfinished ones, so export only
    what was approved.

    Raises:
        CorpusError: there is no such file, no span is an adverse effect, or the log is strict and a record is
            at fault.
    """
    paths = [source] if source.is_file() else sorted(source.rglob("*.jsonl"))
    if not paths:
        raise CorpusError(f"{source} has no .jsonl file: export JSONL from doccano, and name the file")

    def parse(record: Any, number: str, path: Path, line: int, _log: ReadingLog) -> RawText:
        return _parse(record, number, line, options)

    return read_json_files(paths, parse, options, log)


def _parse(record: Any, number: str, line: int, options: CorpusOptions) -> RawText:
    if not isinstance(record, dict):
        raise ValueError("the record is not an object")
    text = record.get("text", record.get("data"))
    if not isinstance(text, str):
        raise ValueError("there is no text")
    labels = record.get("label", record.get("labels"))
    label: int | None = None
    entities = record.get("entities")
    if isinstance(labels, str) or (
        isinstance(labels, list) and labels and all(isinstance(entry, str) for entry in labels)
    ):
        names = [labels] if isinstance(labels, str) else labels
        classes = {value for name in names if (value := parse_class(name)) is not None}
        if len(classes) != 1:
            raise ValueError(f"the labels are {', '.join(names)}: one of them must be ADE or NoADE")
        (label,) = classes
    elif entities is None:
        entities = labels
    spans = parse_spans(entities)
    relations = record.get("relations")
    if isinstance(relations, list) and isinstance(entities, list):
        spans = _with_relations(spans, entities, relations, options)
    return RawText(
        id=first_string(record, ("id",)) or number,
        text=text,
        spans=spans,
        label=label,
        document=first_string(record, ("document",)),
        context=first_string(record, ("context", "title")),
        line=line,
    )


def _with_relations(
    spans: tuple[RawSpan, ...], entities: list[Any], relations: list[Any], options: CorpusOptions
) -> tuple[RawSpan, ...]:
    """Return the spans; those that an adverse relation leads to have the label of an effect."""
    adverse: set[Any] = set()
    for relation in relations:
        if isinstance(relation, Mapping) and is_adverse_relation(
            str(relation.get("type")), options.effect_relations
        ):
            adverse.update((relation.get("from_id"), relation.get("to_id")))
    effect = options.effect_labels[0] if options.effect_labels else _AS_EFFECT
    return tuple(
        RawSpan(span.start, span.end, effect, span.words, span.ptid, span.pt_name, span.llt)
        if isinstance(entity, Mapping) and entity.get("id") in adverse and not is_drug(span.label or "")
        else span
        for span, entity in zip(spans, entities, strict=True)
    )

"""Reader of local data sets of Hugging Face: texts with a class, texts with spans, or tokens with tags.

A folder that `Dataset.save_to_disk` wrote (.arrow), a clone from the hub (.parquet), or .jsonl, .json, .csv
and .tsv files. The `datasets` package is not needed: pyarrow reads the files, and the names of classes and
tags come from their metadata or from `dataset_info.json`. Nothing is downloaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from training.corpora.conll import join_tokens, tagged_spans
from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.dataset_rows import features_of, read_dataset_rows
from training.corpora.effect_labels import is_effect, parse_class, require_effects
from training.corpora.reading_log import ReadingLog
from training.corpora.span_records import RawSpan, RawText, examples_of, first_string, parse_spans
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import Example

_SUFFIXES: Final = (".parquet", ".arrow", ".jsonl", ".json", ".csv", ".tsv")
_METADATA: Final = frozenset(("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"))
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("text", "tweet", "sentence", "content", "post", "body", "comment"),
    "label": ("label", "labels", "class", "is_ade"),
    "tokens": ("tokens", "words"),
    "tags": ("ner_tags", "tags", "bio_tags", "ner", "labels", "label"),
    "spans": ("spans", "entities"),
    "id": ("id", "tweet_id", "idx"),
    "document": ("document", "document_id", "doc_id", "pmid"),
    "context": ("context", "title"),
}


@dataclass(frozen=True)
class _Columns:
    """The columns of a file, and the names of classes and tags behind their numbers.

    Attributes:
        names: column by field, for the fields that the file has.
        classes: names of the values by column; empty where the values are names already.
    """

    names: Mapping[str, str]
    classes: Mapping[str, Sequence[str]]

    def value(self, row: Mapping[str, Any], field: str) -> Any:
        """Return the value of a field; numbers of classes and tags become their names."""
        column = self.names.get(field)
        value = row.get(column) if column is not None else None
        names = self.classes.get(column or "")
        if not names:
            return value
        if isinstance(value, list):
            return [_named(entry, names) for entry in value]
        return _named(value, names)


def read_huggingface(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a file, or a folder; splits are recognized by the names of files and folders.

    Tokens are joined as those of CoNLL files are. A class that is neither ADE nor NoADE by name counts as one
    if `options.effect_labels` names it.

    Raises:
        CorpusError: there is no such file, a column is missing, no class or span is an adverse effect, or the
            log is strict and a row is at fault.
        RunError: pyarrow is not installed, and the files need it.
    """
    splits: dict[str, list[Example]] = {}
    labels: Counter[str] = Counter()
    for path in _find_files(source):
        texts = []
        columns: _Columns | None = None
        features = features_of(path)
        for number, row in read_dataset_rows(path, log):
            if columns is None:
                columns = _choose_columns(row, features, path, options)
            try:
                texts.append(_parse(row, columns, f"{path.stem}:{number}", number, options))
            except (ValueError, TypeError, KeyError) as error:
                log.drop("malformed row", path, number, str(error))
        labels.update(span.label for text in texts for span in text.spans if span.label is not None)
        from_tokens = columns is not None and "tokens" in columns.names
        file_options = replace(options, offsets="codepoints") if from_tokens else options
        examples = examples_of(texts, path, file_options, log)
        splits.setdefault(_split_of(path, source), []).extend(examples)
    require_effects(source, [name for name, _ in labels.most_common()], options.effect_labels)
    for name, count in labels.items():
        if not is_effect(name, options.effect_labels):
            log.count(f"spans labelled {name}, left out", count)
    return splits


def _parse(
    row: Mapping[str, Any], columns: _Columns, name: str, number: int, options: CorpusOptions
) -> RawText:
    label: int | None = None
    spans: tuple[RawSpan, ...]
    if "tokens" in columns.names:
        tokens, tags = (list(columns.value(row, field) or ()) for field in ("tokens", "tags"))
        if len(tokens) != len(tags):
            raise ValueError(f"{len(tokens)} tokens have {len(tags)} tags")
        text, places = join_tokens([str(token) for token in tokens])
        spans = tuple(
            RawSpan(places[first][0], places[last - 1][1], kind)
            for first, last, kind in tagged_spans([str(tag) for tag in tags])
        )
    else:
        text = columns.value(row, "text")
        if not isinstance(text, str):
            raise ValueError(f"the text is {text!r}, not a string")
        spans = parse_spans(_as_rows(columns.value(row, "spans")))
        if "label" in columns.names:
            label = _class_of(columns.value(row, "label"), options)
    return RawText(
        id=first_string({"id": columns.value(row, "id")}, ("id",)) or name,
        text=text,
        spans=spans,
        label=label,
        document=first_string({"document": columns.value(row, "document")}, ("document",)),
        context=first_string({"context": columns.value(row, "context")}, ("context",)),
        line=number,
    )


def _class_of(value: Any, options: CorpusOptions) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    label = None
    if options.effect_labels and isinstance(value, str):
        label = int(is_effect(value, options.effect_labels))
    if label is None:
        label = parse_class(value)
    if label is None:
        raise ValueError(
            f"the class is {value!r}, neither ADE nor NoADE: name the classes of adverse effects with "
            "--effect-label"
        )
    return label


def _choose_columns(
    row: Mapping[str, Any], features: Mapping[str, Any], path: Path, options: CorpusOptions
) -> _Columns:
    names: dict[str, str] = {}
    for field, column in options.fields.items():
        if column not in row:
            raise CorpusError(f"{path} has no column {column!r} for {field}, but {', '.join(row)}")
        names[field] = column
    for field, candidates in _COLUMNS.items():
        present = [name for name in candidates if name in row]
        if field not in names and present:
            names[field] = present[0]
    has_tokens = isinstance(row.get(names.get("tokens", "")), list) and isinstance(
        row.get(names.get("tags", "")), list
    )
    for field in ("tokens", "tags") if not has_tokens else ("label", "spans"):
        names.pop(field, None)
    if not has_tokens and ("text" not in names or not names.keys() & {"label", "spans"}):
        raise CorpusError(
            f"{path} has the columns {', '.join(row)}: it needs a text and a label or spans, or tokens and "
            "tags. Name them with --field, for example --field text=post"
        )
    return _Columns(names, {name: classes for name in row if (classes := _class_names(features.get(name)))})


def _class_names(feature: Any) -> Sequence[str]:
    """Return the names of a ClassLabel, also within a sequence; none for another feature."""
    if isinstance(feature, list) and feature:
        return _class_names(feature[0])
    if not isinstance(feature, dict):
        return ()
    names = feature.get("names")
    if isinstance(names, list) and feature.get("_type", "ClassLabel") == "ClassLabel":
        return [str(name) for name in names]
    return _class_names(feature.get("feature"))


def _named(value: Any, names: Sequence[str]) -> Any:
    is_index = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names)
    return names[value] if is_index else value


def _as_rows(value: Any) -> Any:
    """Turn a column-wise list of spans (`{"start": [0], "end": [4], …}`) into one object for each span."""
    if not isinstance(value, dict):
        return value
    lists = {key: entries for key, entries in value.items() if isinstance(entries, list)}
    return [dict(zip(lists, entries, strict=True)) for entries in zip(*lists.values(), strict=True)]


def _find_files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    paths = [
        path
        for path in sorted(source.rglob("*"))
        if path.is_file()
        and not path.name.startswith((".", "cache-"))
        and path.name not in _METADATA
        and ".git" not in path.parts
    ]
    for suffix in _SUFFIXES:
        if files := [path for path in paths if path.suffix == suffix]:
            return files
    raise CorpusError(f"{source} has no .parquet, .arrow, .jsonl or .csv file: name the folder of a data set")


def _split_of(path: Path, source: Path) -> str:
    parts = path.relative_to(source).with_suffix("").parts if source.is_dir() else (path.stem,)
    return next((split for part in reversed(parts) if (split := split_from_name(part))), "all")

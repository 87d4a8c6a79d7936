"""Reader of training data for spaCy, and of exports of Prodigy: JSON records with spans.

`{"text": …, "entities": [[start, end, "ADR"], …]}`, spaCy's older `["text", {"entities": […]}]`, and
Prodigy's `{"text": …, "spans": [{"start", "end", "label"}], "answer": "accept", "meta": {…}}`. Categories of
the text (`"cats": {"ADE": 1.0}`, or Prodigy's `"label"` and `"accept"`) give its class; otherwise the spans
do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.effect_labels import parse_class
from training.corpora.reading_log import ReadingLog
from training.corpora.span_records import RawText, first_string, parse_spans, read_json_files
from training.errors import CorpusError
from training.examples import Example

_SUFFIXES: Final = (".jsonl", ".json", ".ndjson")
_LIKELY: Final = 0.5


def read_spacy(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a file, or a folder whose files are named after their splits.

    Records that were rejected or ignored in Prodigy are left out, since nobody corrected them.

    Raises:
        CorpusError: there is no such file, it is a DocBin, no span is an adverse effect, or the log is strict
            and a record is at fault.
    """
    return read_json_files(_find_files(source), _parse, options, log)


def _find_files(source: Path) -> list[Path]:
    paths = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    binaries = [path for path in paths if path.suffix == ".spacy"]
    records = [path for path in paths if path.suffix.lower() in _SUFFIXES] if source.is_dir() else paths
    if binaries and (source.is_file() or not records):
        raise CorpusError(
            f"{binaries[0]} is a DocBin, which only spaCy can read. Where spaCy is installed, write each "
            "document of DocBin().from_disk(FILE).get_docs(nlp.vocab) as one line of JSON, "
            '{"text": doc.text, "entities": [[e.start_char, e.end_char, e.label_] for e in doc.ents]}, '
            "and name that .jsonl file"
        )
    if not records:
        raise CorpusError(f"{source} has no .jsonl or .json file: name the file itself")
    return records


def _parse(record: Any, number: str, path: Path, line: int, log: ReadingLog) -> RawText | None:
    if isinstance(record, list) and len(record) == 2 and isinstance(record[1], dict):
        record = {"text": record[0], **record[1]}
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ValueError("there is no text")
    answer = record.get("answer", "accept")
    label = _class_of(record)
    if answer != "accept" and not (answer == "reject" and label is not None and not record.get("spans")):
        log.note("record that was not accepted", path, line, f"its answer is {answer!r}")
        return None
    if answer == "reject" and label is not None:
        label = 1 - label
    meta = record.get("meta") if isinstance(record.get("meta"), dict) else {}
    return RawText(
        id=first_string(record, ("id",)) or first_string(meta or {}, ("id",)) or number,
        text=record["text"],
        spans=parse_spans(record.get("entities", record.get("spans"))),
        label=label,
        document=first_string(meta or {}, ("document", "source")),
        context=first_string(record, ("context",)) or first_string(meta or {}, ("context", "title")),
        line=line,
    )


def _class_of(record: Mapping[str, Any]) -> int | None:
    """Return the class that the categories of a text give, or None if they give none."""
    categories = record.get("cats")
    if isinstance(categories, dict):
        classes = [
            (score, value)
            for name, score in categories.items()
            if (value := parse_class(name)) is not None and isinstance(score, int | float)
        ]
        if not classes:
            return None
        score, value = max(classes)
        return value if score >= _LIKELY else 1 - value
    accepted = record.get("accept")
    if isinstance(accepted, list) and accepted:
        return parse_class(accepted[0])
    return parse_class(record.get("label"))

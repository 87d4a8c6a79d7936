"""The formats of corpora that can be read, by name, and how to recognize them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from training.corpora.ade_v2 import read_ade_v2
from training.corpora.brat import read_brat
from training.corpora.conll import read_conll
from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.doccano import read_doccano
from training.corpora.huggingface import read_huggingface
from training.corpora.jsonl import read_jsonl
from training.corpora.phee import read_phee
from training.corpora.psytar import read_psytar
from training.corpora.reading_log import ReadingLog
from training.corpora.reviews import read_reviews
from training.corpora.smm4h_corpus import read_smm4h_corpus
from training.corpora.spacy_records import read_spacy
from training.corpora.tac import read_tac
from training.errors import CorpusError
from training.examples import Example

AUTO: Final = "auto"
"""The name that stands for whatever `recognize_format` recognizes."""

_FLAGS: Final = {
    "offsets": "--offsets",
    "effect_labels": "--effect-label",
    "effect_relations": "--effect-relation",
    "whole_documents": "--whole-documents",
    "fields": "--field",
}


class CorpusReader(Protocol):
    """A reader of one format of corpora."""

    def __call__(self, source: Path, log: ReadingLog, options: CorpusOptions, /) -> dict[str, list[Example]]:
        """Return the texts by split: "train", "valid", "test", or "all" if the corpus has no splits.

        A code that may be of either level is stored as `ptid`, one that is known to be an LLT as `llt`;
        `prepare_corpus` lifts both. Offsets are checked. Rows at fault go to `log.drop`, valid ones that are
        changed (such as a discontinuous span) to `log.note`.

        Raises:
            CorpusError: nothing of this format is at `source`, or the log is strict and a row is at fault.
        """
        ...


@dataclass(frozen=True)
class CorpusFormat:
    """A format of corpora.

    Attributes:
        read: its reader.
        takes: the fields of `CorpusOptions` that it uses.
    """

    read: CorpusReader
    takes: frozenset[str] = frozenset()

    def require_options(self, name: str, options: CorpusOptions) -> None:
        """Check that the format uses all options that were chosen.

        Args:
            name: of the format, for the message.
            options: as the user chose them.

        Raises:
            CorpusError: it does not.
        """
        for field, flag in _FLAGS.items():
            is_chosen = getattr(options, field) != getattr(DEFAULT_OPTIONS, field)
            if is_chosen and field not in self.takes:
                taking = [other for other, form in FORMATS.items() if field in form.takes]
                raise CorpusError(
                    f"{flag} has no effect on {name}: leave it out; it is for {', '.join(taking)}"
                )


def _without_options(read: Callable[[Path, ReadingLog], dict[str, list[Example]]]) -> CorpusFormat:
    return CorpusFormat(lambda source, log, _options: read(source, log))


_SPANS: Final = frozenset(("offsets", "effect_labels"))

FORMATS: Final[Mapping[str, CorpusFormat]] = MappingProxyType(
    {
        "ade-v2": _without_options(read_ade_v2),
        "brat": CorpusFormat(read_brat, _SPANS | {"effect_relations", "whole_documents"}),
        "conll": CorpusFormat(read_conll, frozenset(("effect_labels",))),
        "doccano": CorpusFormat(read_doccano, _SPANS | {"effect_relations"}),
        "huggingface": CorpusFormat(read_huggingface, _SPANS | {"fields"}),
        "jsonl": CorpusFormat(read_jsonl, frozenset(("offsets",))),
        "phee": _without_options(read_phee),
        "psytar": CorpusFormat(read_psytar, frozenset(("effect_labels",))),
        "reviews": _without_options(read_reviews),
        "smm4h": CorpusFormat(read_smm4h_corpus, frozenset(("offsets",))),
        "spacy": CorpusFormat(read_spacy, _SPANS),
        "tac": _without_options(read_tac),
    }
)
"""The formats by the names that `ade-train prepare --format` takes."""

# The first pattern that a file of the corpus matches decides.
_BY_FILE: Final = (
    ("*.ann", "brat"),
    ("DRUG-AE.rel", "ade-v2"),
    ("ADE-NEG.txt", "ade-v2"),
    ("*.xlsx", "psytar"),
    ("*.xml", "tac"),
    ("*.parquet", "huggingface"),
    ("*.arrow", "huggingface"),
    ("*.spacy", "spacy"),
    ("*.conll", "conll"),
    ("*.bio", "conll"),
    ("*.bioes", "conll"),
    ("*.iob*", "conll"),
)
_NAMES_OF_TABLES: Final = ("tweets.tsv", "class.tsv", "spans.tsv", "spans_norm.tsv")


def recognize_format(source: Path) -> str:
    """Return the format of a corpus, by the names of its files, or by its first record.

    Raises:
        CorpusError: it is not clear.
    """
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    for pattern, name in _BY_FILE:
        if any(path.match(pattern) for path in files):
            return name
    recognized = next((form for path in files if (form := _by_content(path))), None)
    if recognized is None and not any(path.stat().st_size for path in files):
        raise CorpusError(f"{source} is empty: name the file or folder of the corpus")
    if recognized is None:
        raise CorpusError(
            f"{source} is of no format that is recognized: name it with --format, one of {', '.join(FORMATS)}"
        )
    return recognized


def _by_content(path: Path) -> str | None:
    """Return the format of a file by its first line, or None if that decides nothing."""
    if path.suffix.lower() not in (".json", ".jsonl", ".ndjson", ".tsv", ".txt", ".csv"):
        return None
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        line = next((line for line in file if line.strip()), "").rstrip("\r\n")
        if line.strip() in ("[", "{"):  # a document on several lines
            line += file.read()
    if path.suffix.lower() == ".tsv" and (
        path.name.lower() in _NAMES_OF_TABLES or line.lower().startswith("tweet_id")
    ):
        return "smm4h"
    if line.startswith("-DOCSTART-"):
        return "conll"
    if path.suffix.lower() == ".csv":
        return "huggingface"
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        cells = line.split()
        is_tagged = path.suffix.lower() in (".txt", ".tsv") and 2 <= len(cells) <= 5
        return "conll" if is_tagged and (cells[-1] == "O" or cells[-1].startswith(("B-", "I-"))) else None
    return _by_record(record)


def _by_record(record: Any) -> str | None:
    if isinstance(record, list):
        is_pair = len(record) == 2 and isinstance(record[0], str) and isinstance(record[1], dict)
        is_list = bool(record) and isinstance(record[0], dict | list)
        return "spacy" if is_pair else _by_record(record[0]) if is_list else None
    if not isinstance(record, dict):
        return None
    entities = record.get("entities")
    first = entities[0] if isinstance(entities, list) and entities else None
    if "decision" in record:
        return "reviews"
    if "annotations" in record and "context" in record:
        return "phee"
    if (
        "tokens" in record
        and isinstance(record["tokens"], list)
        and isinstance(record.get("ner_tags", record.get("tags")), list)
    ):
        return "huggingface"
    if "relations" in record or isinstance(first, dict) or isinstance(record.get("labels"), list):
        return "doccano"
    if isinstance(record.get("label"), list):
        return "doccano"
    if "entities" in record or "answer" in record or "cats" in record:
        return "spacy"
    return "jsonl" if "text" in record and "label" in record else None

"""Prepared corpora: folders with `corpus.json` and JSON Lines, `train`, `valid` and `test`, or `all`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.disk import replace_folder, require_replaceable, writing
from training.corpora.corpus_options import CorpusOptions
from training.corpora.jsonl import read_records
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import SPLITS, require_split, split_from_name
from training.errors import CorpusError, RunError
from training.examples import Example
from training.files import json_bytes, write_file

ABOUT_FILE = "corpus.json"
DESCRIPTION_FOLDER = "description"


def read_split(path: Path, split: str, *, allow_model_labels: bool = False) -> list[Example]:
    """Read the texts of a split.

    Args:
        path: a JSON Lines file, which is read whole whatever the split, or a prepared folder.
        split: "train", "valid", "test" or "all", or another name of one, such as "dev".
        allow_model_labels: read labels that a language model gave.

    Raises:
        CorpusError: there is no such file, or a line of it is malformed or was labelled by a model.
    """
    split = require_split(split)
    options = CorpusOptions(allow_model_labels=allow_model_labels)
    if not path.is_dir():
        return read_records(path, options=options)
    file = split_file(path, split)
    if file is None:
        present = ", ".join(f"{name}.jsonl" for name in split_names(path))
        if not present:
            raise CorpusError(
                f"{path} has no {split}.jsonl: make it with `ade-train prepare {path} --format … --out DIR`, "
                "and name DIR here"
            )
        raise CorpusError(
            f"{path} has no {split}.jsonl, but {present}: name one of these files, or divide the corpus "
            "with `ade-train prepare --valid-share 0.1 --test-share 0.1`"
        )
    return read_records(file, options=options)


def read_splits(path: Path) -> dict[str, list[Example]]:
    """Read all splits of a prepared folder, or a JSON Lines file as "all", to describe them.

    Labels that a language model gave are read like any other.

    Raises:
        CorpusError: the folder has no split, or a line is malformed.
    """
    if not path.is_dir():
        return {"all": read_split(path, "all", allow_model_labels=True)}
    names = split_names(path)
    if not names:
        raise CorpusError(
            f"{path} has no train.jsonl, valid.jsonl, test.jsonl or all.jsonl: prepare it first"
        )
    return {name: read_split(path, name, allow_model_labels=True) for name in names}


def split_names(folder: Path) -> list[str]:
    """Return the names of the splits that a prepared folder has."""
    return [name for name in SPLITS if split_file(folder, name) is not None]


def split_file(folder: Path, split: str) -> Path | None:
    """Return the file of a split in a folder, such as `valid.jsonl`, or `dev.jsonl` if it has no such file.

    Returns:
        None if the folder has no file of the split, or several with other names.
    """
    exact = folder / f"{split}.jsonl"
    if exact.is_file():
        return exact
    named = [path for path in sorted(folder.glob("*.jsonl")) if split_from_name(path.stem) == split]
    return named[0] if len(named) == 1 else None


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write texts as JSON Lines, whole or not at all; an existing file is replaced.

    Raises:
        RunError: the file cannot be written.
    """
    write_file(path, to_jsonl(examples))


def write_corpus(
    out: Path,
    splits: Mapping[str, Sequence[Example]],
    log: ReadingLog,
    *,
    about: Mapping[str, Any],
    overwrite: bool = False,
) -> None:
    """Write a prepared folder, whole or not at all; writing the same corpus again changes nothing.

    Args:
        out: the folder.
        splits: the texts by split.
        log: what was read and dropped, for `corpus.json`.
        about: where the texts come from (format, terminology and so on), JSON-ready; put first.
        overwrite: replace another prepared corpus.

    Raises:
        CorpusError: something else is at `out`, or another corpus and not `overwrite`.
        RunError: it cannot be written; an older folder stays as it was.
    """
    files = {f"{name}.jsonl": to_jsonl(examples) for name, examples in splits.items()}
    document = {
        **about,
        "splits": {name: split_counts(examples) for name, examples in splits.items()},
        **log.to_json(),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    files[ABOUT_FILE] = json_bytes(document)
    require_corpus_folder(out)
    present = (
        {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} if out.exists() else {}
    )
    if present == files:
        return
    if present and not overwrite and present.get(ABOUT_FILE) != files[ABOUT_FILE]:
        raise CorpusError(
            f"{out} holds another prepared corpus: choose another folder, or replace it with --overwrite"
        )
    with writing(out, RunError):
        replace_folder(out, files)


def require_corpus_folder(out: Path) -> None:
    """Check that `out` is free or holds only a prepared corpus, so that nothing else can be lost.

    Raises:
        CorpusError: a file is there, or a folder with something else in it.
    """
    require_replaceable(out, kind="a prepared corpus", marker=ABOUT_FILE, overwrite=True, error=CorpusError)
    known = {ABOUT_FILE, DESCRIPTION_FOLDER, *(f"{name}.jsonl" for name in SPLITS)}
    unknown = sorted(path.name for path in out.iterdir() if path.name not in known) if out.exists() else []
    if unknown:
        raise CorpusError(
            f"{out} also holds {unknown[0]}, which is not part of a prepared corpus: move it away, "
            "or choose another folder"
        )


def to_jsonl(examples: Iterable[Example]) -> bytes:
    """Return the texts as JSON Lines in UTF-8."""
    return "".join(f"{json.dumps(example_record(e), ensure_ascii=False)}\n" for e in examples).encode()


def example_record(example: Example) -> dict[str, Any]:
    """Return a text as a record of JSON Lines."""
    spans = [
        {
            "start": span.start,
            "end": span.end,
            "text": example.text[span.start : span.end],
            "ptid": span.ptid,
            "llt": span.llt,
            "pt_name": span.pt_name,
        }
        for span in example.spans
    ]
    return {
        "id": example.id,
        "document": example.document,
        **({"context": example.context} if example.context else {}),
        "text": example.text,
        "label": example.label,
        "spans": spans,
    }


def split_counts(examples: Sequence[Example]) -> dict[str, int]:
    """Count texts, positive ones, spans, coded spans and the PTs among them."""
    spans = [span for example in examples for span in example.spans]
    return {
        "texts": len(examples),
        "positive": sum(example.label for example in examples),
        "spans": len(spans),
        "coded": sum(span.ptid is not None for span in spans),
        "pts": len({span.ptid for span in spans} - {None}),
    }

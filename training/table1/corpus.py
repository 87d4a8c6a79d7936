"""The corpus of Table 1: a prepared folder, or the official SMM4H files, which are prepared on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.terminology import Terminology
from training.corpora.preparation import Preparation, prepare
from training.corpora.prepared import read_split, split_names
from training.corpora.reading import ReadingLog
from training.errors import CorpusError
from training.examples import Example

_SCORED = ("valid", "test")


def read_corpus(
    source: Path, terminology: Terminology | None, log: ReadingLog | None = None
) -> dict[str, list[Example]]:
    """Read the splits that Table 1 needs: "train", "valid" and, where it has labels, "test".

    Args:
        source: a folder that `ade-train prepare` wrote, or one of official files.
        terminology: lifts the LLT codes of official files to PTs.
        log: takes down what was read of official files, and dropped; a prepared corpus has its own.

    Raises:
        CorpusError: it is neither, a row is malformed, or training or validation texts are missing.
    """
    if not source.is_dir():
        raise CorpusError(f"{source} is no folder: give a prepared corpus, or the SMM4H files")
    if names := split_names(source):
        splits = {name: read_split(source, name) for name in names}
    else:
        splits = prepare(source, Preparation("smm4h", terminology), log or ReadingLog())
    for name in ("train", "valid"):
        if not splits.get(name):
            raise CorpusError(
                f"{source} has no {name} texts, but {', '.join(splits) or 'none'}: Table 1 needs train and "
                "valid; `ade-train prepare --valid-share 0.1 --test-share 0.1` divides a corpus"
            )
    return splits


def scored_splits(splits: Mapping[str, list[Example]]) -> Sequence[str]:
    """Name the splits to score: validation, and the test set where it has labels."""
    return [name for name in _SCORED if any(example.label for example in splits.get(name, ()))]

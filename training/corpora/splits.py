"""Splits of a corpus: their names, dividing texts by document, and thinning a split to a prevalence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import Example

SPLITS = ("train", "valid", "test", "all")

_NAMES = {"train": "train", "dev": "valid", "val": "valid", "test": "test"}
# `training`, `TrainData2`, `SMM4H_2020_validation`: a word that begins like this.
_NAME = re.compile(rf"(?<![a-z])({'|'.join(_NAMES)})")


def split_from_name(name: str) -> str | None:
    """Return the split that the name of a file or folder means, or None if it means none."""
    match = _NAME.search(name.lower())
    return None if match is None else _NAMES[match[1]]


def require_split(name: str) -> str:
    """Return the split that a user means by a word: `dev` and `validation` are "valid".

    Raises:
        CorpusError: it means none.
    """
    word = name.strip().lower()
    split = word if word in SPLITS else split_from_name(word)
    if split is None:
        raise CorpusError(
            f"{name!r} is not a split: choose from train, valid (or dev, validation), test and all"
        )
    return split


def split_by_document(
    examples: Iterable[Example], document_of: Callable[[Example], str], *, share: float, salt: str
) -> tuple[list[Example], list[Example]]:
    """Split into (training, validation) so that the texts of a document stay on one side.

    The side depends only on the name of the document and on `salt`, so it does not change when others are
    added.

    Args:
        examples: the texts.
        document_of: returns the document of a text.
        share: share of the documents that go to validation, in [0, 1].
        salt: another salt makes another split.
    """
    training: list[Example] = []
    validation: list[Example] = []
    for example in examples:
        is_held_back = hash_position(document_of(example), salt=salt) < share * 2**64
        (validation if is_held_back else training).append(example)
    return training, validation


def hash_position(name: str, *, salt: str) -> int:
    """Return a position in [0, 2^64) that depends only on a name and a salt, evenly spread over names."""
    digest = hashlib.blake2b(f"{salt}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def thin_to_prevalence(
    examples: Sequence[Example], prevalence: float, source: Path, log: ReadingLog, *, seed: int
) -> list[Example]:
    """Leave out positives, or negatives if those are too many, until the share of positives is right.

    Which ones are left out depends only on their ids and the seed; the others keep their order.

    Raises:
        CorpusError: the prevalence is not in (0, 1), or the texts are all of one class.
    """
    if not 0 < prevalence < 1:
        raise CorpusError(f"the prevalence is {prevalence:g}: it must be more than 0 and less than 1")
    positives = sum(example.label for example in examples)
    negatives = len(examples) - positives
    if not positives or not negatives:
        raise CorpusError(
            f"{source} has {positives} positive and {negatives} negative texts in one split: "
            "a prevalence needs both; leave --prevalence out"
        )
    sizes = {
        1: min(positives, max(1, round(negatives * prevalence / (1 - prevalence)))),
        0: min(negatives, max(1, round(positives * (1 - prevalence) / prevalence))),
    }
    kept: set[str] = set()
    for label, size in sizes.items():
        ids = [example.id for example in examples if example.label == label]
        kept.update(sorted(ids, key=lambda name: hash_position(name, salt=f"prevalence {seed}"))[:size])
    for example in examples:
        if example.id not in kept:
            log.note("left out for the prevalence", source, None, example.id)
    return [example for example in examples if example.id in kept]

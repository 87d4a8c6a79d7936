"""Splits of a corpus: their names, and dividing texts so that a document's texts stay on one side.

Thinning a corpus of many positives until they are as rare as in a stream of tweets.
"""

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
# `training`, `TrainData2`, `SMM4H_2020_validation`: a word that begins so.
_NAME = re.compile(rf"(?<![a-z])({'|'.join(_NAMES)})")


def split_named(name: str) -> str | None:
    """Tell which split the name of a file or folder means; None where it means none."""
    found = _NAME.search(name.lower())
    return None if found is None else _NAMES[found[1]]


def documents_apart(
    examples: Iterable[Example], document_of: Callable[[Example], str], *, share: float, salt: str
) -> tuple[list[Example], list[Example]]:
    """Split into (training, validation) so that a document's texts stay on one side.

    Which side depends on the document's name and `salt` alone, so it does not move when others are added.

    Args:
        examples: the texts.
        document_of: names the document of a text.
        share: of the documents, how many go to validation, in [0, 1].
        salt: another salt gives another split.
    """
    training: list[Example] = []
    validation: list[Example] = []
    for example in examples:
        side = validation if is_held_back(document_of(example), share=share, salt=salt) else training
        side.append(example)
    return training, validation


def is_held_back(name: str, *, share: float, salt: str) -> bool:
    """Decide by hash whether `name` belongs to the `share` that is kept for validation."""
    return place_of(name, salt=salt) < share * 2**64


def place_of(name: str, *, salt: str) -> int:
    """Give the place of a name between 0 and 2^64, spread evenly over names."""
    digest = hashlib.blake2b(f"{salt}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def thinned(
    examples: Sequence[Example], prevalence: float, source: Path, log: ReadingLog, *, seed: int
) -> list[Example]:
    """Leave out positives, or negatives where those are too many, until the share of positives is right.

    Which ones go depends on their ids and the seed alone; the others keep their order.

    Raises:
        CorpusError: the prevalence lies outside (0, 1), or the texts are all of one class.
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
    keep = {
        1: min(positives, max(1, round(negatives * prevalence / (1 - prevalence)))),
        0: min(negatives, max(1, round(positives * (1 - prevalence) / prevalence))),
    }
    kept: set[str] = set()
    for label, count in keep.items():
        ids = [example.id for example in examples if example.label == label]
        kept.update(sorted(ids, key=lambda name: place_of(name, salt=f"prevalence {seed}"))[:count])
    for example in examples:
        if example.id not in kept:
            log.note("left out for the prevalence", source, None, example.id)
    return [example for example in examples if example.id in kept]

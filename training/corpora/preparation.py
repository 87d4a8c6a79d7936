"""The formats that `ade-train prepare` reads: one line for each, by the name that `--format` takes.

From a corpus of any format to splits that training can take: one stage after the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from models.terminology import Terminology
from training.corpora.ade_v2 import read_ade_v2
from training.corpora.brat import read_brat
from training.corpora.cleaning import (
    lift_codes,
    same_form,
    without_duplicates,
    without_overlaps,
    without_repeated_ids,
    without_shared,
)
from training.corpora.jsonl import read_jsonl
from training.corpora.phee import read_phee
from training.corpora.psytar import read_psytar
from training.corpora.reading_log import ReadingLog
from training.corpora.smm4h_corpus import read_smm4h
from training.corpora.splits import SPLITS, place_of, thinned
from training.corpora.tac import read_tac
from training.errors import CorpusError
from training.examples import Example


class Reader(Protocol):
    """Reads a corpus of one format."""

    def __call__(self, source: Path, log: ReadingLog, /) -> dict[str, list[Example]]:
        """Give the texts by split: "train", "valid", "test", or "all" where the corpus has no splits.

        A code that may be of either level goes into `AnnotatedSpan.ptid`, one that is known to be an LLT into
        `AnnotatedSpan.llt`; `prepare` lifts both. Offsets are checked, rows at fault go to `log.drop`, what is
        changed without a fault (such as a discontinuous span) to `log.note`.

        Raises:
            CorpusError: nothing of this format is at `source`, or the log is strict and a row is at fault.
        """
        ...


FORMATS: Mapping[str, Reader] = MappingProxyType(
    {
        "ade-v2": read_ade_v2,
        "brat": read_brat,
        "jsonl": read_jsonl,
        "phee": read_phee,
        "psytar": read_psytar,
        "smm4h": read_smm4h,
        "tac": read_tac,
    }
)


@dataclass(frozen=True)
class Preparation:
    """How a corpus is prepared.

    Attributes:
        format: a name of `FORMATS`.
        terminology: lifts LLT codes to PTs; without it the codes stay as they are.
        document: pattern whose first group in an id names the document, where the reader tells none.
        valid_share: share of the documents that goes to validation, in [0, 1).
        test_share: share of the documents that goes to the test set, in [0, 1).
        prevalence: share of positives to come down to, in each split; None leaves them all.
        seed: another one divides and thins otherwise.
        keep_shared: leave texts in training that validation or test has too.
        keep_duplicates: leave equal texts with equal annotations in training.
        keep_overlaps: leave overlapping spans in training.
    """

    format: str
    terminology: Terminology | None = None
    document: re.Pattern[str] | None = None
    valid_share: float = 0.0
    test_share: float = 0.0
    prevalence: float | None = None
    seed: int = 1
    keep_shared: bool = False
    keep_duplicates: bool = False
    keep_overlaps: bool = False

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise CorpusError(f"{self.format!r} is no format: choose from {', '.join(FORMATS)}")
        shares = (self.valid_share, self.test_share)
        if min(shares) < 0 or sum(shares) >= 1:
            raise CorpusError(
                f"the shares of valid and test are {shares[0]:g} and {shares[1]:g}: "
                "they must be 0 or more, and together less than 1"
            )
        if self.document is not None and self.document.groups != 1:
            raise CorpusError(
                f"the pattern {self.document.pattern!r} must have one group: the document's name"
            )


def prepare(source: Path, how: Preparation, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a corpus and make it fit for training.

    Ids become unique and codes PTs in every split; duplicates and overlapping spans are taken out of the
    training side alone, since scores are over validation and test as they were annotated.

    Returns:
        The texts by split, "train", "valid" and "test", or "all" where the corpus is not divided.

    Raises:
        CorpusError: nothing of the format is at `source`, nothing is left, a split that is to be made is
            there already; or the log is strict, and something is at fault.
    """
    if not source.exists():
        raise CorpusError(f"{source} does not exist: give the corpus's file or folder")
    splits = FORMATS[how.format](source, log)
    for name, examples in splits.items():
        log.read(f"texts of {name}", len(examples))
        examples = without_repeated_ids(examples, source, log)
        if how.terminology is not None:
            examples = lift_codes(examples, how.terminology, source, log)
        splits[name] = [_with_document(example, how.document) for example in examples]
    if not any(splits.values()):
        counts = (log.dropped + log.noted).items()
        reasons = "; ".join(
            f"{reason} ({count}), first in {log.places[reason][0]}" for reason, count in counts
        )
        raise CorpusError(f"{source} has no text that can be used: {reasons or 'it is empty'}")
    splits = _divided(splits, source, how)
    for name in splits.keys() & {"train", "all"}:
        if not how.keep_duplicates:
            splits[name] = without_duplicates(splits[name], source, log)
    splits = without_shared(splits, source, log, keep=how.keep_shared)
    if "train" in splits and not splits["train"]:
        raise CorpusError(f"{source}: valid or test has each text of train too; --keep-shared leaves them in")
    for name in splits.keys() & {"train", "all"}:
        if not how.keep_overlaps:
            splits[name] = without_overlaps(splits[name], source, log)
    if how.prevalence is not None:
        for name, examples in splits.items():
            splits[name] = thinned(examples, how.prevalence, source, log, seed=how.seed)
    return {name: splits[name] for name in SPLITS if name in splits}


def _with_document(example: Example, pattern: re.Pattern[str] | None) -> Example:
    if pattern is None or example.document:
        return example
    found = pattern.search(example.id)
    return example if found is None else replace(example, document=found[1] or "")


def _divided(splits: Mapping[str, list[Example]], source: Path, how: Preparation) -> dict[str, list[Example]]:
    """Take validation and test off the training side, by document; texts without one count by their own."""
    shares = {"test": how.test_share, "valid": how.valid_share}
    wanted = [name for name, share in shares.items() if share]
    if not wanted:
        return dict(splits)
    for name in wanted:
        if name in splits:
            raise CorpusError(f"{source} has a {name} split already: leave --{name}-share out")
    origin = "train" if "train" in splits else "all"
    if origin not in splits:
        raise CorpusError(f"{source} has no training texts to take {' and '.join(wanted)} from")
    divided: dict[str, list[Example]] = {name: [] for name in ("train", *wanted)}
    for example in splits[origin]:
        place = place_of(example.document or same_form(example.text), salt=f"splits {how.seed}") / 2**64
        side = "train"
        for name in wanted:
            if 0 <= place < shares[name]:
                side = name
            place -= shares[name]
        divided[side].append(example)
    for name, examples in divided.items():
        if not examples:
            raise CorpusError(f"no document of {source} fell to {name}: raise its share, or change --seed")
    return {**{name: examples for name, examples in splits.items() if name != origin}, **divided}

"""Preparation of a corpus: from any supported format to splits that training can use, step by step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from models.terminology import Terminology
from training.corpora.cleaning import (
    comparison_form,
    drop_duplicates,
    drop_overlaps,
    drop_repeated_ids,
    drop_shared,
    lift_codes,
)
from training.corpora.corpus_formats import AUTO, FORMATS, recognize_format
from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.offsets import note_cut_words
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import SPLITS, hash_position, thin_to_prevalence
from training.errors import CorpusError
from training.examples import Example


@dataclass(frozen=True)
class Preparation:
    """How to prepare a corpus.

    Attributes:
        format: a name of `FORMATS`, or `AUTO`.
        terminology: lifts LLT codes to PTs; without it the codes stay as they are.
        document: pattern whose first group in an id is the document, if the reader does not determine it.
        valid_share: share of the documents that go to validation, in [0, 1).
        test_share: share of the documents that go to the test set, in [0, 1).
        prevalence: share of positives to reduce each split to; None leaves all texts in.
        seed: another seed divides and thins differently.
        keep_shared: leave texts in training that validation or test has too.
        keep_duplicates: leave equal texts with equal annotations in training.
        keep_overlaps: leave overlapping spans in training.
        options: what the format leaves open.
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
    options: CorpusOptions = DEFAULT_OPTIONS

    def __post_init__(self) -> None:
        if self.format not in (AUTO, *FORMATS):
            raise CorpusError(f"{self.format!r} is not a format: choose from {', '.join((AUTO, *FORMATS))}")
        if self.format != AUTO:
            FORMATS[self.format].require_options(self.format, self.options)
        shares = (self.valid_share, self.test_share)
        if min(shares) < 0 or sum(shares) >= 1:
            raise CorpusError(
                f"the shares of valid and test are {shares[0]:g} and {shares[1]:g}: "
                "they must be 0 or more, and together less than 1"
            )
        if self.document is not None and self.document.groups != 1:
            raise CorpusError(
                f"the pattern {self.document.pattern!r} must have one group: the name of the document"
            )


def prepare_corpus(source: Path, preparation: Preparation, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a corpus and prepare it for training.

    In every split ids become unique and codes PTs. Duplicates and overlapping spans are dropped only from the
    training side, since scores refer to validation and test as they were annotated.

    Returns:
        The texts by split, "train", "valid" and "test", or "all" if the corpus is not divided.

    Raises:
        CorpusError: nothing of the format is at `source`, nothing is left, a split to be made already exists;
            or the log is strict, and something is at fault.
    """
    if not source.exists():
        raise CorpusError(f"{source} does not exist: name the file or folder of the corpus")
    form = recognize_format(source) if preparation.format == AUTO else preparation.format
    FORMATS[form].require_options(form, preparation.options)
    splits = FORMATS[form].read(source, log, preparation.options)
    for name, examples in splits.items():
        note_cut_words(examples, source, log)
        log.count(f"texts of {name}", len(examples))
        examples = drop_repeated_ids(examples, source, log)
        if preparation.terminology is not None:
            examples = lift_codes(examples, preparation.terminology, source, log)
        splits[name] = [_with_document(example, preparation.document) for example in examples]
    if not any(splits.values()):
        counts = (log.dropped + log.noted).items()
        reasons = "; ".join(
            f"{reason} ({count}), first in {log.places[reason][0]}" for reason, count in counts
        )
        raise CorpusError(f"{source} has no text that can be used: {reasons or 'it is empty'}")
    splits = _divide(splits, source, preparation)
    for name in splits.keys() & {"train", "all"}:
        if not preparation.keep_duplicates:
            splits[name] = drop_duplicates(splits[name], source, log)
    splits = drop_shared(splits, source, log, keep=preparation.keep_shared)
    if "train" in splits and not splits["train"]:
        raise CorpusError(
            f"{source}: every text of train is in valid or test too; --keep-shared leaves them in train"
        )
    for name in splits.keys() & {"train", "all"}:
        if not preparation.keep_overlaps:
            splits[name] = drop_overlaps(splits[name], source, log)
    if preparation.prevalence is not None:
        for name, examples in splits.items():
            splits[name] = thin_to_prevalence(
                examples, preparation.prevalence, source, log, seed=preparation.seed
            )
    return {name: splits[name] for name in SPLITS if name in splits}


def _with_document(example: Example, pattern: re.Pattern[str] | None) -> Example:
    if pattern is None or example.document:
        return example
    match = pattern.search(example.id)
    return example if match is None else replace(example, document=match[1] or "")


def _divide(
    splits: Mapping[str, list[Example]], source: Path, preparation: Preparation
) -> dict[str, list[Example]]:
    """Take validation and test from the training side, by document; texts without one count as their own."""
    shares = {"test": preparation.test_share, "valid": preparation.valid_share}
    new = [name for name, share in shares.items() if share]
    if not new:
        return dict(splits)
    for name in new:
        if name in splits:
            raise CorpusError(f"{source} has a {name} split already: leave --{name}-share out")
    origin = "train" if "train" in splits else "all"
    if origin not in splits:
        raise CorpusError(f"{source} has no training texts to take {' and '.join(new)} from")
    divided: dict[str, list[Example]] = {name: [] for name in ("train", *new)}
    for example in splits[origin]:
        document = example.document or comparison_form(example.text)
        position = hash_position(document, salt=f"splits {preparation.seed}") / 2**64
        side = "train"
        for name in new:
            if 0 <= position < shares[name]:
                side = name
            position -= shares[name]
        divided[side].append(example)
    for name, examples in divided.items():
        if not examples:
            raise CorpusError(f"no document of {source} fell to {name}: raise its share, or change --seed")
    return {**{name: examples for name, examples in splits.items() if name != origin}, **divided}

"""Thinning a corpus of many positives until they are as rare as in a stream of tweets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.corpora.reading import ReadingLog
from training.corpora.splits import place_of
from training.errors import CorpusError
from training.examples import Example


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

"""Figures of a split: counts and lengths of texts and spans, and the distribution of PTIDs.

The distribution is that of the paper's section 3.1 and Figure 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from training.examples import Example

# A class of the Normalizer needs more examples than this (the paper's section 3.3).
FEWEST = 3
_COVERAGE_AT = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Statistics of lengths; all 0 if there is nothing to measure.

    Attributes:
        shortest: the minimum.
        median: the lower one of two.
        mean: rounded to one decimal.
        p95: the 95th percentile; at most one in twenty is longer.
        longest: the maximum.
    """

    shortest: int = 0
    median: int = 0
    mean: float = 0.0
    p95: int = 0
    longest: int = 0

    @classmethod
    def of(cls, values: Sequence[int]) -> Lengths:
        """Compute the statistics of lengths in any order."""
        if not values:
            return cls()
        ranked = sorted(values)
        last = len(ranked) - 1
        mean = round(sum(ranked) / len(ranked), 1)
        return cls(ranked[0], ranked[last // 2], mean, ranked[-(-len(ranked) * 95 // 100) - 1], ranked[-1])


@dataclass(frozen=True, slots=True)
class TextFigures:
    """Counts and lengths of a split.

    Attributes:
        texts: number of texts.
        positive: number of texts that report an adverse effect.
        documents: number of documents that the texts were taken from, if the corpus names them.
        distinct: number of different texts.
        characters: lengths of the texts.
        words: numbers of words of the texts, split at white space.
        spans: number of spans.
        coded: number of spans with a PTID.
        span_characters: lengths of the spans.
        spans_per_text: number of positive texts by their number of spans.
    """

    texts: int
    positive: int
    documents: int
    distinct: int
    characters: Lengths
    words: Lengths
    spans: int
    coded: int
    span_characters: Lengths
    spans_per_text: dict[int, int]


def measure_texts(examples: Sequence[Example]) -> TextFigures:
    """Count and measure the texts of a split."""
    spans = [span for example in examples for span in example.spans]
    per_text = Counter(len(example.spans) for example in examples if example.label)
    return TextFigures(
        texts=len(examples),
        positive=sum(example.label for example in examples),
        documents=len({example.document for example in examples} - {""}),
        distinct=len({example.text for example in examples}),
        characters=Lengths.of([len(example.text) for example in examples]),
        words=Lengths.of([len(example.text.split()) for example in examples]),
        spans=len(spans),
        coded=sum(span.ptid is not None for span in spans),
        span_characters=Lengths.of([span.end - span.start for span in spans]),
        spans_per_text=dict(sorted(per_text.items())),
    )


@dataclass(frozen=True, slots=True)
class PtidDistribution:
    """The PTIDs of a split.

    Attributes:
        counts: number of spans of each PTID, the most frequent first; equal ones by their code.
        names: names of the PTs, if the corpus has them.
        unseen: PTIDs that training lacks; None if there is no training split to compare with.
    """

    counts: dict[str, int]
    names: dict[str, str]
    unseen: tuple[str, ...] | None = None

    @property
    def spans(self) -> int:
        """Number of coded spans."""
        return sum(self.counts.values())

    @property
    def unseen_spans(self) -> int:
        """Number of spans whose PTID training lacks."""
        return sum(self.counts[ptid] for ptid in self.unseen or ())

    def covered(self) -> list[float]:
        """Return the share of spans that the 1, 2, 3 … most frequent PTIDs cover, in [0, 1]."""
        return [count / self.spans for count in accumulate(self.counts.values())]

    def coverage(self) -> dict[int, float]:
        """Return that share for round numbers of PTIDs, and for all."""
        covered = self.covered()
        steps = [n for n in _COVERAGE_AT if n < len(covered)] + [len(covered)][: len(covered)]
        return {n: covered[n - 1] for n in steps}

    def classes(self, fewest: int = FEWEST) -> tuple[int, float]:
        """Return the number of PTIDs with more than `fewest` spans, and the share of spans they cover."""
        kept = [count for count in self.counts.values() if count > fewest]
        return len(kept), sum(kept) / self.spans if self.spans else 0.0

    def bins(self) -> list[tuple[int, int, int, int]]:
        """Return a histogram of PTIDs by number of spans: (from, to, PTIDs, their spans) in doubling bins."""
        edges = [1, 2, 3, 4]
        while self.counts and edges[-1] <= max(self.counts.values()):
            edges.append(edges[-1] * 2)
        histogram = []
        for low, high in pairwise(edges):
            inside = [count for count in self.counts.values() if low <= count < high]
            histogram.append((low, high - 1, len(inside), sum(inside)))
        return histogram if self.counts else []


def count_ptids(examples: Sequence[Example], known: Collection[str] | None = None) -> PtidDistribution:
    """Count the PTIDs of a split.

    Args:
        examples: the texts of the split.
        known: PTIDs of the training split, to determine those that are unseen there.
    """
    spans = [span for example in examples for span in example.spans]
    counts = Counter(span.ptid for span in spans if span.ptid is not None)
    ranked = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    names = {span.ptid: span.pt_name for span in spans if span.ptid and span.pt_name}
    unseen = None if known is None else tuple(ptid for ptid in ranked if ptid not in known)
    return PtidDistribution(ranked, names, unseen)

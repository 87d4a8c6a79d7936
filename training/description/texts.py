"""Counts and lengths of a split's texts and spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from training.examples import Example


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long things are; all 0 where there are none.

    Attributes:
        shortest: of all.
        median: as many are longer as shorter; the lower of two.
        mean: of all.
        p95: at most one in twenty is longer.
        longest: of all.
    """

    shortest: int = 0
    median: int = 0
    mean: float = 0.0
    p95: int = 0
    longest: int = 0

    @classmethod
    def of(cls, values: Sequence[int]) -> Lengths:
        """Measure lengths, in any order."""
        if not values:
            return cls()
        ranked = sorted(values)
        last = len(ranked) - 1
        mean = round(sum(ranked) / len(ranked), 1)
        return cls(ranked[0], ranked[last // 2], mean, ranked[-(-len(ranked) * 95 // 100) - 1], ranked[-1])


@dataclass(frozen=True, slots=True)
class TextFigures:
    """Figures of a split.

    Attributes:
        texts: how many.
        positive: of them, those that report an adverse effect.
        documents: that the texts were taken from, where the corpus tells them.
        distinct: different texts.
        characters: lengths of the texts.
        words: lengths of the texts, split at white space.
        spans: how many.
        coded: of them, those with a PTID.
        span_characters: lengths of the spans.
        spans_per_text: how many positive texts have no span, one, two and so on.
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

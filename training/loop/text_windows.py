"""The inputs of training texts: one for a short text, several windows for a long one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from models.encoder import TokenizedInput, TweetTokenizer, WindowedTexts
from training.examples import AnnotatedSpan, Example


class TrainingWindow(NamedTuple):
    """A window of an annotated text, or a whole short text; the text's spans may lie outside of it."""

    example: Example
    tokens: TokenizedInput

    @property
    def has_span(self) -> bool:
        """True if a token of the window overlaps a span."""
        return any(
            overlaps(place, self.example.spans)
            for place, word in zip(self.tokens.offsets, self.tokens.word_ids, strict=True)
            if word is not None
        )


def window_examples(
    examples: Sequence[Example], tokenizer: TweetTokenizer, *, reads_context: bool = False
) -> WindowedTexts:
    """Tokenize texts as a `Reader` does.

    Args:
        examples: the texts.
        tokenizer: of the encoder; it has the longest input.
        reads_context: whether the contexts of the texts are read before them.
    """
    contexts = [example.context for example in examples] if reads_context else None
    return tokenizer.windows([example.text for example in examples], contexts)


def training_windows(
    examples: Sequence[Example], tokenizer: TweetTokenizer, *, reads_context: bool = False
) -> Iterator[list[TrainingWindow]]:
    """Yield the windows of each text, at least one."""
    windowed = window_examples(examples, tokenizer, reads_context=reads_context)
    for number, example in enumerate(examples):
        yield [TrainingWindow(example, windowed.inputs[row]) for row in windowed.rows(number)]


def overlaps(place: tuple[int, int], spans: Sequence[AnnotatedSpan]) -> bool:
    """Return True if a token with these offsets overlaps one of the spans."""
    start, end = place
    return any(start < span.end and span.start < end for span in spans)


def drop_contexts(examples: Sequence[Example], share: float, *, seed: int) -> list[Example]:
    """Remove the contexts of a share of the texts, so that a network learns to read texts without one, too.

    Args:
        examples: some of which have a context.
        share: of those, from 0 to 1, which lose it.
        seed: of the draw. Whether a text loses its context depends on its id and on nothing else.
    """
    return [
        replace(example, context="") if example.context and _draw(example.id, seed) < share else example
        for example in examples
    ]


def _draw(name: str, seed: int) -> float:
    return Random(f"context {seed} {name}").random()  # noqa: S311 - reproducible, not secret

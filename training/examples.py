"""Annotated texts, as corpora provide them and training uses them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.predictions import is_span_of
from models.terminology import Terminology


@dataclass(frozen=True, slots=True)
class AnnotatedSpan:
    """An adverse effect in a text.

    Attributes:
        start: first character, an index into the text.
        end: one past the last character.
        ptid: code of its Preferred Term, or None if it is not coded.
        pt_name: name of that PT, if the corpus has it.
        llt: code of the Lowest Level Term that was annotated, if the corpus has it.
    """

    start: int
    end: int
    ptid: str | None = None
    pt_name: str | None = None
    llt: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its annotations.

    Attributes:
        id: unique in its corpus.
        text: the text, as written.
        label: 1 if the text reports an adverse drug effect (subtask 1a), else 0.
        spans: its adverse effects (subtasks 1b and 1c), by offset; empty if the label is 0.
        document: what the text was taken from, such as a drug label, a report or a thread; empty if nothing.
            A split keeps the texts of a document on one side.
        context: what the text answers or belongs to, such as a thread's title or the drug of a review; empty
            if nothing. It is read before the text, and spans never lie in it.

    Raises:
        ValueError: a span lies outside the text or is empty, or the label contradicts the spans.
    """

    id: str
    text: str
    label: int
    spans: tuple[AnnotatedSpan, ...] = ()
    document: str = ""
    context: str = ""

    def __post_init__(self) -> None:
        if self.label not in (0, 1):
            raise ValueError(f"label is {self.label!r}, not 0 or 1")
        if self.spans and not self.label:
            raise ValueError("label is 0, but there are spans")
        for span in self.spans:
            if not is_span_of(self.text, span.start, span.end):
                raise ValueError(
                    f"span {span.start}-{span.end} lies outside the text of {len(self.text)} characters"
                )


@dataclass(frozen=True, slots=True)
class CodedPhrase:
    """A phrase and the Preferred Term that it means: an example for the Normalizer (subtask 1c).

    Attributes:
        text: the phrase alone.
        ptid: code of the PT.
        tweet: the text that contains the phrase, for variant (b) of section 3.2; empty for variant (a).
    """

    text: str
    ptid: str
    tweet: str = ""


def coded_phrases(examples: Sequence[Example], *, with_tweets: bool = False) -> list[CodedPhrase]:
    """Return the coded spans of annotated texts as phrases, optionally with their texts."""
    return [
        CodedPhrase(example.text[span.start : span.end], span.ptid, example.text if with_tweets else "")
        for example in examples
        for span in example.spans
        if span.ptid is not None
    ]


@dataclass(frozen=True, slots=True)
class CorpusMix:
    """A corpus that is mixed into the training texts.

    Attributes:
        name: for messages and the model card.
        share: of the texts of each epoch, between 0 and 1.
        examples: its texts, one or more.
    """

    name: str
    share: float
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class TrainingData:
    """The data of a training.

    Attributes:
        train: the texts to train on.
        valid: the texts to choose the best epoch and the threshold by.
        pt_names: names of PTs by code, from a terminology; names in the corpus fill the gaps.
        terminology: its names train a retriever; without one, the names of the labels do.
        mixes: corpora that are mixed into `train`; an epoch draws some of their texts.
        unlabelled: texts to train on by a teacher's soft labels alone, see `training.distillation`.
    """

    train: Sequence[Example]
    valid: Sequence[Example]
    pt_names: Mapping[str, str] = field(default_factory=dict)
    terminology: Terminology | None = None
    mixes: Sequence[CorpusMix] = ()
    unlabelled: Sequence[Example] = ()

    @property
    def annotated(self) -> list[Example]:
        """All annotated training texts, including those that are mixed in."""
        return [*self.train, *(example for mix in self.mixes for example in mix.examples)]

    def digest(self) -> str:
        """Return 32 hex digits that identify the texts with their annotations, in their order."""
        parts = [digest_of(self.train), digest_of(self.valid)]
        parts += [f"{mix.share} {digest_of(mix.examples)}" for mix in self.mixes]
        parts += [digest_of(self.unlabelled)] if self.unlabelled else []
        return hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()


def digest_of(examples: Sequence[Example]) -> str:
    """Return 32 hex digits that identify texts with their annotations, in their order."""
    hashed = hashlib.blake2b(digest_size=16)
    for example in examples:
        spans = [(span.start, span.end, span.ptid) for span in example.spans]
        context = (example.context,) if example.context else ()
        hashed.update(repr((example.id, example.text, example.label, spans, *context)).encode())
    return hashed.hexdigest()

"""Annotated texts: what corpora give and training takes.

The texts that a training is given, and by what they are known again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.terminology import Terminology


@dataclass(frozen=True, slots=True)
class AnnotatedSpan:
    """An adverse effect in a text.

    Attributes:
        start: first character, an index into the text.
        end: one past the last character.
        ptid: code of its Preferred Term, or None where nobody coded it.
        pt_name: name of that PT, where the corpus gives it.
        llt: code of the Lowest Level Term that was annotated, where the corpus gives it.
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
        label: 1 where the text reports an adverse drug effect (subtask 1a), else 0.
        spans: its adverse effects (subtasks 1b and 1c), by offset; empty where label is 0.
        document: what the text was taken from (a drug label, a report, a thread), so that a split can keep
            its texts on one side; empty where each text stands for itself.

    Raises:
        ValueError: a span lies outside the text or is empty, or the label contradicts the spans.
    """

    id: str
    text: str
    label: int
    spans: tuple[AnnotatedSpan, ...] = ()
    document: str = ""

    def __post_init__(self) -> None:
        if self.label not in (0, 1):
            raise ValueError(f"label is {self.label!r}, not 0 or 1")
        if self.spans and not self.label:
            raise ValueError("label is 0, but there are spans")
        for span in self.spans:
            if not 0 <= span.start < span.end <= len(self.text):
                raise ValueError(
                    f"span {span.start}-{span.end} lies outside the text of {len(self.text)} characters"
                )


@dataclass(frozen=True, slots=True)
class CodedPhrase:
    """A phrase and the Preferred Term it means: an example for the Normalizer (subtask 1c).

    Attributes:
        text: the phrase, without its context.
        ptid: code of the PT.
        context: the text that the phrase stands in, for variant (b) of section 3.2; empty for variant (a).
    """

    text: str
    ptid: str
    context: str = ""


def coded_phrases(examples: Sequence[Example], *, context: bool = False) -> list[CodedPhrase]:
    """Take the coded spans out of annotated texts, with their texts as `context` if so asked."""
    return [
        CodedPhrase(example.text[span.start : span.end], span.ptid, example.text if context else "")
        for example in examples
        for span in example.spans
        if span.ptid is not None
    ]


@dataclass(frozen=True)
class TrainingData:
    """What a training is given.

    Attributes:
        train: the texts to learn from.
        valid: the texts by which the best epoch is chosen, and the threshold.
        pt_names: names of PTs by code, of a terminology; those that the corpus gives fill the gaps.
        terminology: whose names a retriever is trained on; without one, those of the labels serve.
    """

    train: Sequence[Example]
    valid: Sequence[Example]
    pt_names: Mapping[str, str] = field(default_factory=dict)
    terminology: Terminology | None = None

    def digest(self) -> str:
        """Identify the texts with their annotations, in their order: 32 hex digits."""
        return hashlib.blake2b(
            (digest_of(self.train) + digest_of(self.valid)).encode(), digest_size=16
        ).hexdigest()


def digest_of(examples: Sequence[Example]) -> str:
    """Identify texts with their annotations, in their order: 32 hex digits."""
    hashed = hashlib.blake2b(digest_size=16)
    for example in examples:
        spans = [(span.start, span.end, span.ptid) for span in example.spans]
        hashed.update(repr((example.id, example.text, example.label, spans)).encode())
    return hashed.hexdigest()

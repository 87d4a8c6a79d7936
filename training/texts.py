"""The texts that a training is given, and by what they are known again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.terminology import Terminology
from training.examples import Example


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

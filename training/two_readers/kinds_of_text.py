"""The validation texts, as two readers read them: all of them by the first, the likeliest by the second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from models.scoring import Reading
from training.errors import RunError
from training.evaluation import prevalence_weights
from training.evaluation.calibration import Numbers
from training.examples import Example

Progress = Callable[[int, str], AbstractContextManager[Callable[[int], None]]]
"""Shows the progress of a number of units, as `training.cli.progress.progress_bar` does."""


@dataclass(frozen=True)
class Kind:
    """Validation texts of one kind of language, such as the tweets or the reviews.

    Attributes:
        name: unique among the kinds.
        examples: of both classes, not trained on.
        first: what the first reader found in each, with its words.
        second: what the second reader found in those that it reads, by their index.
    """

    name: str
    examples: Sequence[Example]
    first: Sequence[Reading]
    second: Mapping[int, Reading]

    @property
    def labels(self) -> list[int]:
        """1 or 0 for each text."""
        return [example.label for example in self.examples]

    def weights(self, prevalence: float | None) -> Numbers:
        """Return how much each text counts, `[texts]`: positives have the share `prevalence`.

        The positives of a kind weigh as much as those of any other, 100 together.
        """
        labels = self.labels
        return prevalence_weights(labels, prevalence) * (100 / sum(labels))


def require_both_classes(kinds: Sequence[tuple[str, Sequence[Example]]]) -> None:
    """Check that each kind of validation texts has positives and negatives, and a name of its own.

    Raises:
        RunError: there are no texts, or a kind lacks a class, or two kinds have the same name.
    """
    names = [name for name, _ in kinds]
    if not names:
        raise RunError("there are no validation texts: give one corpus or more")
    if len(set(names)) < len(names):
        raise RunError(f"two of the validation sets have the same name: {', '.join(sorted(names))}")
    for name, examples in kinds:
        positives = sum(example.label for example in examples)
        if positives in (0, len(examples)):
            raise RunError(
                f"of the {len(examples):,} texts in {name} {positives:,} report an adverse effect: give "
                "texts of both classes"
            )


def first_probabilities(readings: Sequence[Reading]) -> Numbers:
    """Return the probabilities of readings, `[texts]`."""
    return np.array([reading.probability for reading in readings])

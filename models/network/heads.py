"""The table of heads: the outputs that the multi-task network has on its shared layers.

Everything that depends on how many heads there are reads this table: the names and shapes of the tensors,
the network itself, the weights in a bundle, and the training loop. A fourth head is one more entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Task = Literal["1a", "1b", "1c"]
"""A subtask of task 1 of SMM4H 2021. The data sets and losses of the paper have one for each."""

Reads = Literal["text", "token", "span"]


@dataclass(frozen=True)
class Head:
    """A linear layer on the shared layers that classifies one kind of input.

    Attributes:
        task: the subtask that it is trained on and evaluated by.
        name: of its module in `MultiTaskNetwork`, and so of its tensors in a bundle.
        reads: what gets one class: "text" (the state at [CLS]), "token" (the state of each token), or "span"
            (an input of its own, `[CLS] span [SEP]`, whose states are pooled).
        classes: names of its outputs, in their order; None where a bundle's labels are the classes.
    """

    task: Task
    name: str
    reads: Reads
    classes: tuple[str, ...] | None

    @property
    def title(self) -> str:
        """The head's name in the paper, such as "Classifier"."""
        return self.name.capitalize()

    def outputs(self, labels: int) -> int:
        """Return how many outputs the head has in a network whose bundle has this many labels."""
        return labels if self.classes is None else len(self.classes)


CLASSIFIER: Final = Head("1a", "classifier", "text", classes=("NoADE", "ADE"))
EXTRACTOR: Final = Head("1b", "extractor", "token", classes=("O", "AE"))
NORMALIZER: Final = Head("1c", "normalizer", "span", classes=None)

HEADS: Final = (CLASSIFIER, EXTRACTOR, NORMALIZER)
TASKS: Final[tuple[Task, ...]] = tuple(head.task for head in HEADS)
HEAD_OF: Final[dict[Task, Head]] = {head.task: head for head in HEADS}

"""The settings of an adaptation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training.errors import RunError
from training.loop import AT_LEAST_ONE, FRACTION, NOT_NEGATIVE, POSITIVE, ValueRange, check_ranges

_RANGES: Final[Mapping[str, ValueRange]] = {
    "epochs": AT_LEAST_ONE,
    "steps": NOT_NEGATIVE,
    "batch_size": AT_LEAST_ONE,
    "learning_rate": POSITIVE,
    "warmup": FRACTION,
    "max_tokens": ValueRange(lambda value: value >= 8, "8 or more"),
    "valid_share": FRACTION,
    "seed": ValueRange(lambda value: 0 <= value < 2**32, f"from 0 to {2**32 - 1}"),
}


@dataclass(frozen=True)
class AdaptSettings:
    """How an encoder is trained further on unlabelled texts.

    Attributes:
        epochs: how often each text is read.
        steps: number of steps, in place of epochs; 0 for as many as the epochs have.
        batch_size: windows in a step.
        learning_rate: its peak, after the warm-up; then it falls linearly to zero.
        warmup: share of the steps in which the rate rises.
        max_tokens: of a window, special tokens included.
        valid_share: share of the texts that are held out to measure the perplexity.
        seed: of the held-out texts' masks, of the order, the masks and dropout.
    """

    epochs: int = 3
    steps: int = 0
    batch_size: int = 32
    learning_rate: float = 5e-5
    warmup: float = 0.06
    max_tokens: int = 128
    valid_share: float = 0.05
    seed: int = 1

    @property
    def identity(self) -> str:
        """All values, which decide the weights together with encoder and texts."""
        return repr(self)

    def check(self) -> None:
        """Check the ranges of all settings.

        Raises:
            RunError: one is out of range.
        """
        check_ranges(self, _RANGES, prefix="--")

    def check_tokens(self, longest_input: int, source: str) -> None:
        """Check that an encoder can read windows of `max_tokens`.

        Raises:
            RunError: it reads `longest_input` tokens, which is less.
        """
        if self.max_tokens > longest_input:
            raise RunError(
                f"--max-tokens is {self.max_tokens}, but {source} reads at most {longest_input} tokens: "
                f"give --max-tokens {longest_input}"
            )

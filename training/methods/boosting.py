"""The boosting of the paper's ensembles (section 4): which examples each further classifier is trained on.

    Classifier 1   the training set
    Classifier 2   the training set: errors of 1 over-sampled by three, its hits down-sampled by three
    Classifier 3   the training set: what 1 and 2 disagree on by three, the rest down-sampled by three
    Classifier 4   the augmented set, as Classifier 2: by the errors of 1
    Classifier 5   the augmented set, as Classifier 3: by the disagreements of 1 and 4

Everything here works on rows: positions in a list of examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

FACTOR: Final = 3


@dataclass(frozen=True, slots=True)
class Round:
    """How a further classifier comes by its training set.

    Attributes:
        augmented: drawn from the augmented set, instead of the training set.
        judges: the classifiers whose decisions say what is hard, counted from 1: the errors of one, or
            the disagreements of two.
    """

    augmented: bool
    judges: tuple[int] | tuple[int, int]


ROUNDS: Final[Mapping[int, Round]] = MappingProxyType(
    {2: Round(False, (1,)), 3: Round(False, (1, 2)), 4: Round(True, (1,)), 5: Round(True, (1, 4))}
)


@dataclass(frozen=True, slots=True)
class Sampled:
    """The rows that a further classifier is trained on.

    Attributes:
        rows: positions in the set that was drawn from, ascending; a hard one is there three times.
        hard: how many different rows are hard.
        easy: how many of the others were kept.
    """

    rows: tuple[int, ...]
    hard: int
    easy: int


def hard_rows(decisions: Sequence[Sequence[int]], labels: Sequence[int]) -> list[bool]:
    """Tell which rows are hard.

    Args:
        decisions: the classes that one classifier chose, `[1, rows]`: hard is where it errs; or those of
            two, `[2, rows]`: hard is where they disagree.
        labels: the annotated classes, `[rows]`.

    Raises:
        ValueError: there are neither one nor two lists of decisions, or lengths differ.
    """
    if len(decisions) not in (1, 2):
        raise ValueError(f"{len(decisions)} classifiers judge: it must be one or two")
    left, right = decisions if len(decisions) == 2 else (decisions[0], labels)
    return [one != other for one, other in zip(left, right, strict=True)]


def sample(hard: Sequence[bool], *, seed: int) -> Sampled:
    """Over-sample the hard rows by three, and keep a third of the others, drawn by chance.

    Args:
        hard: for each row whether it is hard.
        seed: of the draw, which depends on this and on the rows alone.

    Returns:
        At least one row, where there are any.
    """
    others = [row for row, is_hard in enumerate(hard) if not is_hard]
    wanted = round(len(others) / FACTOR)
    if others and wanted == 0 and len(others) == len(hard):
        wanted = 1
    kept = Random(f"boosting {seed}").sample(others, wanted)  # noqa: S311 - reproducible, not secret
    difficult = [row for row, is_hard in enumerate(hard) if is_hard]
    return Sampled(tuple(sorted([*difficult * FACTOR, *kept])), len(difficult), len(kept))

"""The boosting of the paper's ensembles (section 4): which examples each further classifier is trained on.

    Classifier 1   the training set
    Classifier 2   the training set: errors of 1 over-sampled by three, its hits down-sampled by three
    Classifier 3   the training set: what 1 and 2 disagree on by three, the rest down-sampled by three
    Classifier 4   the augmented set, as Classifier 2: by the errors of 1
    Classifier 5   the augmented set, as Classifier 3: by the disagreements of 1 and 4

Everything here works on rows: positions in a list of examples.

The ensembles of the paper (section 4): further classifiers, one after the other, by boosting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Final

from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from training.examples import Example
from training.loop.inputs import Inputs
from training.loop.task_data import classifier_data
from training.methods.networks import NetworkFactory, NetworkSpec, TrainedNetwork, TrainingRun, train_network
from training.methods.validation import Evaluator

FACTOR: Final = 3


@dataclass(frozen=True, slots=True)
class BoostingRound:
    """How a further classifier comes by its training set.

    Attributes:
        augmented: drawn from the augmented set, instead of the training set.
        judges: the classifiers whose decisions say what is hard, counted from 1: the errors of one, or
            the disagreements of two.
    """

    augmented: bool
    judges: tuple[int] | tuple[int, int]


ROUNDS: Final[Mapping[int, BoostingRound]] = MappingProxyType(
    {
        2: BoostingRound(False, (1,)),
        3: BoostingRound(False, (1, 2)),
        4: BoostingRound(True, (1,)),
        5: BoostingRound(True, (1, 4)),
    }
)


@dataclass(frozen=True, slots=True)
class ResampledRows:
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


def sample(hard: Sequence[bool], *, seed: int) -> ResampledRows:
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
    return ResampledRows(tuple(sorted([*difficult * FACTOR, *kept])), len(difficult), len(kept))


@dataclass(frozen=True)
class BoostingSources:
    """What further classifiers are drawn from.

    Attributes:
        train: the training set.
        augmented: the training set and the new positives; empty where no classifier needs it.
        tokenizer: cuts texts where the training does.
    """

    train: Sequence[Example]
    augmented: Sequence[Example]
    tokenizer: TweetTokenizer

    def of(self, one: BoostingRound) -> Sequence[Example]:
        """Give the set that a round draws from."""
        return self.augmented if one.augmented else self.train


def train_further_classifiers(
    first: TrainedNetwork,
    recipe: NetworkSpec,
    classifiers: int,
    sources: BoostingSources,
    judge: Evaluator,
    foundry: NetworkFactory,
    shop: TrainingRun,
) -> dict[int, TrainedNetwork]:
    """Train the classifiers from the second on.

    Each is a network of its own, trained by Algorithm 1 with a D_1 of its own beside the same D_2 and D_3;
    its best epoch is the one in which it classifies best by itself.

    Args:
        first: the first classifier, with the network that it is part of.
        recipe: of the first.
        classifiers: of the whole ensemble.
        sources: what examples are drawn from.
        judge: of the epochs, and of what is hard.
        foundry: gives networks, untrained.
        shop: where.

    Returns:
        All classifiers by their number, the first one included.
    """
    trained = {1: first}
    for number in range(2, classifiers + 1):
        drawn = _drawn(number, trained, recipe, sources, judge, shop)
        further = replace(
            recipe,
            role=f"classifier-{number}",
            title=f"classifier {number} of {classifiers}",
            tasks={**recipe.tasks, "1a": classifier_data(drawn, sources.tokenizer)},
            config=replace(recipe.config, select="1a"),
            validate=judge.classifier_alone,
        )
        trained[number] = train_network(further, foundry, shop)
    return trained


def _drawn(
    number: int,
    trained: Mapping[int, TrainedNetwork],
    recipe: NetworkSpec,
    sources: BoostingSources,
    judge: Evaluator,
    shop: TrainingRun,
) -> list[Example]:
    """Draw the D_1 of a further classifier, and say what it is."""
    one = ROUNDS[number]
    examples = sources.of(one)
    decisions = [
        _decisions(trained[judging].network, examples, sources.tokenizer, judge, shop)
        for judging in one.judges
    ]
    drawn = sample(
        hard_rows(decisions, [example.label for example in examples]), seed=recipe.config.seed * 10 + number
    )
    if len(one.judges) == 1:
        hard = f"errors of classifier {one.judges[0]}"
    else:
        hard = f"disagreements of classifiers {one.judges[0]} and {one.judges[1]}"
    shop.callback.on_message(
        f"classifier {number}: {drawn.hard:,} {hard} in the {'augmented' if one.augmented else 'training'} "
        f"set, three times each, beside {drawn.easy:,} of the others"
    )
    return [examples[row] for row in drawn.rows]


def _decisions(
    network: MultiTaskNetwork,
    examples: Sequence[Example],
    tokenizer: TweetTokenizer,
    judge: Evaluator,
    shop: TrainingRun,
) -> list[int]:
    texts = [example.text for example in examples]
    inputs = Inputs.of(tokenizer.encode(texts))
    shop.states.plan(network, [inputs], bfloat16=judge.method.training.bfloat16)
    shop.states.fill(network, shop.callback, shop.processes)
    decided: list[int] | None = None
    if shop.processes.is_main:
        with shop.states.serving(network):
            decided = judge.decisions(network, texts)
    return shop.processes.from_main(decided) or []

"""The ensembles of the paper (section 4): further classifiers, one after the other, by boosting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from training.examples import Example
from training.loop.inputs import Inputs
from training.loop.taskdata import classifier_data
from training.methods.boosting import ROUNDS, Round, hard_rows, sample
from training.methods.networks import Foundry, Recipe, Trained, Workshop, train_network
from training.methods.validation import Judge


@dataclass(frozen=True)
class Sources:
    """What further classifiers are drawn from.

    Attributes:
        train: the training set.
        augmented: the training set and the new positives; empty where no classifier needs it.
        tokenizer: cuts texts where the training does.
    """

    train: Sequence[Example]
    augmented: Sequence[Example]
    tokenizer: TweetTokenizer

    def of(self, one: Round) -> Sequence[Example]:
        """Give the set that a round draws from."""
        return self.augmented if one.augmented else self.train


def train_further(
    first: Trained,
    recipe: Recipe,
    classifiers: int,
    sources: Sources,
    judge: Judge,
    foundry: Foundry,
    shop: Workshop,
) -> dict[int, Trained]:
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
    trained: Mapping[int, Trained],
    recipe: Recipe,
    sources: Sources,
    judge: Judge,
    shop: Workshop,
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
    shop.watcher.note(
        f"classifier {number}: {drawn.hard:,} {hard} in the {'augmented' if one.augmented else 'training'} "
        f"set, three times each, beside {drawn.easy:,} of the others"
    )
    return [examples[row] for row in drawn.rows]


def _decisions(
    network: MultiTaskNetwork,
    examples: Sequence[Example],
    tokenizer: TweetTokenizer,
    judge: Judge,
    shop: Workshop,
) -> list[int]:
    texts = [example.text for example in examples]
    inputs = Inputs.of(tokenizer.encode(texts))
    shop.states.plan(network, [inputs], bfloat16=judge.method.training.bfloat16)
    shop.states.fill(network, shop.watcher, shop.processes)
    decided: list[int] | None = None
    if shop.processes.is_main:
        with shop.states.serving(network):
            decided = judge.decisions(network, texts)
    return shop.processes.from_main(decided) or []

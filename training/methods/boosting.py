"""The paper's ensembles (section 4): further classifiers, each trained on what earlier ones get wrong.

    Classifier 1   the training set
    Classifier 2   the training set: errors of 1 over-sampled by three, its hits down-sampled by three
    Classifier 3   the training set: disagreements of 1 and 2 over-sampled, the rest down-sampled, by three
    Classifier 4   the augmented set, as Classifier 2: by the errors of 1
    Classifier 5   the augmented set, as Classifier 3: by the disagreements of 1 and 4

Sampling works on rows, which are positions in a list of examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Final

from models.encoder import TweetTokenizer
from models.network import CLASSIFIER, MultiTaskNetwork
from training.augmentation import Synonyms, augment
from training.examples import Example, TrainingData
from training.loop import Inputs, TaskData, classifier_data, drop_contexts, window_examples
from training.methods.networks import NetworkFactory, NetworkSpec, TrainedNetwork, train_network
from training.methods.training_run import TrainingRun
from training.methods.validation import Evaluator
from training.presets import Method

FACTOR: Final = 3


@dataclass(frozen=True, slots=True)
class BoostingRound:
    """How the training set of a further classifier is drawn.

    Attributes:
        augmented: draw from the augmented set instead of the training set.
        based_on: the classifiers whose decisions define the hard rows, counted from 1: the errors of one, or
            the disagreements of two.
    """

    augmented: bool
    based_on: tuple[int] | tuple[int, int]


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
        rows: positions in the set that was drawn from, ascending. Each hard row occurs three times.
        hard: number of distinct hard rows.
        easy: number of other rows that were kept.
    """

    rows: tuple[int, ...]
    hard: int
    easy: int


def hard_rows(decisions: Sequence[Sequence[int]], labels: Sequence[int]) -> list[bool]:
    """Return for each row whether it is hard.

    Args:
        decisions: `[1, rows]`, the classes that one classifier chose: its errors are hard. Or `[2, rows]`,
            those of two classifiers: their disagreements are hard.
        labels: `[rows]`, the annotated classes.

    Raises:
        ValueError: there are neither one nor two lists of decisions, or their lengths differ.
    """
    if len(decisions) not in (1, 2):
        raise ValueError(f"there are decisions of {len(decisions)} classifiers: it must be one or two")
    left, right = decisions if len(decisions) == 2 else (decisions[0], labels)
    return [decision != reference for decision, reference in zip(left, right, strict=True)]


def resample(hard: Sequence[bool], *, seed: int) -> ResampledRows:
    """Over-sample the hard rows by three, and keep a random third of the others.

    Args:
        hard: for each row whether it is hard.
        seed: of the draw, which depends only on it and on the rows.

    Returns:
        At least one row, if there are any.
    """
    easy = [row for row, is_hard in enumerate(hard) if not is_hard]
    count = round(len(easy) / FACTOR)
    if easy and count == 0 and len(easy) == len(hard):
        count = 1
    kept = Random(f"boosting {seed}").sample(easy, count)  # noqa: S311 - reproducible, not secret
    difficult = [row for row, is_hard in enumerate(hard) if is_hard]
    return ResampledRows(tuple(sorted([*difficult * FACTOR, *kept])), len(difficult), len(kept))


@dataclass(frozen=True)
class BoostingSources:
    """The examples that training sets of further classifiers are drawn from.

    Attributes:
        train: the training set.
        augmented: the training set and the new positives.
        tokenizer: cuts texts at the training's maximum length.
    """

    train: Sequence[Example]
    augmented: Sequence[Example]
    tokenizer: TweetTokenizer

    @classmethod
    def of(
        cls,
        method: Method,
        data: TrainingData,
        tokenizer: TweetTokenizer,
        wordnet: Synonyms | None,
        run: TrainingRun,
    ) -> BoostingSources | None:
        """Return the examples for a method, augmented if it needs that; None if it has one classifier."""
        if method.classifiers == 1:
            return None
        augmented = [*data.train]
        if method.uses_augmented_set:
            seed = method.training.seed
            augmented += augment(
                data.train, per_positive=method.augmented_positives, seed=seed, wordnet=wordnet
            )
            new = len(augmented) - len(data.train)
            run.callback.on_message(f"the augmented set has {new:,} new positives")
        return cls(data.train, augmented, tokenizer)


def train_further_classifiers(
    first: TrainedNetwork,
    spec: NetworkSpec,
    classifiers: int,
    sources: BoostingSources,
    evaluator: Evaluator,
    factory: NetworkFactory,
    run: TrainingRun,
) -> dict[int, TrainedNetwork]:
    """Train the classifiers from the second on.

    Each is a network of its own. Algorithm 1 trains it with a D_1 of its own and the same D_2 and D_3. Its
    best epoch is the one with the best F1 of 1a.

    Args:
        first: the network of the first classifier.
        spec: of the first network.
        classifiers: number of classifiers in the ensemble.
        sources: the examples to draw from.
        evaluator: scores the epochs, and supplies the decisions.
        factory: creates untrained networks.
        run: where the training runs.

    Returns:
        All classifiers by their number, including the first.
    """
    trained = {1: first}
    for number in range(2, classifiers + 1):
        drawn = _draw_examples(number, trained, spec, sources, evaluator, run)
        further = replace(
            spec,
            role=f"classifier-{number}",
            title=f"classifier {number} of {classifiers}",
            tasks={**spec.tasks, CLASSIFIER.task: _classifier_data(drawn, sources, evaluator.method)},
            config=replace(spec.config, select=CLASSIFIER.task),
            validate=evaluator.validate_classifier,
        )
        trained[number] = train_network(further, factory, run)
    return trained


def _classifier_data(examples: Sequence[Example], sources: BoostingSources, method: Method) -> TaskData:
    """Build the D_1 of a further classifier, which reads the contexts that the first one reads."""
    if method.reads_context:
        examples = drop_contexts(examples, method.context_dropout, seed=method.training.seed)
    return classifier_data(examples, sources.tokenizer, reads_context=method.reads_context)


def _draw_examples(
    number: int,
    trained: Mapping[int, TrainedNetwork],
    spec: NetworkSpec,
    sources: BoostingSources,
    evaluator: Evaluator,
    run: TrainingRun,
) -> list[Example]:
    """Draw the D_1 of a further classifier, and report its composition."""
    boosting_round = ROUNDS[number]
    examples = sources.augmented if boosting_round.augmented else sources.train
    decisions = [
        _decisions(trained[earlier].network, examples, sources.tokenizer, evaluator, run)
        for earlier in boosting_round.based_on
    ]
    hard = hard_rows(decisions, [example.label for example in examples])
    resampled = resample(hard, seed=spec.config.seed * 10 + number)
    if len(boosting_round.based_on) == 1:
        kind = f"errors of classifier {boosting_round.based_on[0]}"
    else:
        kind = f"disagreements of classifiers {boosting_round.based_on[0]} and {boosting_round.based_on[1]}"
    run.callback.on_message(
        f"classifier {number}: {resampled.hard:,} {kind} in the "
        f"{'augmented' if boosting_round.augmented else 'training'} set, three times each, and "
        f"{resampled.easy:,} of the others"
    )
    return [examples[row] for row in resampled.rows]


def _decisions(
    network: MultiTaskNetwork,
    examples: Sequence[Example],
    tokenizer: TweetTokenizer,
    evaluator: Evaluator,
    run: TrainingRun,
) -> list[int]:
    """Return a network's decisions on the examples, the same in every process."""
    reads_context = evaluator.method.reads_context
    inputs = Inputs.of(window_examples(examples, tokenizer, reads_context=reads_context).inputs)
    run.states.plan(network, [inputs], bfloat16=evaluator.method.training.bfloat16)
    run.states.fill(network, run.callback, run.processes)
    decisions: list[int] | None = None
    if run.processes.is_main:
        with run.states.serving(network):
            decisions = evaluator.decisions(network, examples)
    return run.processes.from_main(decisions) or []

"""A method with all that it is trained with, as it goes from stage to stage.

From trained networks to a bundle: what they are worth, the threshold, the model card.

A method from texts to a bundle: its data, one network or several, the threshold, the model card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.bundle import Options, Thresholds, save_bundle
from models.encoder.loading import Encoder, load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from training.augmentation import Synonyms, augment
from training.errors import RunError
from training.examples import TrainingData, digest_of
from training.loop.inputs import Inputs
from training.methods.boosting import BoostingSources, train_further_classifiers
from training.methods.datasets import Datasets, prepare_datasets
from training.methods.networks import NetworkFactory, NetworkSpec, TrainedNetwork, TrainingRun, train_network
from training.methods.retrieval import RetrievalPhrases, TrainedRetrieval, retriever_layers, train_retrieval
from training.methods.validation import Evaluator
from training.presets import Method
from training.reports.card import bundle_name, method_card
from training.reports.run_files import RunFiles


@dataclass(frozen=True)
class Job:
    """What is asked for, and what is there to do it with.

    Attributes:
        method: a preset, perhaps with changes.
        data: the texts.
        encoder: the pretrained one.
        tokenizer: the encoder's.
        materials: classes, and D_1 to D_3.
        judge: of networks, by the validation texts.
        shop: run folder, processes, callback.
    """

    method: Method
    data: TrainingData
    encoder: Encoder
    tokenizer: TweetTokenizer
    materials: Datasets
    judge: Evaluator
    shop: TrainingRun


@dataclass(frozen=True)
class TrainedBundle:
    """A finished bundle: its version, and the figures in its `metrics.json`."""

    version: str
    metrics: Mapping[str, Any]


def save(
    job: Job,
    classifiers: Mapping[int, TrainedNetwork],
    network: MultiTaskNetwork,
    searching: TrainedRetrieval | None,
    out: Path,
    command: str,
) -> TrainedBundle:
    """Judge what was trained, and write the bundle.

    Args:
        job: what was asked for.
        classifiers: by their number, from 1.
        network: of all of them, with a retriever where there is one.
        searching: what goes with the retriever.
        out: where the bundle goes.
        command: that asked for it, for the model card.

    Raises:
        BundleError: it cannot be written.
    """
    method, materials, judge = job.method, job.materials, job.judge
    judged = judge.judge(network, searching.normalizer if searching else None)
    scores = judged.scores.to_json()
    metrics = {
        "preset": method.name,
        "classes": len(materials.labels),
        "examples": {task: len(rows) for task, rows in materials.tasks.items()},
        "notes": list(materials.notes),
        "threshold": {"threshold": judged.threshold, "chosen": method.threshold},
        "validation": {task: scores[task] for task in judge.subtasks},
        "classifiers": {
            str(number): {"best_epoch": one.best_epoch, "epochs": list(one.history)}
            for number, one in classifiers.items()
        },
        **({"retrieval": searching.to_json()} if searching else {}),
    }
    name = bundle_name(out)
    version = save_bundle(
        out,
        name=name,
        network=network,
        encoder=job.encoder,
        labels=materials.labels,
        thresholds=Thresholds(classifier=judged.threshold),
        options=Options(feedback=method.feedback, context=method.context),
        max_tokens=method.training.max_tokens,
        metrics=metrics,
        card=method_card(name, method, job.data, metrics=metrics, command=command),
        overwrite=True,
        vote=method.vote if method.classifiers > 1 else None,
        retrieval=searching.retrieval if searching else None,
        dictionary=searching.dictionary if searching else None,
    )
    return TrainedBundle(version, metrics)


def train_method(
    method: Method,
    data: TrainingData,
    *,
    out: Path,
    shop: TrainingRun,
    command: str,
    wordnet: Synonyms | None = None,
    overwrite: bool = False,
    carry_terminology: bool = False,
) -> TrainedBundle:
    """Train what a method says, and write the bundle.

    A training that was stopped goes on after its last whole epoch. One that is finished is not repeated:
    its bundle is written again from what the run folder has.

    Args:
        method: a preset, perhaps with changes.
        data: the texts.
        out: where the bundle goes; the last part of the path names it.
        shop: run folder, processes, callback.
        command: that asked for it, for the model card.
        wordnet: synonyms for the augmented set of an ensemble of five; None leaves them out.
        overwrite: replace another bundle that is there.
        carry_terminology: where names are searched, put those of the terminology into the bundle, which must
            not be passed on then; by default the names of its labels serve.

    Returns:
        The same in each of several processes.

    Raises:
        TrainingError: the data has nothing to learn from, the run folder holds another training, something
            else is at `out`, or memory ran out.
        ModelError: the encoder cannot be loaded, or the bundle cannot be written.
    """
    files = RunFiles(shop.run)
    if shop.processes.is_main:
        files.refuse_taken(out, overwrite=overwrite)
    encoder = load_encoder(method.training.encoder)
    tokenizer = _tokenizer(encoder, method)
    materials = prepare_datasets(method, data, tokenizer)
    if shop.processes.is_main:
        files.begin(method, data, command=command, fresh=shop.fresh)
    for note in materials.notes:
        shop.callback.on_message(note)
    if "1b" not in materials.tasks:
        method = replace(method, feedback=False)  # with it, every text would be NoADE
    judge = Evaluator(method, data.valid, encoder.tokenizer, materials.labels)
    job = Job(method, data, encoder, tokenizer, materials, judge, shop)
    classifiers, network = _networks(job, wordnet)
    outcome: TrainedBundle | None = None
    if shop.processes.is_main:
        searching = _searching(job, network, carry=carry_terminology)
        outcome = save(job, classifiers, network, searching, out, command)
        files.finish(outcome.version, outcome.metrics)
    return shop.processes.from_main(outcome) or TrainedBundle("", {})


def _networks(job: Job, wordnet: Synonyms | None) -> tuple[dict[int, TrainedNetwork], MultiTaskNetwork]:
    method, data, judge, shop = job.method, job.data, job.judge, job.shop
    labels, tasks = job.materials.labels, job.materials.tasks
    config = method.training
    augmented = [*data.train]
    if method.classifiers > 3:  # before anything is trained, since WordNet may be missing
        augmented += augment(
            data.train, per_positive=method.augmented_positives, seed=config.seed, wordnet=wordnet
        )
        shop.callback.on_message(f"the augmented set has {len(augmented) - len(data.train):,} new positives")
    foundry = NetworkFactory(job.encoder, config, len(labels), extracts="1b" in tasks)
    recipe = NetworkSpec(
        role="network",
        title="network" if method.classifiers == 1 else f"classifier 1 of {method.classifiers}",
        tasks=tasks,
        config=config,
        validate=judge.whole,
        judged_by=" ".join(
            [
                digest_of(data.valid),
                f"threshold {method.threshold}, feedback {method.feedback}, context {method.context}",
                *(label.ptid for label in labels.classes),
            ]
        ),
        judged_on=Inputs.of(job.tokenizer.encode([example.text for example in data.valid])),
    )
    depth: int = job.encoder.model.config.num_hidden_layers
    layers = 0
    if len(labels):  # without classes there is no Normalizer, which the notes say already
        layers = retriever_layers(method, depth - config.count_frozen(depth), shop.callback)
    first = train_network(recipe, foundry, shop)
    if method.classifiers == 1:
        whole = foundry.ensemble([first.network], retriever_layers=layers) if layers else first.network
        return {1: first}, whole
    sources = BoostingSources(data.train, augmented, job.tokenizer)
    classifiers = train_further_classifiers(first, recipe, method.classifiers, sources, judge, foundry, shop)
    networks = [one.network for one in classifiers.values()]
    return classifiers, foundry.ensemble(networks, retriever_layers=layers)


def _searching(job: Job, network: MultiTaskNetwork, *, carry: bool) -> TrainedRetrieval | None:
    if not network.retriever_layers:
        return None
    return train_retrieval(
        network,
        job.tokenizer,
        job.materials.labels,
        job.method,
        RetrievalPhrases.of(job.data, job.method),
        job.shop.run / "retriever",
        carry=carry,
        callback=job.shop.callback,
        fresh=job.shop.fresh,
    )


def _tokenizer(encoder: Encoder, method: Method) -> TweetTokenizer:
    positions: int = encoder.model.config.max_position_embeddings
    if method.training.max_tokens > positions:
        raise RunError(
            f"max-tokens is {method.training.max_tokens}, but {method.training.encoder} has {positions} "
            f"positions: --set max-tokens={positions}, or less"
        )
    return TweetTokenizer(encoder.tokenizer, method.training.max_tokens)

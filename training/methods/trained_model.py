"""A trained model: the networks of a method, joined into one, and its retriever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Options, Thresholds, save_bundle
from models.encoder import Encoder
from models.network import EXTRACTOR, MultiTaskNetwork
from models.normalizer import Labels, Normalizer
from training.loop import Inputs, window_examples
from training.methods.boosting import BoostingSources, train_further_classifiers
from training.methods.compact import gather_adapters
from training.methods.datasets import Datasets, make_tokenizer
from training.methods.networks import Change, NetworkFactory, NetworkSpec, TrainedNetwork, train_network
from training.methods.retrieval import TrainedRetrieval, count_retriever_layers, train_retrieval
from training.methods.start import Start
from training.methods.training_run import TrainingRun
from training.methods.validation import Evaluator
from training.presets import Method


@dataclass(frozen=True)
class TrainedModel:
    """The networks of a method, joined into one, and everything else that a bundle needs.

    Attributes:
        method: how they were trained.
        encoder: what they were made from.
        datasets: what they were trained on.
        classifiers: the trained networks by number, from 1; several if the method is an ensemble.
        network: all of them joined, with a retriever if the method needs one.
        retrieval: the trained retriever and its dictionary; None without one, and in all processes but the
            first.
        start: the bundle that the training started from; None if it started from an encoder.
    """

    method: Method
    encoder: Encoder
    datasets: Datasets
    classifiers: Mapping[int, TrainedNetwork]
    network: MultiTaskNetwork
    retrieval: TrainedRetrieval | None
    start: Start | None = None

    @property
    def normalizer(self) -> Normalizer | None:
        """The Normalizer that searches names; None if the network's classifier codes the spans."""
        return self.retrieval.normalizer if self.retrieval else None

    @property
    def normalizer_threshold(self) -> float:
        """The probability from which a span gets a code."""
        if self.retrieval is None or self.retrieval.retrieval.choice == "classifier":
            return 0.0
        return self.retrieval.retrieval.fusions[self.retrieval.retrieval.choice].threshold

    def save(
        self,
        folder: Path,
        *,
        name: str,
        thresholds: Thresholds,
        metrics: Mapping[str, Any],
        card: str,
        drop_uncoded: bool = False,
    ) -> str:
        """Write the bundle and return its version. An existing bundle is replaced.

        Args:
            folder: of the bundle.
            name: readable part of its version.
            thresholds: of its heads.
            metrics: content of `metrics.json`.
            card: the model card.
            drop_uncoded: whether spans without a code are dropped, see `Evaluation`.

        Raises:
            BundleError: it cannot be written.
        """
        method, start = self.method, self.start
        networks = [trained.network for trained in self.classifiers.values()]
        retriever = self.retrieval.adapters if self.retrieval else {}
        return save_bundle(
            folder,
            name=name,
            network=self.network,
            encoder=start.base if start else self.encoder,
            labels=self.datasets.labels,
            thresholds=thresholds,
            options=Options(
                feedback=method.feedback,
                context=method.context,
                drop_uncoded=drop_uncoded,
                reads_context=method.reads_context,
            ),
            max_tokens=method.training.max_tokens,
            metrics=metrics,
            card=card,
            overwrite=True,
            vote=method.vote if method.classifiers > 1 else None,
            retrieval=self.retrieval.retrieval if self.retrieval else None,
            dictionary=self.retrieval.dictionary if self.retrieval else None,
            languages=method.languages,
            carry_trunk=start.config.carries_trunk if start else None,
            encoder_layers=start.encoder_layers(self.network.frozen_layers) if start else None,
            adapters=gather_adapters(networks, self.network, retriever, method.training, start),
        )


def train_model(
    method: Method,
    encoder: Encoder,
    datasets: Datasets,
    evaluator: Evaluator,
    run: TrainingRun,
    *,
    sources: BoostingSources | None = None,
    title: str = "network",
    include_terminology: bool = False,
    start: Start | None = None,
) -> TrainedModel:
    """Train all networks of a method by Algorithm 1, join them, and train the retriever.

    Args:
        method: which networks, and how they are trained.
        encoder: pretrained, or that of `start`.
        datasets: what they are trained on.
        evaluator: scores the epochs.
        run: where the training runs.
        sources: the examples for further classifiers; an ensemble needs them.
        title: what to call a single network in progress bars and curves.
        include_terminology: see `train_method`.
        start: the bundle whose heads and retriever are trained further; by default new ones are.

    Raises:
        RunError: the run folder holds another training or cannot be written, or memory ran out.
    """
    config = method.training
    tokenizer = make_tokenizer(encoder, method)
    factory = NetworkFactory(
        encoder,
        config,
        len(datasets.labels),
        has_spans=EXTRACTOR.task in datasets.tasks,
        load_heads=_head_loader(start, method, datasets.labels) if start else None,
        load_retriever=start.load_retriever if start else None,
    )
    spec = NetworkSpec(
        role="network",
        title=title if method.classifiers == 1 else f"classifier 1 of {method.classifiers}",
        tasks=datasets.tasks,
        config=config,
        validate=evaluator.validate,
        validation_fingerprint=evaluator.fingerprint,
        validation_inputs=Inputs.of(
            window_examples(datasets.valid, tokenizer, reads_context=method.reads_context).inputs
        ),
        start=(start.bundle.version,) if start else (),
    )
    layers = 0
    if len(datasets.labels):  # without classes there is no Normalizer, as the notes on the data state
        depth: int = encoder.architecture.num_hidden_layers
        layers = count_retriever_layers(method, depth - config.count_frozen(depth), run.callback)
    classifiers = {1: train_network(spec, factory, run)}
    if method.classifiers > 1:
        if sources is None:
            raise ValueError("an ensemble needs the examples for its further classifiers")
        classifiers = train_further_classifiers(
            classifiers[1], spec, method.classifiers, sources, evaluator, factory, run
        )
    network = factory.join([trained.network for trained in classifiers.values()], retriever_layers=layers)
    retrieval: TrainedRetrieval | None = None
    if layers and run.processes.is_main:
        retrieval = train_retrieval(
            network,
            tokenizer,
            datasets.labels,
            method,
            datasets.phrases,
            run.folder / "retriever",
            include_terminology=include_terminology,
            callback=run.callback,
            fresh=run.fresh,
            start=start,
        )
    return TrainedModel(method, encoder, datasets, classifiers, network, retrieval, start)


def _head_loader(start: Start, method: Method, labels: Labels) -> Change:
    """Return a function that gives a new network the heads of the bundle."""
    normalizer = start.reads_spans_alike(method)
    return lambda network: start.load_heads(network, labels, normalizer=normalizer)

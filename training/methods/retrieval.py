"""The Normalizer over names: the retriever of a finished network, and what its word weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.bundle import Dictionary, Retrieval, searched_names
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from models.normalizer import Labels, NameIndex, Normalizer, SpanReader
from models.runtime import Engine, resolve_precision
from models.scoring import assemble_normalizer
from models.terminology import Terminology
from training.errors import RunError
from training.examples import CodedPhrase, TrainingData, coded_phrases
from training.loop.callbacks import TrainingCallback
from training.presets import Method
from training.retrieval.fusion_fit import FittedFusions, fit_fusions
from training.retrieval.retriever_trainer import TrainedRetriever, train_retriever


@dataclass(frozen=True)
class RetrievalPhrases:
    """What a retriever is trained with.

    Attributes:
        train: to learn from, with their texts where it reads them.
        held_out: neither the classifier nor the retriever learns from them; they choose the epoch, and weigh
            what a candidate is worth.
        terminology: all its names are learned from; without one, those of the labels.
    """

    train: Sequence[CodedPhrase]
    held_out: Sequence[CodedPhrase]
    terminology: Terminology | None = None

    @classmethod
    def of(cls, data: TrainingData, method: Method) -> RetrievalPhrases:
        """Take the coded spans of texts, with those texts where the method reads them."""
        context = method.retriever.context
        return cls(
            coded_phrases(data.train, context=context),
            coded_phrases(data.valid, context=context or method.context),
            data.terminology,
        )


@dataclass(frozen=True)
class TrainedRetrieval:
    """All that a bundle needs to search names.

    Attributes:
        retrieval: its part of `config.json`.
        dictionary: what is searched.
        normalizer: both at work, on the network that they were made for.
        trained: how the retriever was trained.
        fusions: how the weights were fitted.
    """

    retrieval: Retrieval
    dictionary: Dictionary
    normalizer: Normalizer
    trained: TrainedRetriever
    fusions: FittedFusions

    def to_json(self) -> dict[str, Any]:
        """Give the figures, JSON-ready."""
        return {"retriever": self.trained.to_json(), "fusions": self.fusions.to_json()}


def retriever_layers(method: Method, shared: int, callback: TrainingCallback) -> int:
    """Give how many layers the retriever has: as many as are wanted, and at most those that are trained.

    Raises:
        RunError: none is trained.
    """
    if method.normalizer == "classifier":
        return 0
    if not shared:
        raise RunError(
            "all layers are frozen, and the retriever needs one: --set frozen-layers=-1, or "
            "--set normalizer=classifier"
        )
    if shared < method.retriever.layers:
        callback.on_message(f"the retriever has {shared} layers, since no more are trained")
    return min(shared, method.retriever.layers)


def train_retrieval(
    network: MultiTaskNetwork,
    tokenizer: TweetTokenizer,
    labels: Labels,
    method: Method,
    phrases: RetrievalPhrases,
    folder: Path,
    *,
    carry: bool,
    callback: TrainingCallback,
    fresh: bool = False,
) -> TrainedRetrieval:
    """Train the retriever of a network, and fit the fusions.

    Args:
        network: finished by Algorithm 1, with a retriever as it was made.
        tokenizer: of its encoder.
        labels: classes of its Normalizer.
        method: which Normalizer is chosen, and how the retriever is trained.
        phrases: to learn from, and to fit on.
        folder: keeps the state after each epoch.
        carry: put the names of the terminology into the bundle, instead of those of the labels.
        callback: told of each stage.
        fresh: start over, whatever the folder has.

    Raises:
        RunError: there is nothing to learn from, the folder holds another training, or memory ran out.
    """
    config = replace(method.retriever, layers=network.retriever_layers)
    trained = train_retriever(
        network,
        tokenizer,
        phrases.train,
        searched_names(labels, phrases.terminology),
        config,
        folder,
        held_out=phrases.held_out,
        seed=method.training.seed,
        bfloat16=method.training.bfloat16,
        callback=callback,
        fresh=fresh,
    )
    device = next(network.parameters()).device
    engine = Engine(network, device=device, precision=resolve_precision("auto", device))
    reader = SpanReader(engine, tokenizer, context=method.context, retrieval_context=config.context)
    carried = dictionary_of(reader, labels, phrases.terminology if carry else None)
    searched = [carried]
    if phrases.terminology is not None:
        searched.append(dictionary_of(reader, labels, None if carry else phrases.terminology))
    fusions = fit_fusions(
        reader,
        labels,
        [one for one in searched if len(one.index.names)],
        phrases.held_out,
        seed=method.training.seed,
    )
    if fusions.fits is None:
        callback.on_message(
            "no validation span has a PT: the weights of retrieval and hybrid are those set by hand"
        )
    retrieval = Retrieval(
        layers=config.layers,
        context=config.context,
        choice=method.normalizer,
        fusions=dict(fusions.fusions),
        release=carried.release,
    )
    normalizer = assemble_normalizer(reader, labels, carried, retrieval)
    return TrainedRetrieval(retrieval, carried, normalizer, trained, fusions)


def dictionary_of(reader: SpanReader, labels: Labels, terminology: Terminology | None) -> Dictionary:
    """Embed the names of a release, or without one those of the labels."""
    names = searched_names(labels, terminology)
    return Dictionary(NameIndex(names, reader.name_vectors(names.names)), terminology)

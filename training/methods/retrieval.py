"""The Normalizer over names: the retriever of a trained network, its dictionary, and its fusions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from models.bundle import Dictionary, Retrieval, searched_names
from models.encoder import TweetTokenizer
from models.network import MultiTaskNetwork
from models.normalizer import Labels, NameIndex, Normalizer, SpanReader
from models.runtime import Engine, resolve_precision
from models.scoring import assemble_normalizer
from models.terminology import Terminology
from training.errors import NothingToLearnError, RunError
from training.loop import TrainingCallback, adapt_layers, merge_layers
from training.methods.datasets import RetrievalPhrases
from training.methods.start import Start
from training.presets import Method
from training.retrieval import FittedFusions, TrainedRetriever, fit_fusions, train_retriever

# A fusion has nine weights and a threshold: those of a bundle to start from are better than a fit on fewer.
_FEWEST_TO_FIT: Final = 100


@dataclass(frozen=True)
class TrainedRetrieval:
    """All that a bundle needs to search names.

    Attributes:
        retrieval: its section of `config.json`.
        dictionary: the names that are searched, with their vectors.
        normalizer: uses both, on the network that they were made for.
        retriever: how the retriever was trained.
        fusions: how the weights were fitted.
        adapters: those of the retriever's layers, which are merged by now; none if it was trained whole.
    """

    retrieval: Retrieval
    dictionary: Dictionary
    normalizer: Normalizer
    retriever: TrainedRetriever
    fusions: FittedFusions
    adapters: Mapping[str, Tensor] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the figures, JSON-ready."""
        return {"retriever": self.retriever.to_json(), "fusions": self.fusions.to_json()}


def count_retriever_layers(method: Method, shared: int, callback: TrainingCallback) -> int:
    """Return the number of layers of the retriever, at most those that are trained; 0 without a retriever.

    Args:
        method: which Normalizer it uses, and how many layers its retriever should have.
        shared: number of layers that Algorithm 1 trains.
        callback: receives a message if there are fewer layers than the method specifies.

    Raises:
        RunError: a retriever is needed, and no layer is trained.
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
    include_terminology: bool,
    callback: TrainingCallback,
    fresh: bool = False,
    start: Start | None = None,
) -> TrainedRetrieval:
    """Train the retriever of a network, and fit its fusions.

    Args:
        network: trained by Algorithm 1, with an untrained retriever.
        tokenizer: the encoder's.
        labels: classes of the Normalizer.
        method: which Normalizer is used, and how the retriever is trained.
        phrases: what to learn from, and what to fit on.
        folder: holds the state after each epoch.
        include_terminology: put the names of the terminology into the bundle instead of those of the labels.
        callback: receives the events.
        fresh: start over, whatever the folder holds.
        start: the bundle whose retriever the network has, if it agrees.

    Raises:
        RunError: there is nothing to learn from, the folder holds another training, or memory ran out.
    """
    config = replace(method.retriever, layers=network.retriever_layers)
    torch.manual_seed(method.training.seed)  # of the adapters
    if method.training.lora_rank and network.retriever is not None:
        adapt_layers(network.retriever.layers, method.training)
    keeps = start if start is not None and start.has_retriever(config.layers) else None
    try:
        retriever = train_retriever(
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
    except NothingToLearnError:
        if keeps is None:
            raise
        retriever = TrainedRetriever(0, 0, ())
        callback.on_message(f"no span has a PT with a name: the retriever is that of {keeps.bundle.version}")
    adapters = merge_layers(network.retriever.layers) if network.retriever is not None else {}
    device = next(network.parameters()).device
    engine = Engine(network, device=device, precision=resolve_precision("auto", device))
    reader = SpanReader(engine, tokenizer, context=method.context, retrieval_context=config.context)
    count = len(searched_names(labels, phrases.terminology).names)
    callback.on_message(f"computing the vectors of {count:,} names")
    dictionary = make_dictionary(reader, labels, phrases.terminology if include_terminology else None)
    searched = [dictionary]
    if phrases.terminology is not None:
        searched.append(make_dictionary(reader, labels, None if include_terminology else phrases.terminology))
    held_out = phrases.held_out
    if keeps is not None and len(held_out) < _FEWEST_TO_FIT:
        held_out = ()
    fusions = fit_fusions(
        reader,
        labels,
        [names for names in searched if len(names.index.names)],
        held_out,
        seed=method.training.seed,
    )
    if keeps is not None and keeps.config.retrieval is not None and fusions.fits is None:
        fusions = replace(fusions, fusions=keeps.config.retrieval.fusions)
        callback.on_message(
            f"only {len(phrases.held_out):,} validation spans have a PT: retrieval and hybrid use the "
            f"weights of {keeps.bundle.version}, which are fitted again from {_FEWEST_TO_FIT} on"
        )
    elif fusions.fits is None:
        callback.on_message("no validation span has a PT: retrieval and hybrid use the weights set by hand")
    retrieval = Retrieval(
        layers=config.layers,
        context=config.context,
        choice=method.normalizer,
        fusions=dict(fusions.fusions),
        release=dictionary.release,
    )
    normalizer = assemble_normalizer(reader, labels, dictionary, retrieval)
    return TrainedRetrieval(retrieval, dictionary, normalizer, retriever, fusions, adapters)


def make_dictionary(reader: SpanReader, labels: Labels, terminology: Terminology | None) -> Dictionary:
    """Compute the vectors of a release's names, or without a release those of the labels' names."""
    names = searched_names(labels, terminology)
    return Dictionary(NameIndex(names, reader.name_vectors(names.names)), terminology)

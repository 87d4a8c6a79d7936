"""The contrastive training of a network's retriever, after Algorithm 1. All other weights are frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from models.encoder import TweetTokenizer
from models.network import NORMALIZER, MultiTaskNetwork, Task
from models.normalizer import Names
from training.errors import NothingToLearnError
from training.examples import CodedPhrase
from training.loop import (
    KEEP_LIMIT,
    EpochScore,
    Inputs,
    NullCallback,
    StateFolder,
    TrainingCallback,
    explain_out_of_memory,
    layerwise_rates,
    make_optimizer,
    set_dropout,
    train_epochs,
    trunk_key,
)
from training.retrieval.contrastive_epoch import retriever_steps, train_retriever_epoch
from training.retrieval.retriever_config import RetrieverConfig
from training.retrieval.retriever_data import Queries, RetrieverData, phrase_queries
from training.retrieval.vectors import VectorSource, accuracy_at


@dataclass(frozen=True)
class TrainedRetriever:
    """The result of a retriever's training.

    Attributes:
        best_epoch: the epoch whose weights the network has, counted from 1.
        queries: number of phrases that were learned from, without names.
        history: for each epoch the loss, and the accuracy on held-out phrases; JSON-ready.
    """

    best_epoch: int
    queries: int
    history: Sequence[Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Return all figures, JSON-ready."""
        return {"best_epoch": self.best_epoch, "phrases": self.queries, "epochs": list(self.history)}


def train_retriever(
    network: MultiTaskNetwork,
    tokenizer: TweetTokenizer,
    phrases: Sequence[CodedPhrase],
    names: Names,
    config: RetrieverConfig,
    folder: Path,
    *,
    held_out: Sequence[CodedPhrase] = (),
    seed: int = 1,
    bfloat16: bool = False,
    keep_limit: int = KEEP_LIMIT,
    callback: TrainingCallback | None = None,
    fresh: bool = False,
) -> TrainedRetriever:
    """Train a retriever, or resume its training.

    After each epoch the held-out phrases are searched by vectors alone. The epoch with the best accuracy at 1
    is kept, or the last one if nothing is held out.

    Args:
        network: trained by Algorithm 1, with an untrained retriever. It stays on its device and ends in eval
            mode.
        tokenizer: the encoder's, as for Algorithm 1.
        phrases: coded spans of a corpus, and lay phrases. Phrases whose PT is not in `names` are left out.
        names: the names to find, `Names.of_terminology` or `Names.of_labels`. They serve as phrases, too.
        config: see RetrieverConfig.
        folder: holds the state after each epoch.
        held_out: phrases that choose the best epoch.
        seed: of the order, the draws, the typing errors and dropout.
        bfloat16: multiply matrices in bfloat16. Weights, loss and gradients stay in fp32.
        keep_limit: bytes of states of the layers below that are kept in memory.
        callback: receives the events; steps and losses count as those of task 1c.
        fresh: start over, whatever the folder holds.

    Raises:
        ValueError: the network has no retriever, or one with another number of layers than `config` states.
        NothingToLearnError: no phrase has a PT with a name, and no PT has two names.
        RunError: the folder holds another training, memory ran out, or the
            loss is not finite.
    """
    if network.retriever_layers != config.layers:
        raise ValueError(
            f"the retriever has {network.retriever_layers} layers, but its settings state {config.layers}"
        )
    callback = callback or NullCallback()
    queries = phrase_queries(phrases, names, repeats=config.repeats)
    validation = phrase_queries(held_out, names)
    network.eval()
    source = VectorSource(network, bfloat16=bfloat16, limit=keep_limit)
    name_inputs = Inputs.of(tokenizer.encode(names.names))
    data = RetrieverData(queries, names, name_inputs, tokenizer, config, seed)
    if not len(data.queries(0)):
        raise NothingToLearnError(
            "there is nothing that the retriever can learn from: no phrase has a PT with a name, and no PT "
            "has two names. Train with --terminology, or with --set normalizer=classifier"
        )
    states = StateFolder(folder, _fingerprint(data, validation, source, bfloat16=bfloat16))
    if fresh:
        states.discard()
    callback.on_network_start("retriever", config.epochs)
    callback.on_data({NORMALIZER.task: len(data.queries(0))})
    with explain_out_of_memory("the retriever's training", "set retriever-batch-size lower"):
        state = train_epochs(_RetrieverTrainee(data, validation, source), states, callback=callback)
    network.eval()
    return TrainedRetriever(state.best_epoch, len(queries), state.history)


class _RetrieverTrainee:
    """A retriever with its data; a `Trainee`."""

    patience = 0

    def __init__(self, data: RetrieverData, validation: Queries, source: VectorSource) -> None:
        self.epochs = data.config.epochs
        self._data = data
        self._source = source
        self._validation = validation
        self._validation_inputs = data.encode(validation)

    def prepare(self, callback: TrainingCallback) -> None:
        set_dropout(self._source.retriever, self._data.config.dropout)
        phrases = self._data.encode(self._data.phrases)
        self._source.keep([self._data.name_inputs, phrases, self._validation_inputs], callback)

    def create_optimizer(self) -> Optimizer:
        config = self._data.config
        rates = layerwise_rates(self._source.retriever.layers, config.learning_rate, config.layer_decay)
        return make_optimizer(rates, weight_decay=config.weight_decay)

    def trained_weights(self) -> Mapping[str, Tensor]:
        return self._source.retriever.state_dict()

    def load_trained_weights(self, weights: Mapping[str, Tensor]) -> None:
        self._source.retriever.load_state_dict(weights)

    def count_steps(self, epoch: int) -> int:
        return retriever_steps(len(self._data.queries(epoch)), self._data.config)

    def train_epoch(
        self, epoch: int, optimizer: Optimizer, callback: TrainingCallback
    ) -> Mapping[Task, float]:
        loss = train_retriever_epoch(self._data, self._source, optimizer, epoch=epoch, callback=callback)
        return {NORMALIZER.task: loss}

    def validate(self, epoch: int) -> EpochScore:
        figures: dict[str, Any] = {"f1": {}}
        if not len(self._validation):
            # Without held-out phrases the last epoch counts as the best.
            return EpochScore(float(epoch + 1), figures)
        figures["accuracy"] = accuracy_at(
            self._source.all_vectors(self._validation_inputs),
            self._source.all_vectors(self._data.name_inputs),
            self._validation.concepts,
            self._data.names,
        )
        return EpochScore(figures["accuracy"]["1"], figures)


def _fingerprint(data: RetrieverData, validation: Queries, source: VectorSource, *, bfloat16: bool) -> str:
    """Identify a training by its settings, its data, and the weights that it starts from."""
    parts = (
        data.config,
        data.seed,
        bfloat16,
        data.phrases.digest(),
        validation.digest(),
        trunk_key(source.below, bfloat16=bfloat16).digest,
    )
    hashed = blake2b(repr(parts).encode(), digest_size=16)
    hashed.update(data.name_inputs.digest() + data.names.owners.tobytes())
    for name, tensor in source.retriever.state_dict().items():
        hashed.update(name.encode() + tensor.detach().to("cpu", torch.float32).numpy().tobytes())
    return hashed.hexdigest()

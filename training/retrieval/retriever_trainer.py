"""The contrastive training of a network's retriever, after Algorithm 1, with all else frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from models.normalizer.names import Names
from training.errors import RunError
from training.examples import CodedPhrase
from training.loop.callbacks import NullCallback, TrainingCallback
from training.loop.inputs import Inputs
from training.loop.processes import explain_out_of_memory
from training.loop.states import KEEP_LIMIT
from training.loop.training_state import StateFolder, TrainingState, clone
from training.loop.trunk_states import trunk_key
from training.retrieval.contrastive_epoch import (
    RetrieverData,
    encode_queries,
    retriever_steps,
    train_retriever_epoch,
)
from training.retrieval.optimization import make_optimizer
from training.retrieval.retriever_config import RetrieverConfig
from training.retrieval.retriever_data import Queries, phrase_queries
from training.retrieval.vectors import VectorSource, accuracy_at


@dataclass(frozen=True)
class TrainedRetriever:
    """What came of a training.

    Attributes:
        best_epoch: the one whose weights the network has, counted from 1.
        queries: phrases that were learned from, without names.
        history: for each epoch its loss and its accuracy on what was held back, JSON-ready.
    """

    best_epoch: int
    queries: int
    history: Sequence[Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Give all of it, JSON-ready."""
        return {"best_epoch": self.best_epoch, "phrases": self.queries, "epochs": list(self.history)}


def train_retriever(
    network: MultiTaskNetwork,
    tokenizer: TweetTokenizer,
    phrases: Sequence[CodedPhrase],
    names: Names,
    config: RetrieverConfig,
    folder: Path,
    *,
    held_back: Sequence[CodedPhrase] = (),
    seed: int = 1,
    bfloat16: bool = False,
    keep_limit: int = KEEP_LIMIT,
    watcher: TrainingCallback | None = None,
    fresh: bool = False,
) -> TrainedRetriever:
    """Train the retriever, going on after the last epoch that `folder` has.

    After each epoch the phrases that were held back are searched by vectors alone; the weights of the epoch
    with the best accuracy at 1 are kept, those of the last one where nothing was held back.

    Args:
        network: finished by Algorithm 1, with a retriever as it was made; it stays on its device, and is in
            eval mode at the end.
        tokenizer: the encoder's, as for Algorithm 1.
        phrases: coded spans of a corpus, lay phrases; names need not be among them. Those of PTs that
            `names` has not are left out.
        names: what is searched, `Names.of_terminology` or `Names.of_labels`; names are asked as well.
        config: see RetrieverConfig.
        folder: keeps the state after each epoch.
        held_back: phrases that the best epoch is chosen by.
        seed: of order, draws, typing errors and dropout.
        bfloat16: multiply matrices in bfloat16; weights, loss and gradients stay in fp32.
        keep_limit: bytes of states of the layers below that are kept in memory.
        watcher: told of each stage, of steps and losses as those of task 1c.
        fresh: start over, whatever the folder has.

    Raises:
        ValueError: the network has no retriever, or of another depth than `config` says.
        RunError: there is nothing to learn from, the folder holds another training, memory ran out, or the
            loss is no number.
    """
    if network.retriever_layers != config.layers:
        raise ValueError(
            f"the retriever has {network.retriever_layers} layers, its settings say {config.layers}"
        )
    watcher = watcher or NullCallback()
    learned = phrase_queries(phrases, names, repeats=config.repeats)
    judged = phrase_queries(held_back, names)
    network.eval()
    source = VectorSource(network, bfloat16=bfloat16, limit=keep_limit)
    lesson = RetrieverData(learned, names, Inputs.of(tokenizer.encode(names.names)), tokenizer, config, seed)
    if not len(lesson.queries(0)):
        raise RunError(
            "there is nothing that the retriever can learn from: no phrase has a PT with a name, and no PT "
            "has two names; train with --terminology, or with --set normalizer=classifier"
        )
    runs = StateFolder(folder, _identity(lesson, judged, source, bfloat16=bfloat16))
    if fresh:
        runs.discard()
    state = runs.load() or TrainingState()
    watcher.network("retriever", config.epochs)
    watcher.data({"1c": len(lesson.queries(0))})
    if state.epochs_done >= config.epochs:
        watcher.note(f"trained already: the retriever's weights are in {folder}")
    else:
        if state.epochs_done:
            watcher.note(f"going on after epoch {state.epochs_done} of {config.epochs}, from {folder}")
        with explain_out_of_memory("the retriever's training", "set retriever-batch-size lower"):
            state = _epochs(lesson, judged, source, runs, state, watcher)
    source.retriever.load_state_dict(state.best)
    network.eval()
    return TrainedRetriever(state.best_epoch, len(learned), state.history)


def _epochs(
    lesson: RetrieverData,
    judged: Queries,
    source: VectorSource,
    runs: StateFolder,
    state: TrainingState,
    watcher: TrainingCallback,
) -> TrainingState:
    config = lesson.config
    for module in source.retriever.modules():
        if isinstance(module, nn.Dropout):
            module.p = config.dropout
    optimizer = make_optimizer(source.retriever, config)
    if state.epochs_done:
        source.retriever.load_state_dict(state.network)
        optimizer.load_state_dict(state.optimizer)
    asked = encode_queries(lesson.tokenizer, judged, context=config.context)
    phrases = encode_queries(lesson.tokenizer, lesson.phrases, context=config.context)
    source.keep([lesson.inputs, phrases, asked], watcher)
    for epoch in range(state.epochs_done, config.epochs):
        queries = lesson.queries(epoch)
        watcher.epoch(epoch, retriever_steps(len(queries), config))
        loss = train_retriever_epoch(
            lesson,
            queries,
            source,
            optimizer,
            epoch=epoch,
            told=lambda value, left: watcher.step("1c", value, left),
        )
        figures: dict[str, Any] = {"epoch": epoch + 1, "losses": {"1c": loss}, "f1": {}}
        if len(judged):
            figures["accuracy"] = accuracy_at(
                source.all_vectors(asked), source.all_vectors(lesson.inputs), judged.concepts, lesson.names
            )
        state = _after(state, source.retriever, optimizer.state_dict(), figures)
        runs.save(state)
        watcher.scores(figures)
    return state


def _after(
    state: TrainingState, retriever: nn.Module, optimizer: dict[str, Any], figures: dict[str, Any]
) -> TrainingState:
    # Where nothing was held back, each epoch is taken for better than the one before.
    score = figures["accuracy"]["1"] if "accuracy" in figures else float(figures["epoch"])
    weights = clone(retriever.state_dict())
    better = score > state.best_score
    return TrainingState(
        epochs_done=figures["epoch"],
        network=weights,
        optimizer=optimizer,
        best=weights if better else state.best,
        best_epoch=figures["epoch"] if better else state.best_epoch,
        best_score=score if better else state.best_score,
        history=[*state.history, figures],
    )


def _identity(lesson: RetrieverData, judged: Queries, source: VectorSource, *, bfloat16: bool) -> str:
    told = (
        lesson.config,
        lesson.seed,
        bfloat16,
        lesson.phrases.digest(),
        judged.digest(),
        trunk_key(source.below, bfloat16=bfloat16).digest,
    )
    hashed = blake2b(repr(told).encode(), digest_size=16)
    hashed.update(lesson.inputs.digest() + lesson.names.owners.tobytes())
    for name, tensor in source.retriever.state_dict().items():
        hashed.update(name.encode() + tensor.detach().to("cpu", torch.float32).numpy().tobytes())
    return hashed.hexdigest()

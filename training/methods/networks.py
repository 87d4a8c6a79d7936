"""The networks of a method: each is trained once by Algorithm 1, and loaded again by later runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from models.encoder import Encoder
from models.network import MultiTaskNetwork, Task
from training.loop import (
    CallbackList,
    Inputs,
    NullCallback,
    StateFolder,
    TaskData,
    TrainingCallback,
    TrainingConfig,
    Validate,
    fingerprint,
    train_multitask,
)
from training.methods.training_run import TrainingRun
from training.reports import TensorBoardLog, draw_curves


@dataclass(frozen=True)
class NetworkSpec:
    """What a network is trained on, and how it is validated.

    Attributes:
        role: its purpose, as part of file names: "network", "classifier-2".
        title: its purpose, for people.
        tasks: D_1, D_2, D_3.
        config: settings of Algorithm 1.
        validate: scores the network after each epoch.
        validation_fingerprint: identifies the validation texts and how they are scored.
        validation_inputs: the tokens of these texts, whose states are kept.
    """

    role: str
    title: str
    tasks: Mapping[Task, TaskData]
    config: TrainingConfig
    validate: Validate
    validation_fingerprint: str
    validation_inputs: Inputs


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with the weights of its best epoch, in eval mode.

    Attributes:
        network: on the device of the training.
        best_epoch: counted from 1.
        history: the losses and scores of each epoch, JSON-ready.
    """

    network: MultiTaskNetwork
    best_epoch: int
    history: Sequence[Mapping[str, Any]]


class NetworkFactory:
    """Creates networks of the same shape from one encoder. They share the frozen trunk and start alike.

    Args:
        encoder: pretrained. Its shared layers are not changed until `join` is called.
        config: what the networks have in common: seed, dropout, pooling, frozen layers.
        ptids: number of classes of the Normalizer.
        has_spans: whether there are spans to train the Extractor on. If not, it never finds any.
    """

    def __init__(
        self, encoder: Encoder, config: TrainingConfig, ptids: int, *, has_spans: bool = True
    ) -> None:
        torch.manual_seed(config.seed)
        layers = len(encoder.model.encoder.layer)
        self._shape: dict[str, Any] = {
            "frozen_layers": config.count_frozen(layers),
            "ptids": ptids,
            "dropout": config.dropout,
            "pooling": config.pooling,
        }
        self._encoder = encoder
        self._template = MultiTaskNetwork(encoder.model, **self._shape)
        if not has_spans:
            _never_extract(self._template.extractor)
        self.encoder_digest = encoder.digest(layers)

    def create(self) -> MultiTaskNetwork:
        """Create a network on the shared trunk, with pretrained shared layers and untrained heads."""
        trunk = (self._template.embeddings, self._template.trunk)
        return deepcopy(self._template, {id(part): part for part in trunk})

    def join(self, networks: Sequence[MultiTaskNetwork], *, retriever_layers: int = 0) -> MultiTaskNetwork:
        """Join trained networks into one: all heads of the first, and the Classifiers of the others.

        Args:
            networks: one or more.
            retriever_layers: number of layers of the untrained retriever that the result gets.
        """
        joined = MultiTaskNetwork(
            self._encoder.model,
            classifiers=len(networks),
            retriever_layers=retriever_layers,
            **self._shape,
        )
        joined.to(next(networks[0].parameters()).device)
        joined.load_trained_state({**joined.trained_state(), **networks[0].trained_state()})
        for position, other in enumerate(networks[1:], start=1):
            joined.adopt(position, other)
        return joined.eval()


@torch.no_grad()
def _never_extract(extractor: nn.Linear) -> None:
    """Set the weights so that every token is tagged O with certainty."""
    extractor.weight.zero_()
    extractor.bias.copy_(torch.tensor([8.0, -8.0]))


def train_network(spec: NetworkSpec, factory: NetworkFactory, run: TrainingRun) -> TrainedNetwork:
    """Train a network, resume its training, or load it if it is trained already.

    Writes logs to `tensorboard/ROLE` and curves to `curves-ROLE.png` in the run folder.

    Args:
        spec: what the network is trained on.
        factory: creates the untrained network.
        run: where the training runs.

    Raises:
        RunError: its folder is damaged, or memory ran out.
    """
    identity = fingerprint(
        spec.config,
        list(spec.tasks.values()),
        extra=[factory.encoder_digest, spec.validation_fingerprint],
    )
    folder = StateFolder(run.networks / f"{spec.role}-{identity[:12]}", identity)
    if run.fresh and run.processes.is_main:
        folder.discard()
    run.processes.wait()
    network = factory.create()
    with ExitStack() as open_logs:
        callback: TrainingCallback = NullCallback()
        if run.processes.is_main:
            log = open_logs.enter_context(TensorBoardLog(run.folder / "tensorboard" / spec.role))
            callback = CallbackList(run.callback, log)
        callback.on_network_start(spec.title, spec.config.epochs)
        callback.on_data({task: len(data) for task, data in spec.tasks.items()})
        state = train_multitask(
            network,
            spec.tasks,
            spec.config,
            folder,
            validate=spec.validate,
            callback=callback,
            states=run.states,
            processes=run.processes,
            also_keep=[spec.validation_inputs],
        )
    if run.processes.is_main:
        draw_curves(spec.title, state.history, run.folder / f"curves-{spec.role}.png")
    return TrainedNetwork(network, state.best_epoch, state.history)

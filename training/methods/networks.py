"""The networks of a method: each trained once by Algorithm 1, in a folder by which it is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.encoder.loading import Encoder
from models.network.heads import Task
from models.network.multitask import MultiTaskNetwork
from training.loop.callbacks import CallbackList, NullCallback, TrainingCallback
from training.loop.config import TrainingConfig
from training.loop.inputs import Inputs
from training.loop.multitask_training import Validate, train_multitask
from training.loop.processes import SINGLE_PROCESS, Processes
from training.loop.states import KeptStates
from training.loop.task_data import TaskData
from training.loop.training_state import StateFolder, fingerprint
from training.reports.curves import TensorBoardLog, draw_curves


@dataclass(frozen=True)
class TrainingRun:
    """Where and with what a method is trained.

    Attributes:
        run: the run folder: logs and curves of this training.
        networks: what each network leaves after an epoch; several runs can have one in common, and then
            train what they have in common once.
        states: of the frozen trunk, kept for all networks.
        processes: that train together.
        callback: told of each stage.
        fresh: start over, whatever the folders hold.
    """

    run: Path
    networks: Path
    states: KeptStates
    processes: Processes = SINGLE_PROCESS
    callback: TrainingCallback = field(default_factory=NullCallback)
    fresh: bool = False


@dataclass(frozen=True)
class NetworkSpec:
    """What a network is trained on, and judged by.

    Attributes:
        role: what it is for, as a part of file names: "network", "classifier-2".
        title: the same for people.
        tasks: D_1, D_2, D_3.
        config: settings of Algorithm 1.
        validate: judges it after each epoch.
        judged_by: identifies the validation texts and how they are used.
        judged_on: the tokens of those texts, whose states are kept.
    """

    role: str
    title: str
    tasks: Mapping[Task, TaskData]
    config: TrainingConfig
    validate: Validate
    judged_by: str
    judged_on: Inputs


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with the weights of its best epoch, in eval mode.

    Attributes:
        network: on the device of the training.
        best_epoch: counted from 1.
        history: for each epoch its losses and scores, JSON-ready.
    """

    network: MultiTaskNetwork
    best_epoch: int
    history: Sequence[Mapping[str, Any]]


class NetworkFactory:
    """Makes networks of one shape from one encoder; they share the frozen trunk, and start alike.

    Args:
        encoder: pretrained; its shared layers are left as they are until `ensemble` is called.
        config: what the networks have in common: seed, dropout, pooling, frozen layers.
        ptids: classes of the Normalizer.
        extracts: whether there is anything to train the Extractor on; if not, it starts, and stays, such
            that it finds nothing.
    """

    def __init__(
        self, encoder: Encoder, config: TrainingConfig, ptids: int, *, extracts: bool = True
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
        if not extracts:
            _silence(self._template.extractor)
        self.start = encoder.digest(layers)

    def untrained(self) -> MultiTaskNetwork:
        """Give a network on the same trunk, with pretrained shared layers and new heads."""
        trunk = (self._template.embeddings, self._template.trunk)
        return deepcopy(self._template, {id(part): part for part in trunk})

    def ensemble(
        self, networks: Sequence[MultiTaskNetwork], *, retriever_layers: int = 0
    ) -> MultiTaskNetwork:
        """Put trained networks into one: Extractor and Normalizer of the first, the Classifiers of all.

        Args:
            networks: one or more.
            retriever_layers: of a retriever that is still to be trained, and starts as pretrained.
        """
        whole = MultiTaskNetwork(
            self._encoder.model,
            classifiers=len(networks),
            retriever_layers=retriever_layers,
            **self._shape,
        )
        whole.to(next(networks[0].parameters()).device)
        whole.load_trained_state({**whole.trained_state(), **networks[0].trained_state()})
        for position, other in enumerate(networks[1:], start=1):
            whole.adopt(position, other)
        return whole.eval()


@torch.no_grad()
def _silence(extractor: nn.Linear) -> None:
    extractor.weight.zero_()
    extractor.bias.copy_(torch.tensor([8.0, -8.0]))


def train_network(recipe: NetworkSpec, foundry: NetworkFactory, shop: TrainingRun) -> TrainedNetwork:
    """Train a network, or find it trained.

    Leaves its logs in `tensorboard/ROLE` and its curves in `curves-ROLE.png` of the run folder.

    Args:
        recipe: of the network.
        foundry: gives it untrained.
        shop: where.

    Raises:
        RunError: its folder is damaged, or memory ran out.
    """
    identity = fingerprint(
        recipe.config, list(recipe.tasks.values()), extra=[foundry.start, recipe.judged_by]
    )
    folder = StateFolder(shop.networks / f"{recipe.role}-{identity[:12]}", identity)
    if shop.fresh and shop.processes.is_main:
        folder.discard()
    shop.processes.wait()
    network = foundry.untrained()
    with ExitStack() as open_logs:
        callback: TrainingCallback = NullCallback()
        if shop.processes.is_main:
            log = open_logs.enter_context(TensorBoardLog(shop.run / "tensorboard" / recipe.role))
            callback = CallbackList(shop.callback, log)
        callback.on_network_start(recipe.title, recipe.config.epochs)
        callback.on_data({task: len(data) for task, data in recipe.tasks.items()})
        state = train_multitask(
            network,
            recipe.tasks,
            recipe.config,
            folder,
            validate=recipe.validate,
            callback=callback,
            states=shop.states,
            processes=shop.processes,
            also_keep=[recipe.judged_on],
        )
    if shop.processes.is_main:
        draw_curves(recipe.title, state.history, shop.run / f"curves-{recipe.role}.png")
    return TrainedNetwork(network, state.best_epoch, state.history)

"""The networks of a method: each is trained once by Algorithm 1, and loaded again by later runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from models.encoder import Encoder
from models.network import EncoderModel, MultiTaskNetwork, Task
from training.errors import RunError
from training.loop import (
    AdaptedNetwork,
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

Change = Callable[[MultiTaskNetwork], None]
"""Changes a network in place."""


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
        start: the version of the bundle whose heads it starts from, if there is one.
    """

    role: str
    title: str
    tasks: Mapping[Task, TaskData]
    config: TrainingConfig
    validate: Validate
    validation_fingerprint: str
    validation_inputs: Inputs
    start: tuple[str, ...] = ()


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

    With adapters, the layers of the encoder are never changed. Otherwise they are by `join`.

    Args:
        encoder: pretrained.
        config: what the networks have in common: seed, dropout, pooling, frozen layers, adapters.
        ptids: number of classes of the Normalizer.
        has_spans: whether there are spans to train the Extractor on. If not, it never finds any.
        load_heads: sets the heads of a new network, which are untrained otherwise; the Extractor's too.
        load_retriever: sets the retriever of a joined network.

    Raises:
        RunError: there are to be adapters, and all layers are frozen or peft is not installed.
    """

    def __init__(
        self,
        encoder: Encoder,
        config: TrainingConfig,
        ptids: int,
        *,
        has_spans: bool = True,
        load_heads: Change | None = None,
        load_retriever: Change | None = None,
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
        self._config = config
        self._load_retriever = load_retriever
        self._template = self._make_template(layers)
        if load_heads is not None:
            load_heads(self._template)
        elif not has_spans:
            _never_extract(self._template.extractor)
        self.encoder_digest = encoder.digest(layers)

    def _make_template(self, layers: int) -> MultiTaskNetwork:
        if not self._config.lora_rank:
            return MultiTaskNetwork(self._encoder.model, **self._shape)
        if self._shape["frozen_layers"] == layers:
            raise RunError(
                "all layers are frozen, and adapters change layers: --set frozen-layers=-1, or "
                "--set lora-rank=0"
            )
        return AdaptedNetwork(self._copy_encoder(), self._config, **self._shape)

    def _copy_encoder(self) -> EncoderModel:
        """Copy the encoder, except for its frozen part."""
        model = self._encoder.model
        frozen = [model.embeddings, *model.encoder.layer[: self._shape["frozen_layers"]]]
        return deepcopy(model, {id(part): part for part in frozen})

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
        adapted = bool(self._config.lora_rank)
        networks = [
            network.merged() if isinstance(network, AdaptedNetwork) else network for network in networks
        ]
        joined = MultiTaskNetwork(
            self._copy_encoder() if adapted else self._encoder.model,
            classifiers=len(networks),
            retriever_layers=retriever_layers,
            **self._shape,
        )
        joined.to(next(networks[0].parameters()).device)
        joined.load_trained_state({**joined.trained_state(), **networks[0].trained_state()})
        for position, other in enumerate(networks[1:], start=1):
            joined.adopt(position, other)
        if self._load_retriever is not None:
            self._load_retriever(joined)
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
        extra=[factory.encoder_digest, spec.validation_fingerprint, *spec.start],
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
        callback.on_data({task: data.epoch_size for task, data in spec.tasks.items()})
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

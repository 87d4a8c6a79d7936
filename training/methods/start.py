"""The bundle that a training starts from, in place of a pretrained encoder alone.

Its layers, frozen ones and trained ones, become the starting encoder. Its heads and its retriever are taken
where they agree with what is trained. What is then frozen and what is trained is a matter of the new method.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from models.bundle import (
    Bundle,
    BundleConfig,
    TrainedAdapters,
    load_bundle,
    network_shape,
    read_config,
    read_stored_network,
)
from models.encoder import Encoder
from models.network import HEADS, NORMALIZER, EncoderModel, MultiTaskNetwork
from models.normalizer import Labels
from models.scoring import bundle_folder
from models.scoring.dummy import is_dummy
from training.errors import RunError
from training.presets import Method


@dataclass(frozen=True)
class Start:
    """A bundle that a training starts from.

    Attributes:
        bundle: without its second reader; the first of its classifiers is taken, if it is an ensemble.
        encoder: all its layers, to train further.
        base: the public encoder that it was made from; the layers that differ are stored in bundles. Where
            the bundle has whole layers, only the lowest layers of this are the public encoder's.
        adapters: its layers as changes of `base`; None if it has whole layers.
    """

    bundle: Bundle
    encoder: Encoder
    base: Encoder
    adapters: TrainedAdapters | None

    @property
    def config(self) -> BundleConfig:
        """The config of the bundle."""
        return self.bundle.config

    @property
    def labels(self) -> Labels:
        """The classes of its Normalizer."""
        return self.bundle.labels

    def encoder_layers(self, frozen_layers: int) -> int:
        """Return how many of a new network's frozen layers are the public encoder's own, as in a bundle."""
        return min(frozen_layers, self.config.untouched_layers)

    def reads_spans_alike(self, method: Method) -> bool:
        """Return True if the Normalizer of `method` reads what the bundle's reads."""
        config = self.config
        return (
            config.normalizer_pooling == method.training.pooling and config.options.context == method.context
        )

    def has_retriever(self, layers: int) -> bool:
        """Return True if the bundle's retriever has this number of layers, one or more."""
        return 0 < layers == self.bundle.weights.shape.retriever_layers

    @torch.no_grad()
    def load_heads(self, network: MultiTaskNetwork, labels: Labels, *, normalizer: bool) -> None:
        """Copy the heads of the bundle into a network.

        Args:
            network: on the bundle's encoder.
            labels: classes of its Normalizer; those that the bundle lacks stay untrained.
            normalizer: whether to copy the rows of the Normalizer.
        """
        tensors = self.bundle.weights.tensors
        for head in HEADS:
            if head != NORMALIZER:
                _copy(network, tensors, head.name)
        if not normalizer:
            return
        row_of = {label.ptid: row for row, label in enumerate(self.labels.classes)}
        linear = network.linear(NORMALIZER)
        for row, label in enumerate(labels.classes):
            if (known := row_of.get(label.ptid)) is not None:
                linear.weight[row] = tensors["normalizer.weight"][known]
                linear.bias[row] = tensors["normalizer.bias"][known]

    @torch.no_grad()
    def load_retriever(self, network: MultiTaskNetwork) -> None:
        """Copy the retriever of the bundle, if it has as many layers as the network's."""
        if self.has_retriever(network.retriever_layers):
            _copy(network, self.bundle.weights.tensors, "retriever")


def open_start(method: Method) -> Start | None:
    """Load the bundle that a method starts from; None if it starts from an encoder.

    Raises:
        ModelError: there is no such bundle, it is damaged, or its encoder is missing.
        RunError: it cannot be trained further.
    """
    if not method.start_from:
        return None
    folder = _folder_of_start(method.start_from)
    bundle = load_bundle(folder, with_second=False)
    config, shape = bundle.config, bundle.weights.shape
    tensors: dict[str, Tensor] = {}
    for name, tensor in bundle.weights.tensors.items():
        stack, _, rest = name.partition(".")
        number, _, parameter = rest.partition(".")
        if stack == "embeddings":
            tensors[name] = tensor
        elif stack in ("trunk", "shared"):
            layer = int(number) + (shape.frozen_layers if stack == "shared" else 0)
            tensors[f"encoder.layer.{layer}.{parameter}"] = tensor
    encoder = _encoder(config, tensors, bundle)
    if config.adapters is None:
        return Start(bundle, encoder, encoder, None)
    stored = read_stored_network(folder, config, network_shape(config, len(bundle.labels)))
    adapters = TrainedAdapters(config.adapters, stored.stored)
    return Start(bundle, encoder, _encoder(config, stored.encoder, bundle), adapters)


def with_start(method: Method) -> Method:
    """Return a method whose settings name the encoder of the bundle that it starts from, if any.

    Raises:
        BundleError: there is no such bundle.
        RunError: it cannot be trained further.
    """
    if not method.start_from:
        return method
    config = read_config(_folder_of_start(method.start_from))
    return replace(method, training=replace(method.training, encoder=config.encoder))


def inherited_settings(start_from: str, keys: Collection[str]) -> list[str]:
    """Return the settings by which the heads and the retriever of a bundle read, so that they agree.

    Args:
        start_from: name or folder of the bundle.
        keys: of settings that the user has chosen, with `-`; they are left out.

    Raises:
        BundleError: there is no such bundle.
        RunError: it cannot be trained further.
    """
    config = read_config(_folder_of_start(start_from))
    settings: dict[str, object] = {
        "pooling": config.normalizer_pooling,
        "reads-context": str(config.options.reads_context).lower(),
        "normalizer": config.choice,
    }
    if config.retrieval is not None:
        settings["retriever-layers"] = config.retrieval.layers
        settings["retriever-context"] = str(config.retrieval.context).lower()
    return [f"{key}={value}" for key, value in settings.items() if key not in keys]


def start_notes(start: Start, method: Method, labels: Labels) -> list[str]:
    """Return what a user should know about what is taken from the bundle, and what is not.

    Args:
        start: the bundle.
        method: how it is trained further.
        labels: the classes of the new Normalizer.
    """
    config, version = start.config, start.bundle.version
    notes = [f"starting from the bundle {version}"]
    if config.ensemble is not None:
        notes.append(f"of its {config.ensemble.classifiers} classifiers, the first is trained further")
    if config.second_reader is not None:
        notes.append("of its two readers, the first is trained further; the second is in its folder `second`")
    if not start.reads_spans_alike(method):
        pooling, context = config.normalizer_pooling, str(config.options.context).lower()
        notes.append(
            f"the Normalizer starts untrained, because that of {version} reads something else: --set "
            f"pooling={pooling} and --set context={context} keep it"
        )
    elif new := {label.ptid for label in labels.classes} - {label.ptid for label in start.labels.classes}:
        notes.append(f"{len(new):,} of the Normalizer's {len(labels):,} classes start untrained")
    if config.retrieval is not None and method.normalizer == "classifier":
        notes.append(
            f"the retriever of {version} is left out: --set normalizer={config.choice} trains it further"
        )
    return notes


def _folder_of_start(name: str) -> Path:
    if is_dummy(name):
        raise RunError(f"start-from is {name!r}, which has no weights: name a bundle, such as default")
    folder = bundle_folder(name)
    if read_config(folder).quantization is not None:
        raise RunError(
            f"start-from is {name}, which is quantized and cannot be trained further: start from the bundle "
            "that it was made from"
        )
    return folder


def _encoder(config: BundleConfig, tensors: Mapping[str, Tensor], bundle: Bundle) -> Encoder:
    model = EncoderModel.with_tensors(config.architecture, tensors)
    return Encoder(model, bundle.tokenizer, config.encoder, has_safetensors=True)


def _copy(network: MultiTaskNetwork, tensors: Mapping[str, Tensor], module: str) -> None:
    """Copy the tensors of one module, which has the same shape in both."""
    for name, tensor in network.get_submodule(module).state_dict().items():
        tensor.copy_(tensors[f"{module}.{name}"])

"""Load a bundle: every file is checked before it is used, nothing is unpickled, and no code is run.

This does not import transformers, which takes 170 MB and seconds, and which serving does not need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from models.bundle.bundle_config import (
    BODY_GRAPH_FILE,
    BODY_WEIGHTS_FILE,
    BundleConfig,
)
from models.bundle.checked_files import (
    read_checked,
    read_config,
    read_labels,
)
from models.bundle.dictionary import Dictionary, read_dictionary
from models.bundle.read_weights import network_shape, read_stored_network
from models.network import NetworkWeights
from models.normalizer import Labels
from models.runtime.int8 import BodyIr

if TYPE_CHECKING:
    from models.network import MultiTaskNetwork


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle.

    Attributes:
        path: its folder.
        config: its `config.json`.
        labels: the classes of the Normalizer.
        weights: of its network, fp32, on the CPU.
        tokenizer: of the trunk.
        dictionary: the names that retrieval searches; None if the bundle has no retrieval.
        body: the quantized body; None if the bundle is not quantized.
    """

    path: Path
    config: BundleConfig
    labels: Labels
    weights: NetworkWeights
    tokenizer: Tokenizer
    dictionary: Dictionary | None = None
    body: BodyIr | None = None

    @property
    def version(self) -> str:
        """Identity of the weights, labels and settings."""
        return self.config.version

    @cached_property
    def network(self) -> MultiTaskNetwork:
        """A network with a copy of the weights, in eval mode, on the CPU: to inspect, or to train further."""
        from models.network import EncoderModel, MultiTaskNetwork

        shape = self.weights.shape
        network = MultiTaskNetwork(
            EncoderModel(self.config.architecture),
            frozen_layers=shape.frozen_layers,
            ptids=shape.ptids,
            dropout=self.config.dropout,
            pooling=shape.pooling,
            classifiers=shape.classifiers,
            retriever_layers=shape.retriever_layers,
        )
        network.load_state_dict(dict(self.weights.tensors))
        return network.eval()

    def with_network(self, network: MultiTaskNetwork, body: BodyIr | None = None) -> Bundle:
        """Return this bundle with the weights of another network, which are not copied, and another body."""
        return replace(self, weights=network.weights(), body=body)


def load_bundle(path: str | Path, *, trunk: str | Path | None = None) -> Bundle:
    """Load a bundle and its trunk.

    Args:
        path: the bundle's folder.
        trunk: folder of the pretrained encoder, instead of the source that the bundle names.

    Raises:
        BundleError: a file is missing, damaged, or contradicts another; or the format is too new.
        TrunkError: the trunk cannot be found, or is not the one that the bundle was trained on.
    """
    folder = Path(path)
    config = read_config(folder)
    labels = read_labels(folder, config)
    shape = network_shape(config, len(labels))
    stored = read_stored_network(folder, config, shape, Path(trunk) if trunk else None)
    weights = NetworkWeights(shape, stored.whole_tensors(shape, config))
    dictionary = read_dictionary(folder, config, labels)
    return Bundle(folder, config, labels, weights, stored.tokenizer, dictionary, _read_body(folder, config))


def _read_body(folder: Path, config: BundleConfig) -> BodyIr | None:
    if config.quantization is None:
        return None
    graph, weights = (read_checked(folder, config, name) for name in (BODY_GRAPH_FILE, BODY_WEIGHTS_FILE))
    return BodyIr(graph, weights, str(folder / BODY_GRAPH_FILE))

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
    EXIT_FILE,
    SECOND_READER_FOLDER,
    BundleConfig,
)
from models.bundle.checked_files import (
    FIX,
    read_checked,
    read_config,
    read_labels,
    read_second_config,
    read_tensors,
)
from models.bundle.config_sections import SecondReader
from models.bundle.dictionary import Dictionary, read_dictionary
from models.bundle.read_weights import network_shape, read_stored_network
from models.bundle.stored_tensors import exit_mismatch
from models.encoder import TweetTokenizer
from models.errors import BundleError
from models.network import ExitHead, NetworkShape, NetworkWeights
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
        second: the second reader, a bundle of its own; None if there is one reader.
        early_exit: the head that settles clear negatives after a lower layer; None if there is none.
    """

    path: Path
    config: BundleConfig
    labels: Labels
    weights: NetworkWeights
    tokenizer: Tokenizer
    dictionary: Dictionary | None = None
    body: BodyIr | None = None
    second: Bundle | None = None
    early_exit: ExitHead | None = None

    @cached_property
    def tweet_tokenizer(self) -> TweetTokenizer:
        """The tokenizer with the bundle's longest input; made once, since that copies it."""
        return TweetTokenizer(self.tokenizer, self.config.max_tokens)

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
        """Return this bundle with the weights of another network, which are not copied, and another body.

        It has no early exit, whose head was trained for the weights of this bundle.
        """
        return replace(self, weights=network.weights(), body=body, early_exit=None)

    def with_second(self, second: Bundle, section: SecondReader) -> Bundle:
        """Return this bundle with a second reader, in memory alone; its version is that of such a bundle."""
        return replace(self, config=self.config.changed({}, second_reader=section), second=second)


def load_bundle(path: str | Path, *, trunk: str | Path | None = None, with_second: bool = True) -> Bundle:
    """Load a bundle and its trunk, and its second reader if it has one.

    Args:
        path: the bundle's folder.
        trunk: folder of the pretrained encoder, instead of the source that the bundle names. If it has a
            subfolder `second`, that is the encoder of the second reader.
        with_second: False leaves the second reader out, so that its encoder need not be there.

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
    return Bundle(
        folder,
        config,
        labels,
        weights,
        stored.tokenizer,
        read_dictionary(folder, config, labels),
        _read_body(folder, config),
        _load_second(folder, config, trunk) if with_second else None,
        _read_exit(folder, config, shape),
    )


def _load_second(folder: Path, config: BundleConfig, trunk: str | Path | None) -> Bundle | None:
    if config.second_reader is None:
        return None
    read_second_config(folder, config)
    own_trunk = Path(trunk) / SECOND_READER_FOLDER if trunk else None
    has_trunk = own_trunk is not None and own_trunk.is_dir()
    return load_bundle(folder / SECOND_READER_FOLDER, trunk=own_trunk if has_trunk else None)


def _read_body(folder: Path, config: BundleConfig) -> BodyIr | None:
    if config.quantization is None:
        return None
    graph, weights = (read_checked(folder, config, name) for name in (BODY_GRAPH_FILE, BODY_WEIGHTS_FILE))
    return BodyIr(graph, weights, str(folder / BODY_GRAPH_FILE))


def _read_exit(folder: Path, config: BundleConfig, shape: NetworkShape) -> ExitHead | None:
    section = config.early_exit
    if section is None:
        return None
    tensors = read_tensors(folder, config, EXIT_FILE)
    if difference := exit_mismatch(section.layer, shape, tensors):
        raise BundleError(f"{folder / EXIT_FILE} {difference}: {FIX}")
    whole = {name: tensor.float() for name, tensor in tensors.items()}
    return ExitHead(section.layer, section.leaves_below, section.shown_for, whole)

"""Load a bundle: every file is checked before it is used, nothing is unpickled, and no code is run.

This does not import transformers, which takes 170 MB and seconds, and which serving does not need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer
from torch import Tensor

from models.bundle.adapters import TrainedAdapters, compact_shapes, is_head, merge_adapters
from models.bundle.bundle_config import (
    BODY_GRAPH_FILE,
    BODY_WEIGHTS_FILE,
    LABELS_FILE,
    TRUNK_FILE,
    WEIGHTS_FILE,
    BundleConfig,
)
from models.bundle.checked_files import (
    FIX,
    read_checked,
    read_config,
    read_labels,
    read_tensors,
    read_tokenizer_file,
)
from models.bundle.dictionary import Dictionary, read_dictionary
from models.bundle.stored_tensors import (
    encoder_names,
    encoder_shapes,
    name_in_encoder,
    shape_mismatches,
    stored_shapes,
)
from models.encoder import read_pretrained, trunk_digest, trunk_tensors
from models.errors import BundleError, TrunkError
from models.network import NetworkShape, NetworkWeights
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
        from models.encoder import build_bert
        from models.network import MultiTaskNetwork

        shape = self.weights.shape
        network = MultiTaskNetwork(
            build_bert(self.config.architecture.model_dump()),
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
    shape = NetworkShape.of(
        config.architecture,
        frozen_layers=config.frozen_layers,
        ptids=len(labels),
        pooling=config.normalizer_pooling,
        classifiers=config.ensemble.classifiers if config.ensemble else 1,
        retriever_layers=config.retrieval.layers if config.retrieval else 0,
    )
    encoder, tokenizer = _read_encoder(folder, config, shape, Path(trunk) if trunk else None)
    stored = _read_stored(folder, config, shape)
    frozen = {name: encoder[name_in_encoder(name)] for name in encoder_names(shape, config.untouched_layers)}
    if config.adapters is not None:
        adapters = TrainedAdapters(config.adapters, stored)
        stored = {
            **{name: tensor for name, tensor in stored.items() if is_head(name)},
            **merge_adapters(shape, config.untouched_layers, adapters, encoder),
        }
    weights = NetworkWeights(shape, {name: tensor.float() for name, tensor in {**frozen, **stored}.items()})
    dictionary = read_dictionary(folder, config, labels)
    return Bundle(folder, config, labels, weights, tokenizer, dictionary, _read_body(folder, config))


def _read_stored(folder: Path, config: BundleConfig, shape: NetworkShape) -> dict[str, Tensor]:
    """Return the tensors of `model.safetensors`: whole layers or adapters, and the heads."""
    tensors = read_tensors(folder, config, WEIGHTS_FILE)
    normalizer = tensors.get("normalizer.weight")
    if normalizer is not None and normalizer.ndim == 2 and len(normalizer) != shape.ptids:
        raise BundleError(
            f"{folder / LABELS_FILE} has {shape.ptids} labels, "
            f"but the Normalizer in {WEIGHTS_FILE} has {len(normalizer)} outputs: {FIX}"
        )
    if config.adapters is None:
        expected = stored_shapes(shape, config.untouched_layers)
    else:
        expected = compact_shapes(shape, config.untouched_layers, config.adapters.rank, tensors)
    if mismatches := shape_mismatches(expected, tensors):
        raise BundleError(f"{folder / WEIGHTS_FILE} {mismatches}: {FIX}")
    return tensors


def _read_body(folder: Path, config: BundleConfig) -> BodyIr | None:
    if config.quantization is None:
        return None
    graph, weights = (read_checked(folder, config, name) for name in (BODY_GRAPH_FILE, BODY_WEIGHTS_FILE))
    return BodyIr(graph, weights, str(folder / BODY_GRAPH_FILE))


def _read_encoder(
    folder: Path, config: BundleConfig, shape: NetworkShape, override: Path | None
) -> tuple[dict[str, Tensor], Tokenizer]:
    """Return what the bundle needs of the encoder, by the names in BERT, and the tokenizer.

    Raises:
        BundleError: the part of the encoder that the bundle carries is damaged.
        TrunkError: the pretrained encoder is not the one that the bundle was trained on.
    """
    carried = config.carries_trunk and override is None
    layers = config.architecture.num_hidden_layers
    if carried:
        source = str(folder / TRUNK_FILE)
        tensors, tokenizer = read_tensors(folder, config, TRUNK_FILE), read_tokenizer_file(folder, config)
    else:
        source = str(override or config.encoder)
        pretrained = read_pretrained(config.encoder, folder=override, allow_pickle=False)
        tokenizer, layers = pretrained.tokenizer, pretrained.config.get("num_hidden_layers", layers)
        # Old checkpoints also have buffers, such as position_ids.
        trunk = trunk_tensors(pretrained.tensors, config.base_layers)
        tensors = {name: tensor for name, tensor in trunk.items() if name.endswith((".weight", ".bias"))}
    difference = shape_mismatches(encoder_shapes(shape, config.base_layers), tensors)
    if carried and difference:
        raise BundleError(f"{source} {difference}: {FIX}")
    if layers != config.architecture.num_hidden_layers:
        difference = f"has {layers} layers instead of {config.architecture.num_hidden_layers}"
    digest = trunk_digest(tensors, tokenizer)
    if difference or digest != config.trunk_digest:
        part = "encoder" if config.adapters else "trunk"
        raise TrunkError(
            f"the bundle {folder} was trained on another {part} than {source}: it needs {config.encoder} "
            f"with the digest {config.trunk_digest[:16]}…, this one {difference or f'has {digest[:16]}…'}; "
            "install the version that it was trained on, or train the bundle again"
        )
    return tensors, tokenizer

"""Read the weights of a bundle's network: those that it stores, and those of its encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor

from models.bundle.adapters import TrainedAdapters, compact_shapes, is_head, merge_adapters
from models.bundle.bundle_config import LABELS_FILE, TRUNK_FILE, WEIGHTS_FILE, BundleConfig
from models.bundle.checked_files import FIX, read_tensors, read_tokenizer_file
from models.bundle.stored_tensors import (
    encoder_names,
    encoder_shapes,
    name_in_encoder,
    shape_mismatches,
    stored_shapes,
)
from models.encoder import read_pretrained, trunk_digest, trunk_tensors
from models.errors import BundleError, TrunkError
from models.network import NetworkShape


@dataclass(frozen=True, repr=False)
class StoredNetwork:
    """The weights of a bundle's network as they are stored.

    Attributes:
        encoder: what comes from the pretrained encoder, by the names in BERT: `BundleConfig.base_layers`
            layers.
        stored: the tensors of `model.safetensors`: whole layers or adapters, and the heads.
        tokenizer: of the encoder.
    """

    encoder: Mapping[str, Tensor]
    stored: Mapping[str, Tensor]
    tokenizer: Tokenizer

    def whole_tensors(self, shape: NetworkShape, config: BundleConfig) -> dict[str, Tensor]:
        """Return all tensors of the network, fp32, by their names in `MultiTaskNetwork.state_dict`.

        Args:
            shape: of the network.
            config: of the bundle.
        """
        untouched = config.untouched_layers
        frozen = {name: self.encoder[name_in_encoder(name)] for name in encoder_names(shape, untouched)}
        trained = dict(self.stored)
        if config.adapters is not None:
            adapters = TrainedAdapters(config.adapters, self.stored)
            trained = {name: tensor for name, tensor in self.stored.items() if is_head(name)}
            trained |= merge_adapters(shape, untouched, adapters, self.encoder)
        return {name: tensor.float() for name, tensor in {**frozen, **trained}.items()}


def network_shape(config: BundleConfig, labels: int) -> NetworkShape:
    """Return the shape of a bundle's network, which has `labels` labels."""
    return NetworkShape.of(
        config.architecture,
        frozen_layers=config.frozen_layers,
        ptids=labels,
        pooling=config.normalizer_pooling,
        classifiers=config.ensemble.classifiers if config.ensemble else 1,
        retriever_layers=config.retrieval.layers if config.retrieval else 0,
    )


def read_stored_network(
    folder: Path, config: BundleConfig, shape: NetworkShape, trunk: Path | None = None
) -> StoredNetwork:
    """Read and check the weights of a bundle.

    Args:
        folder: of the bundle.
        config: its `config.json`.
        shape: of its network.
        trunk: folder of the pretrained encoder, instead of the source that the bundle names.

    Raises:
        BundleError: a file is missing, damaged, or contradicts another.
        TrunkError: the encoder cannot be found, or is not the one that the bundle was trained on.
    """
    encoder, tokenizer = _read_encoder(folder, config, shape, trunk)
    return StoredNetwork(encoder, _read_stored(folder, config, shape), tokenizer)


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
        tokenizer, layers = pretrained.tokenizer, pretrained.architecture.num_hidden_layers
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

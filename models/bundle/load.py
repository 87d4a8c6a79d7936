"""Read a bundle: every file is checked before it is used, nothing is unpickled, no code is run.

transformers is left out of it: it takes 170 MB and seconds to import, and a bundle that only serves needs no
modules to train.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.bundle.config import (
    BODY_GRAPH_FILE,
    BODY_WEIGHTS_FILE,
    LABELS_FILE,
    TRUNK_FILE,
    WEIGHTS_FILE,
    BundleConfig,
)
from models.bundle.dictionary import Dictionary, read_dictionary
from models.bundle.files import (
    MEND,
    read_checked,
    read_config,
    read_labels,
    read_tensors,
    read_tokenizer_file,
)
from models.encoder.pretrained import read_pretrained, trunk_digest, trunk_tensors
from models.errors import BundleError, TrunkError
from models.network.shape import NetworkShape, Shape
from models.network.weights import NetworkWeights, mismatches
from models.normalizer.labels import Labels
from models.runtime.int8.ir import BodyIr

if TYPE_CHECKING:
    from models.network.multitask import MultiTaskNetwork


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle.

    Attributes:
        path: its folder.
        config: its `config.json`.
        labels: the classes of the Normalizer.
        weights: of its network, fp32, on the CPU.
        tokenizer: of the trunk.
        dictionary: the names that retrieval searches; None where the bundle has none.
        body: the quantized body, as it was read; None where the bundle has none.
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
        """A network with a copy of the weights, in eval mode, on the CPU: to look into, or to train on."""
        from models.encoder.loading import build_model
        from models.network.multitask import MultiTaskNetwork

        shape = self.weights.shape
        network = MultiTaskNetwork(
            build_model(self.config.architecture.model_dump()),
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
        """Give the same with the weights of another network, which are not copied, and with another body."""
        return replace(self, weights=network.weights(), body=body)


def load_bundle(path: str | Path, *, trunk: str | Path | None = None) -> Bundle:
    """Load a bundle and the trunk that it sits on.

    Args:
        path: the bundle's folder.
        trunk: folder of the pretrained encoder, instead of where the bundle says.

    Raises:
        BundleError: a file is missing, damaged, or contradicts another; or the layout is a newer one.
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
    frozen, tokenizer = _trunk(folder, config, shape, Path(trunk) if trunk else None)
    trained = _trained(folder, config, shape)
    weights = NetworkWeights(shape, {name: tensor.float() for name, tensor in {**frozen, **trained}.items()})
    dictionary = read_dictionary(folder, config, labels)
    return Bundle(folder, config, labels, weights, tokenizer, dictionary, _body(folder, config))


def _trained(folder: Path, config: BundleConfig, shape: NetworkShape) -> dict[str, Tensor]:
    tensors = read_tensors(folder, config, WEIGHTS_FILE)
    width = tensors.get("normalizer.weight")
    if width is not None and width.ndim == 2 and len(width) != shape.ptids:
        raise BundleError(
            f"{folder / LABELS_FILE} has {shape.ptids} labels, "
            f"but the Normalizer in {WEIGHTS_FILE} has {len(width)} outputs: {MEND}"
        )
    if told := _told_of(shape.trained(), tensors):
        raise BundleError(f"{folder / WEIGHTS_FILE} {told}: {MEND}")
    return tensors


def _body(folder: Path, config: BundleConfig) -> BodyIr | None:
    if config.quantization is None:
        return None
    graph, weights = (read_checked(folder, config, name) for name in (BODY_GRAPH_FILE, BODY_WEIGHTS_FILE))
    return BodyIr(graph, weights, str(folder / BODY_GRAPH_FILE))


def _trunk(
    folder: Path, config: BundleConfig, shape: NetworkShape, override: Path | None
) -> tuple[dict[str, Tensor], Tokenizer]:
    """Give the frozen tensors by their names in `MultiTaskNetwork`, and the tokenizer."""
    carried = config.carries_trunk and override is None
    layers = config.architecture.num_hidden_layers
    if carried:
        place = str(folder / TRUNK_FILE)
        tensors, tokenizer = read_tensors(folder, config, TRUNK_FILE), read_tokenizer_file(folder, config)
    else:
        place = str(override or config.encoder)
        found = read_pretrained(config.encoder, folder=override, allow_pickle=False)
        tokenizer, layers = found.tokenizer, found.config.get("num_hidden_layers", layers)
        # Old checkpoints have buffers besides, such as position_ids.
        parts = trunk_tensors(found.tensors, config.frozen_layers)
        tensors = {name: part for name, part in parts.items() if name.endswith((".weight", ".bias"))}
    told = _told_of({_name_in_bert(name): wanted for name, wanted in shape.trunk().items()}, tensors)
    if carried and told:
        raise BundleError(f"{place} {told}: {MEND}")
    if layers != config.architecture.num_hidden_layers:
        told = f"has {layers} layers instead of {config.architecture.num_hidden_layers}"
    digest = trunk_digest(tensors, tokenizer)
    if told or digest != config.trunk_digest:
        raise TrunkError(
            f"the bundle {folder} was trained on another trunk than {place}: it wants {config.encoder} "
            f"with the digest {config.trunk_digest[:16]}…, this one {told or f'has {digest[:16]}…'}; "
            "install the version that it was trained on, or train the bundle again"
        )
    return {name: tensors[_name_in_bert(name)] for name in shape.trunk()}, tokenizer


def _name_in_bert(name: str) -> str:
    return f"encoder.layer.{name.removeprefix('trunk.')}" if name.startswith("trunk.") else name


def _told_of(wanted: Mapping[str, Shape], given: Mapping[str, Tensor]) -> str:
    """Say how tensors differ from what is wanted; empty where they do not."""
    faults = list(
        mismatches({name: torch.empty(shape, device="meta") for name, shape in wanted.items()}, given)
    )
    more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
    return f"{'; '.join(faults[:3])}{more}" if faults else ""

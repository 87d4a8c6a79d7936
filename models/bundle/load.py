"""Read a bundle: every file is checked before it is used, nothing is unpickled, no code is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertModel

from models.bundle.config import BundleConfig
from models.bundle.dictionary import Dictionary, read_dictionary
from models.bundle.files import MEND, read_config, read_labels, read_tensors, read_tokenizer_file
from models.bundle.layout import LABELS_FILE, TRUNK_FILE, WEIGHTS_FILE
from models.encoder import build_model, load_encoder, trunk_digest, trunk_tensors
from models.errors import BundleError, TrunkError
from models.labels import Labels
from models.network import MultiTaskNetwork
from models.state import mismatches


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle.

    Attributes:
        path: its folder.
        config: its `config.json`.
        labels: the classes of the Normalizer.
        network: in eval mode, fp32, on the CPU.
        tokenizer: of the trunk.
        dictionary: the names that retrieval searches; None where the bundle has none.
    """

    path: Path
    config: BundleConfig
    labels: Labels
    network: MultiTaskNetwork
    tokenizer: Tokenizer
    dictionary: Dictionary | None = None

    @property
    def version(self) -> str:
        """Identity of the weights, labels and settings."""
        return self.config.version


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
    weights = read_tensors(folder, config, WEIGHTS_FILE)
    model, tokenizer = _trunk(folder, config, Path(trunk) if trunk else None)
    network = MultiTaskNetwork(
        model,
        frozen_layers=config.frozen_layers,
        ptids=len(labels),
        dropout=config.dropout,
        pooling=config.normalizer_pooling,
        classifiers=config.ensemble.classifiers if config.ensemble else 1,
        retriever_layers=config.retrieval.layers if config.retrieval else 0,
    )
    width = weights.get("normalizer.weight")
    if width is not None and width.ndim == 2 and len(width) != len(labels):
        raise BundleError(
            f"{folder / LABELS_FILE} has {len(labels)} labels, "
            f"but the Normalizer in {WEIGHTS_FILE} has {len(width)} outputs: {MEND}"
        )
    _refuse_mismatch(network.trained_state(), weights, folder / WEIGHTS_FILE)
    network.load_trained_state(weights)
    dictionary = read_dictionary(folder, config, labels)
    return Bundle(folder, config, labels, network.eval(), tokenizer, dictionary)


def _trunk(folder: Path, config: BundleConfig, override: Path | None) -> tuple[BertModel, Tokenizer]:
    if config.carries_trunk and override is None:
        model, tokenizer = _carried_trunk(folder, config)
        place = str(folder / TRUNK_FILE)
    else:
        encoder = load_encoder(config.encoder, folder=override, allow_pickle=False)
        model, tokenizer = encoder.model, encoder.tokenizer
        place = str(override or config.encoder)
    layers = len(model.encoder.layer)
    if layers != config.architecture.num_hidden_layers:
        found = f"{layers} layers instead of {config.architecture.num_hidden_layers}"
    else:
        found = trunk_digest(trunk_tensors(model, config.frozen_layers), tokenizer)
    if found != config.trunk_digest:
        raise TrunkError(
            f"the bundle {folder} was trained on another trunk than {place}: it wants {config.encoder} "
            f"with the digest {config.trunk_digest[:16]}…, this one has {found[:16]}…; install the version "
            "that it was trained on, or train the bundle again"
        )
    return model, tokenizer


def _carried_trunk(folder: Path, config: BundleConfig) -> tuple[BertModel, Tokenizer]:
    tensors = read_tensors(folder, config, TRUNK_FILE)
    model = build_model(config.architecture.model_dump())
    own = trunk_tensors(model, config.frozen_layers)
    _refuse_mismatch(own, tensors, folder / TRUNK_FILE)
    model.load_state_dict(tensors, strict=False)
    return model, read_tokenizer_file(folder, config)


def _refuse_mismatch(own: Mapping[str, Tensor], given: Mapping[str, Tensor], path: Path) -> None:
    if faults := list(mismatches(own, given)):
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        raise BundleError(f"{path} {'; '.join(faults[:3])}{more}: {MEND}")

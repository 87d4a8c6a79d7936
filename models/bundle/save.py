"""Save a trained network as a bundle: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save
from torch import Tensor

from models.bundle.adapters import TrainedAdapters, compact_shapes, is_head
from models.bundle.bundle_config import (
    CARD_FILE,
    CONFIG_FILE,
    LABELS_FILE,
    METRICS_FILE,
    TOKENIZER_FILE,
    TRUNK_FILE,
    WEIGHTS_FILE,
    BundleConfig,
    format_version,
    hashes_of,
)
from models.bundle.card_and_metrics import metrics_json, with_licence_note
from models.bundle.checksums import with_checksums
from models.bundle.config_sections import Calibration, Ensemble, Options, Retrieval, Thresholds
from models.bundle.dictionary import Dictionary, dictionary_files
from models.bundle.stored_tensors import shape_mismatches, stored_shapes
from models.disk import replace_folder, require_replaceable, writing
from models.errors import BundleError
from models.network import Vote
from models.normalizer import Labels

if TYPE_CHECKING:
    from models.encoder import Encoder
    from models.network import MultiTaskNetwork


def save_bundle(
    folder: str | Path,
    *,
    name: str,
    network: MultiTaskNetwork,
    encoder: Encoder,
    labels: Labels,
    thresholds: Thresholds,
    options: Options,
    max_tokens: int,
    metrics: Mapping[str, Any],
    card: str,
    vote: Vote | None = None,
    calibration: Calibration | None = None,
    retrieval: Retrieval | None = None,
    dictionary: Dictionary | None = None,
    languages: tuple[str, ...] | None = None,
    overwrite: bool = False,
    carry_trunk: bool | None = None,
    encoder_layers: int | None = None,
    adapters: TrainedAdapters | None = None,
) -> str:
    """Write a bundle, which appears at `folder` once it is complete and on the disk.

    Args:
        folder: of the bundle; missing parents are made.
        name: readable part of the version: lower-case letters, digits, `.`, `_`, `-`.
        network: trained; its weights are stored in half precision.
        encoder: that the network was made from, as it was before the training.
        labels: one for each output of the Normalizer, in their order.
        thresholds: chosen on validation data.
        options: of Algorithm 2, as in training.
        max_tokens: the longest input, see `BundleConfig`.
        metrics: JSON-serializable; for people, never read by the program.
        card: the model card, Markdown.
        vote: how an ensemble decides, by majority unless specified; ignored for a single classifier.
        calibration: of the Classifier's probability, fitted on validation data.
        retrieval: how names are searched, if the network has a retriever; its `release` comes from the
            dictionary.
        dictionary: the names that are searched, with a retrieval.
        languages: of the training texts, as `parse_languages` returns them; None does not state them.
        overwrite: replace an existing bundle.
        carry_trunk: put what the bundle needs of the encoder, and its tokenizer, into the bundle. By default
            it does so if the encoder came from a folder, or from a checkpoint without safetensors (BioBERT).
        encoder_layers: the lowest layers of the trunk that are the encoder's own; the others are stored like
            the trained ones. By default the whole trunk is the encoder's.
        adapters: of all layers above those, which are then not stored whole. The network has them merged.

    Returns:
        The bundle's version.

    Raises:
        BundleError: something else is at `folder`, or the parts do not fit together.
    """
    folder = Path(folder)
    require_replaceable(folder, kind="a bundle", marker=CONFIG_FILE, overwrite=overwrite, error=BundleError)
    if len(labels) != network.ptids:
        raise BundleError(f"there are {len(labels)} labels for the {network.ptids} outputs of the Normalizer")
    retrieval = _with_release(retrieval, dictionary, network)
    is_folder = Path(encoder.source).is_dir()
    if carry_trunk is None:
        carry_trunk = is_folder or not encoder.has_safetensors
    if encoder_layers is not None and encoder_layers >= network.frozen_layers:
        encoder_layers = None
    untouched = network.frozen_layers if encoder_layers is None else encoder_layers
    hashed: dict[str, bytes] = {
        LABELS_FILE: labels.to_json(),
        WEIGHTS_FILE: tensors_file(_stored_tensors(network, untouched, adapters)),
    }
    if dictionary is not None:
        hashed.update(dictionary_files(dictionary, labels))
    depth = network.shape.frozen_layers + network.shape.shared_layers
    base_layers = depth if adapters else untouched
    if carry_trunk:
        hashed[TRUNK_FILE] = save(_contiguous(encoder.trunk(base_layers)))
        hashed[TOKENIZER_FILE] = encoder.tokenizer.to_str().encode()
    ensemble = None
    if network.classifiers > 1:
        ensemble = Ensemble(classifiers=network.classifiers, vote=vote or "majority")
    document: dict[str, Any] = {
        "name": name,
        "encoder": Path(encoder.source).resolve().name if carry_trunk and is_folder else encoder.source,
        "trunk_digest": encoder.digest(base_layers),
        "architecture": encoder.architecture,
        "frozen_layers": network.frozen_layers,
        "encoder_layers": encoder_layers,
        "max_tokens": max_tokens,
        "thresholds": thresholds,
        "options": options,
        "normalizer_pooling": network.pooling,
        "dropout": network.dropout.p,
        "ensemble": ensemble,
        "calibration": calibration,
        "retrieval": retrieval,
        "adapters": adapters.section if adapters else None,
        "languages": languages,
        "files": hashes_of(hashed),
    }
    config = BundleConfig.model_validate({**document, "format_version": format_version(document)})
    files: dict[str, bytes] = {
        **hashed,
        CONFIG_FILE: config.to_json(),
        METRICS_FILE: metrics_json(metrics),
        CARD_FILE: with_licence_note(card, retrieval.release if retrieval else None).encode(),
    }
    with writing(folder, BundleError):
        replace_folder(folder, with_checksums(files))
    return config.version


def _stored_tensors(
    network: MultiTaskNetwork, encoder_layers: int, adapters: TrainedAdapters | None
) -> dict[str, Tensor]:
    """Return what `model.safetensors` stores of a network: whole layers or adapters, and the heads.

    Raises:
        BundleError: the adapters are not those of this network.
    """
    state, shape = network.state_dict(), network.shape
    if adapters is None:
        return {name: state[name] for name in stored_shapes(shape, encoder_layers)}
    tensors = {name: tensor for name, tensor in state.items() if is_head(name)} | dict(adapters.tensors)
    expected = compact_shapes(shape, encoder_layers, adapters.section.rank, tensors)
    if mismatches := shape_mismatches(expected, tensors):
        raise BundleError(f"the adapters do not fit the network, which {mismatches}")
    return tensors


def tensors_file(tensors: Mapping[str, Tensor]) -> bytes:
    """Return `model.safetensors` with these tensors, in half precision.

    Raises:
        BundleError: a weight is too large for half precision.
    """
    state = {name: tensor.detach().to("cpu", torch.float16) for name, tensor in tensors.items()}
    for name, tensor in state.items():
        if not tensor.isfinite().all():
            raise BundleError(f"{name} has values that half precision cannot hold: the training diverged")
    data: bytes = save(_contiguous(state))
    return data


def _with_release(
    retrieval: Retrieval | None, dictionary: Dictionary | None, network: MultiTaskNetwork
) -> Retrieval | None:
    """Return the retrieval with the release of its dictionary.

    Raises:
        BundleError: network, retrieval and dictionary do not fit together.
    """
    layers = retrieval.layers if retrieval else 0
    if layers != network.retriever_layers or (retrieval is None) != (dictionary is None):
        raise BundleError(
            f"the network's retriever has {network.retriever_layers} layers, the retrieval {layers}, and "
            f"there is {'no' if dictionary is None else 'a'} dictionary: these parts do not fit together"
        )
    if retrieval is None or dictionary is None:
        return None
    return retrieval.model_copy(update={"release": dictionary.release})


def _contiguous(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}

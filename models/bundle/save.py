"""What the model card says first where a bundle carries a MedDRA release.

Write a bundle: all of it, or nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save
from torch import Tensor

from models.bundle.config import (
    CARD_FILE,
    CONFIG_FILE,
    LABELS_FILE,
    METRICS_FILE,
    TOKENIZER_FILE,
    TRUNK_FILE,
    WEIGHTS_FILE,
    BundleConfig,
    format_version,
)
from models.bundle.dictionary import Dictionary, dictionary_files
from models.bundle.parts import Calibration, Ensemble, Options, Retrieval, Thresholds
from models.bundle.writing import write_folder
from models.errors import BundleError
from models.network.shape import Architecture
from models.network.vote import Vote
from models.normalizer.labels import Labels

if TYPE_CHECKING:
    from models.encoder.loading import Encoder
    from models.network.multitask import MultiTaskNetwork

_MARK = "> **Not to be passed on.**"
_NOTE = re.compile(rf"\A{re.escape(_MARK)}(?:.*\n)*?\n")


def with_licence_note(card: str, release: str | None) -> str:
    """Put the note before a model card, in place of that of another release.

    Args:
        card: Markdown.
        release: as in `Retrieval.release`; None takes the note away.
    """
    without = _NOTE.sub("", card)
    if release is None:
        return without
    told = f"MedDRA {release}" if release else "a MedDRA release of unknown version"
    return (
        f"{_MARK} This bundle holds names, codes and hierarchy of {told}\n"
        "> (`terminology.json.gz`): do not give it to anyone without a licence for MedDRA. Where the text\n"
        "> below says that it has labels alone, that was so before the release was put in.\n"
        f"\n{without}"
    )


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
    overwrite: bool = False,
    carry_trunk: bool | None = None,
) -> str:
    """Write a bundle, appearing at `folder` only when it is whole and on the disk.

    Args:
        folder: where to; its parent is made where it does not exist.
        name: readable part of the version: lower-case letters, digits, `.`, `_`, `-`.
        network: trained; its weights are stored in half precision.
        encoder: the one that the network was made of.
        labels: one for each output of the Normalizer, in their order.
        thresholds: as found on validation data.
        options: of Algorithm 2, as trained for.
        max_tokens: where texts are cut.
        metrics: JSON-ready; for people, not read again.
        card: the model card, Markdown.
        vote: how an ensemble decides, by default by majority; a single classifier has nothing to vote on.
        calibration: of the Classifier's probability, as found on validation data.
        retrieval: how names are searched, where the network has a retriever; its `release` is taken from
            the dictionary.
        dictionary: the names that are searched, with a retrieval.
        overwrite: replace a bundle that is already there.
        carry_trunk: put the frozen trunk and its tokenizer into the bundle; by default where the encoder
            came from a folder of this machine, or from a checkpoint without safetensors (BioBERT).

    Returns:
        The bundle's version.

    Raises:
        BundleError: something else is at `folder`, or the parts do not fit together.
    """
    folder = Path(folder)
    _refuse_to_clobber(folder, overwrite)
    if len(labels) != network.ptids:
        raise BundleError(f"there are {len(labels)} labels for the {network.ptids} outputs of the Normalizer")
    retrieval = _fitting(retrieval, dictionary, network)
    local = Path(encoder.source).is_dir()
    if carry_trunk is None:
        carry_trunk = local or not encoder.has_safetensors
    files: dict[str, bytes] = {
        LABELS_FILE: labels.to_json(),
        WEIGHTS_FILE: weights_file(network),
    }
    if dictionary is not None:
        files.update(dictionary_files(dictionary, labels))
    if carry_trunk:
        files[TRUNK_FILE] = save(_contiguous(encoder.trunk(network.frozen_layers)))
        files[TOKENIZER_FILE] = encoder.tokenizer.to_str().encode()
    ensemble = None
    if network.classifiers > 1:
        ensemble = Ensemble(classifiers=network.classifiers, vote=vote or "majority")
    config = BundleConfig.model_validate(
        {
            "format_version": format_version(ensemble, calibration, retrieval),
            "name": name,
            "encoder": Path(encoder.source).resolve().name if carry_trunk and local else encoder.source,
            "trunk_digest": encoder.digest(network.frozen_layers),
            "architecture": {key: getattr(encoder.model.config, key) for key in Architecture.model_fields},
            "frozen_layers": network.frozen_layers,
            "max_tokens": max_tokens,
            "thresholds": thresholds,
            "options": options,
            "normalizer_pooling": network.pooling,
            "dropout": network.dropout.p,
            "ensemble": ensemble,
            "calibration": calibration,
            "retrieval": retrieval,
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        }
    )
    files[CONFIG_FILE] = config.to_json()
    files[METRICS_FILE] = metrics_json(metrics)
    files[CARD_FILE] = with_licence_note(card, retrieval.release if retrieval else None).encode()
    write_folder(folder, files)
    return config.version


def weights_file(network: MultiTaskNetwork) -> bytes:
    """Write `model.safetensors`.

    Raises:
        BundleError: a weight is too large for half precision.
    """
    data: bytes = save(_halved(network.trained_state()))
    return data


def metrics_json(metrics: Mapping[str, Any]) -> bytes:
    """Write `metrics.json`."""
    return f"{json.dumps(metrics, indent=2, sort_keys=True)}\n".encode()


def _refuse_to_clobber(folder: Path, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / CONFIG_FILE).is_file()):
        raise BundleError(f"{folder} is there already and is no bundle: choose another folder")
    if not overwrite and any(folder.iterdir()):
        raise BundleError(f"{folder} holds a bundle already: choose another folder, or ask to overwrite it")


def _fitting(
    retrieval: Retrieval | None, dictionary: Dictionary | None, network: MultiTaskNetwork
) -> Retrieval | None:
    layers = retrieval.layers if retrieval else 0
    if layers != network.retriever_layers or (retrieval is None) != (dictionary is None):
        raise BundleError(
            f"the network's retriever has {network.retriever_layers} layers, the retrieval {layers}, and "
            f"there is {'no' if dictionary is None else 'a'} dictionary: these parts do not fit together"
        )
    if retrieval is None or dictionary is None:
        return None
    return retrieval.model_copy(update={"release": dictionary.release})


def _halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    halved = {name: tensor.detach().to("cpu", torch.float16) for name, tensor in state.items()}
    for name, tensor in halved.items():
        if not tensor.isfinite().all():
            raise BundleError(f"{name} has values that half precision cannot hold: the training went astray")
    return _contiguous(halved)


def _contiguous(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}

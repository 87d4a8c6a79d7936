"""Write a bundle: all of it, or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    Architecture,
    BundleConfig,
    Options,
    Thresholds,
)
from models.encoder import Encoder, trunk_tensors
from models.errors import BundleError
from models.labels import Labels
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
    local = Path(encoder.source).is_dir()
    if carry_trunk is None:
        carry_trunk = local or not encoder.has_safetensors
    files = {LABELS_FILE: labels.to_json(), WEIGHTS_FILE: save(_halved(network.trained_state()))}
    if carry_trunk:
        files[TRUNK_FILE] = save(_contiguous(trunk_tensors(encoder.model, network.frozen_layers)))
        files[TOKENIZER_FILE] = encoder.tokenizer.to_str().encode()
    config = BundleConfig.model_validate(
        {
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
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        }
    )
    files[CONFIG_FILE] = f"{config.model_dump_json(indent=2)}\n".encode()
    files[METRICS_FILE] = f"{json.dumps(metrics, indent=2, sort_keys=True)}\n".encode()
    files[CARD_FILE] = card.encode()
    _write_whole(folder, files)
    return config.version


def _refuse_to_clobber(folder: Path, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / CONFIG_FILE).is_file()):
        raise BundleError(f"{folder} is there already and is no bundle: choose another folder")
    if not overwrite and any(folder.iterdir()):
        raise BundleError(f"{folder} holds a bundle already: choose another folder, or ask to overwrite it")


def _halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    halved = {name: tensor.detach().to("cpu", torch.float16) for name, tensor in state.items()}
    for name, tensor in halved.items():
        if not tensor.isfinite().all():
            raise BundleError(f"{name} has values that half precision cannot hold: the training went astray")
    return _contiguous(halved)


def _contiguous(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def _write_whole(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write to a sibling, then rename: a reader sees the old bundle or the new one."""
    mark = secrets.token_hex(4)
    fresh, stale = (
        folder.with_name(f".{folder.name}.{mark}.new"),
        folder.with_name(f".{folder.name}.{mark}.old"),
    )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            with (fresh / name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _sync_folder(fresh)
        if folder.exists():
            folder.rename(stale)
        fresh.rename(folder)
        _sync_folder(folder.parent)
    except OSError as error:
        if stale.exists() and not folder.exists():
            stale.rename(folder)
        raise BundleError(f"the bundle cannot be written to {folder}: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(stale, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

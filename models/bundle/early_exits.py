"""Put an early exit into a bundle, or remove it: the head's tensors are in `exit.safetensors`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from models.bundle.bundle_config import CARD_FILE, EXIT_FILE, METRICS_FILE
from models.bundle.card_and_metrics import metrics_json, read_card, read_metrics, with_early_exit
from models.bundle.checked_files import read_config
from models.bundle.config_sections import EarlyExit
from models.bundle.load import Bundle
from models.bundle.revise import require_place, write_changed_bundle
from models.bundle.save import tensors_file
from models.bundle.stored_tensors import exit_mismatch
from models.errors import BundleError


def require_exitable(folder: Path, out: Path | None) -> None:
    """Check, before any long work, that a bundle can get an early exit, and that there is a place for it.

    A bundle that has an exit already may get another one.

    Raises:
        BundleError: there is no bundle, it is quantized, its network has a single layer, or the result
            cannot be written.
    """
    config = read_config(folder)
    if config.quantization is not None:
        raise BundleError(
            f"the bundle {folder} is quantized, and an early exit needs exact layers: add it to the bundle "
            "that it was quantized from"
        )
    if config.architecture.num_hidden_layers < 2:
        raise BundleError(f"the network of {folder} has a single layer: there is none to leave out")
    require_place(folder, out)


def store_early_exit(
    bundle: Bundle,
    section: EarlyExit,
    tensors: Mapping[str, Tensor],
    *,
    metrics: Mapping[str, Any],
    out: Path | None = None,
) -> str:
    """Write a bundle with an early exit, completely or not at all; its other files stay as they are.

    Args:
        bundle: as it was loaded; an exit that it has is replaced.
        section: for `config.json`.
        tensors: of the head, see `models.network.ExitHead`.
        metrics: added to `metrics.json`.
        out: folder for the changed bundle; by default it replaces the bundle.

    Returns:
        The version of the changed bundle.

    Raises:
        BundleError: as for `require_exitable`; the head does not fit the network; or the bundle was changed
            since it was loaded.
    """
    require_exitable(bundle.path, out)
    if difference := exit_mismatch(section.layer, bundle.weights.shape, tensors):
        raise BundleError(f"the head of the early exit does not fit the network: it {difference}")
    hashed = {EXIT_FILE: tensors_file(tensors)}
    config = bundle.config.changed(hashed, early_exit=section)
    for_people = {
        METRICS_FILE: metrics_json({**read_metrics(bundle.path), **metrics}),
        CARD_FILE: with_early_exit(read_card(bundle.path), section).encode(),
    }
    write_changed_bundle(bundle, {**hashed, **for_people}, config, out)
    return config.version

"""Put a quantized body, and the heads that were refitted to it, into a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle.adapters import is_head
from models.bundle.bundle_config import (
    BODY_GRAPH_FILE,
    BODY_WEIGHTS_FILE,
    CARD_FILE,
    METRICS_FILE,
    WEIGHTS_FILE,
)
from models.bundle.card_and_metrics import metrics_json, read_card, read_metrics, with_quantization
from models.bundle.checked_files import read_config, read_tensors
from models.bundle.config_sections import Quantization
from models.bundle.load import Bundle
from models.bundle.revise import require_place, write_changed_bundle
from models.bundle.save import tensors_file
from models.errors import BundleError


def require_quantizable(folder: Path, out: Path | None) -> None:
    """Check, before any long work, that there is a bundle to quantize, and a place for the result.

    Raises:
        BundleError: there is no bundle, it is already quantized, or the result cannot be written.
    """
    if read_config(folder).quantization is not None:
        raise BundleError(
            f"the bundle {folder} is already quantized: use the bundle that it was made from, "
            "or train it again"
        )
    require_place(folder, out)


def store_quantized(
    bundle: Bundle,
    quantized: Bundle,
    quantization: Quantization,
    *,
    metrics: Mapping[str, Any],
    out: Path | None = None,
) -> str:
    """Write a quantized bundle, completely or not at all.

    Args:
        bundle: the exact bundle, as it was loaded.
        quantized: the same with a quantized body, and with refitted heads in its network.
        quantization: the section for `config.json`.
        metrics: added to `metrics.json`.
        out: folder for the quantized bundle; by default it replaces the exact one.

    Returns:
        The version of the quantized bundle.

    Raises:
        BundleError: the exact bundle is already quantized, or was changed since it was loaded, or something
            is at `out`, or it cannot be written.
    """
    require_quantizable(bundle.path, out)
    if quantized.body is None:
        raise BundleError("there is no quantized body to store")
    hashed: dict[str, bytes] = {
        WEIGHTS_FILE: _with_heads_of(quantized),
        BODY_GRAPH_FILE: quantized.body.graph,
        BODY_WEIGHTS_FILE: quantized.body.weights,
    }
    config = bundle.config.changed(hashed, quantization=quantization)
    for_people = {
        METRICS_FILE: metrics_json({**read_metrics(bundle.path), **metrics}),
        CARD_FILE: with_quantization(read_card(bundle.path), bundle.version, quantization).encode(),
    }
    write_changed_bundle(bundle, {**hashed, **for_people}, config, out)
    return config.version


def _with_heads_of(quantized: Bundle) -> bytes:
    """Return `model.safetensors` of the exact bundle with the refitted heads."""
    stored = read_tensors(quantized.path, quantized.config, WEIGHTS_FILE)
    trained = quantized.weights.tensors
    return tensors_file({name: trained[name] if is_head(name) else stored[name] for name in stored})

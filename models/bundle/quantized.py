"""Put a quantized body, and the heads that were refitted to it, into a bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle.config import (
    BODY_GRAPH_FILE,
    BODY_WEIGHTS_FILE,
    CARD_FILE,
    METRICS_FILE,
    WEIGHTS_FILE,
    BundleConfig,
    format_version,
)
from models.bundle.files import read_config
from models.bundle.load import Bundle
from models.bundle.parts import Quantization
from models.bundle.revise import read_metrics
from models.bundle.save import metrics_json, weights_file
from models.bundle.writing import read_card, require_place, rewrite
from models.errors import BundleError


def require_quantizable(folder: Path, out: Path | None) -> None:
    """Check, before any long work, that there is a bundle to quantize, and a place for what comes of it.

    Raises:
        BundleError: there is no bundle, it is quantized already, or the place does not allow it.
    """
    if read_config(folder).quantization is not None:
        raise BundleError(
            f"the bundle {folder} is quantized already: take the one that it was made of, or train it again"
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
    """Write a quantized bundle, whole or not at all.

    Args:
        bundle: the exact one, as it was loaded.
        quantized: the same with a body, and the network that has the refitted heads.
        quantization: what is told of it.
        metrics: added to `metrics.json`.
        out: where it goes; by default in place of the exact one.

    Returns:
        Its version.

    Raises:
        BundleError: the exact bundle is quantized already or was changed meanwhile, something else is at
            `out`, or it cannot be written.
    """
    require_quantizable(bundle.path, out)
    if quantized.body is None:
        raise BundleError("there is no quantized body to store")
    hashed = {
        WEIGHTS_FILE: weights_file(quantized.network),
        BODY_GRAPH_FILE: quantized.body.graph,
        BODY_WEIGHTS_FILE: quantized.body.weights,
    }
    before = bundle.config
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in hashed.items()}
    config = BundleConfig.model_validate(
        {
            **before.model_dump(),
            "format_version": format_version(
                before.ensemble, before.calibration, before.retrieval, quantization
            ),
            "quantization": quantization,
            "files": {**before.files, **hashes},
        }
    )
    told = metrics_json({**read_metrics(bundle.path), **metrics})
    card = f"{read_card(bundle.path).rstrip()}\n\n{_section(before.version, quantization)}".encode()
    rewrite(bundle, {**hashed, METRICS_FILE: told, CARD_FILE: card}, config, out)
    return config.version


def _section(version: str, told: Quantization) -> str:
    rows = [f"| {name} | {told.before[name]:.3f} | {told.after[name]:.3f} |" for name in told.before]
    return "\n".join(
        [
            "## Quantized",
            "",
            f"Made of `{version}`: all layers below the last one multiply 8-bit integers (`body.xml`,",
            f"`body.bin`), calibrated on {told.texts:,} texts. F1 on {told.judged_on:,} other texts, where",
            "nothing else of this card was measured again:",
            "",
            "| | exact | quantized |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )

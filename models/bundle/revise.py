"""Another Normalizer for a bundle than the one it names.

Change the settings of a bundle that is there: its weights stay, its version does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle.config import CONFIG_FILE, METRICS_FILE, BundleConfig, format_version
from models.bundle.files import read_config, read_document
from models.bundle.parts import Calibration, Thresholds
from models.bundle.save import metrics_json
from models.bundle.writing import replace_file
from models.errors import BundleError
from models.options import Choice, no_retriever


def choosing(config: BundleConfig, choice: Choice | None, folder: Path) -> BundleConfig:
    """Give the config of the bundle in `folder` with another Normalizer; None leaves its own.

    Raises:
        BundleError: the bundle has no retriever, which the choice needs.
    """
    try:
        return config.choosing(choice)
    except ValueError:
        raise no_retriever(choice or config.choice, folder) from None


def revise_bundle(
    path: str | Path,
    *,
    thresholds: Thresholds | None = None,
    calibration: Calibration | None = None,
    choice: Choice | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> str:
    """Store what was found on validation data after the training.

    Each file is replaced as a whole, `config.json` last: a reader sees the old settings or the new ones.

    Args:
        path: the bundle's folder.
        thresholds: new ones; None leaves those that are there.
        calibration: a new one; None leaves the one that is there, if any.
        choice: which Normalizer codes the spans from now on; None leaves it.
        metrics: added to `metrics.json`, in place of keys of the same name.

    Returns:
        The new version; the old one where all is the same as before.

    Raises:
        BundleError: there is no bundle, it has no retriever for the choice, its `metrics.json` is damaged,
            or it cannot be written.
    """
    folder = Path(path)
    before = read_config(folder)
    chosen = choosing(before, choice, folder)
    calibration = calibration or before.calibration
    config = BundleConfig.model_validate(
        {
            **chosen.model_dump(),
            "format_version": format_version(
                before.ensemble, calibration, before.retrieval, before.quantization
            ),
            "thresholds": thresholds or before.thresholds,
            "calibration": calibration,
        }
    )
    if metrics:
        data = metrics_json({**read_metrics(folder), **metrics})
        replace_file(folder / METRICS_FILE, data)
    if config != before:
        replace_file(folder / CONFIG_FILE, config.to_json())
    return config.version


def read_metrics(folder: Path) -> dict[str, Any]:
    """Read `metrics.json`; there may be none, since it is for people.

    Raises:
        BundleError: it is damaged.
    """
    path = folder / METRICS_FILE
    if not path.exists():
        return {}
    document = read_document(folder, METRICS_FILE)
    if not isinstance(document, dict):
        raise BundleError(f"{path} holds no object of figures: mend or delete it")
    return document

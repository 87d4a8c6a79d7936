"""Change an existing bundle, completely or not at all: its settings, or some of its files.

Every change of what predictions depend on gives the bundle a new version. The languages of its training texts
are not among that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.bundle.bundle_config import CARD_FILE, CONFIG_FILE, METRICS_FILE, BundleConfig
from models.bundle.card_and_metrics import metrics_json, read_card, read_metrics, with_languages
from models.bundle.checked_files import read_all, read_config
from models.bundle.checksums import CHECKSUMS_FILE, refresh_checksums, with_checksums
from models.bundle.config_sections import Calibration, SecondReader, Thresholds
from models.bundle.load import Bundle
from models.disk import check_folder_writable, replace_file, replace_folder, writing
from models.errors import BundleError
from models.options import NormalizerChoice


def revise_bundle(
    path: str | Path,
    *,
    thresholds: Thresholds | None = None,
    calibration: Calibration | None = None,
    choice: NormalizerChoice | None = None,
    second_reader: SecondReader | None = None,
    metrics: Mapping[str, Any] | None = None,
    out: Path | None = None,
) -> str:
    """Store settings that were found on validation data after the training.

    Each file is replaced as a whole, `config.json` after the metrics: a reader sees the old settings or the
    new ones.

    Args:
        path: the bundle's folder.
        thresholds: None keeps the thresholds.
        calibration: None keeps the calibration, if there is one.
        choice: which Normalizer codes the spans from now on; None keeps the choice.
        second_reader: how both readers decide together; None keeps it.
        metrics: added to `metrics.json`; they replace metrics of the same name.
        out: as for `require_place`.

    Returns:
        The new version, which is the old one if nothing has changed.

    Raises:
        BundleError: there is no bundle, it has no retriever for the choice, its `metrics.json` is damaged,
            or it cannot be written.
    """
    folder = Path(path)
    before = read_config(folder)
    config = before.with_normalizer(choice, folder).changed(
        {},
        thresholds=thresholds or before.thresholds,
        calibration=calibration or before.calibration,
        second_reader=second_reader or before.second_reader,
    )
    if out is not None:
        require_place(folder, out)
        changed = {METRICS_FILE: metrics_json({**read_metrics(folder), **metrics})} if metrics else {}
        _replace_bundle(out, folder, changed, config)
        return config.version
    replaced: dict[str, bytes] = {}
    if metrics:
        replaced[METRICS_FILE] = metrics_json({**read_metrics(folder), **metrics})
    if config != before:
        replaced[CONFIG_FILE] = config.to_json()
    for name, data in replaced.items():
        with writing(folder / name, BundleError):
            replace_file(folder / name, data)
    if replaced:
        with writing(folder / CHECKSUMS_FILE, BundleError):
            refresh_checksums(folder, replaced)
    return config.version


def set_languages(path: Path, languages: Sequence[str], out: Path | None = None) -> str:
    """State in a bundle, and in its model card, which languages its training texts were in.

    Args:
        path: the bundle's folder.
        languages: as `parse_languages` returns them; none removes the statement.
        out: as for `require_place`.

    Returns:
        The version, which stays the same: predictions do not depend on the statement.

    Raises:
        BundleError: there is no bundle, or it cannot be written.
    """
    config = read_config(path).changed({}, languages=tuple(languages) or None)
    require_place(path, out)
    card = with_languages(read_card(path), languages)
    _replace_bundle(out or path, path, {CARD_FILE: card.encode()} if card else {}, config)
    return config.version


def require_place(bundle: Path, out: Path | None) -> None:
    """Check, before any long work, that `write_changed_bundle` can write the changed bundle.

    Args:
        bundle: folder of the bundle.
        out: folder for the changed bundle; None replaces the bundle.

    Raises:
        BundleError: `out` exists or is within the bundle, or the folder cannot be written.
    """
    if out is not None:
        if out.exists():
            raise BundleError(f"{out} already exists: choose another folder for the copy")
        if out.resolve().is_relative_to(bundle.resolve()):
            raise BundleError(f"{out} is within the bundle itself: choose another folder for the copy")
    folder = out or bundle
    with writing(folder, BundleError):
        check_folder_writable(folder)


def write_changed_bundle(
    bundle: Bundle, files: Mapping[str, bytes], config: BundleConfig, out: Path | None
) -> None:
    """Write a bundle with some changed files; all other files are copied.

    Args:
        bundle: the bundle before the change, as it was loaded.
        files: the changed files by name, without `config.json`.
        config: with the hashes of the changed files.
        out: as for `require_place`.

    Raises:
        BundleError: the bundle was changed since it was loaded, or the folder cannot be written.
    """
    require_place(bundle.path, out)
    if read_config(bundle.path) != bundle.config:
        raise BundleError(
            f"the bundle {bundle.path} was changed by another program and is left as it is: "
            "run the command again"
        )
    _replace_bundle(out or bundle.path, bundle.path, files, config)


def _replace_bundle(folder: Path, source: Path, files: Mapping[str, bytes], config: BundleConfig) -> None:
    """Write the files of a bundle to a folder, some of them and the config changed."""
    with writing(folder, BundleError):
        changed = {**read_all(source), **files, CONFIG_FILE: config.to_json()}
        replace_folder(folder, with_checksums(changed))

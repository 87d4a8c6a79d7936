"""Put two bundles together: the first reads every post, the second those that the first finds likeliest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle.bundle_config import (
    CARD_FILE,
    CONFIG_FILE,
    METRICS_FILE,
    SECOND_READER_FOLDER,
    BundleConfig,
)
from models.bundle.card_and_metrics import metrics_json, read_metrics
from models.bundle.checked_files import read_all, read_config
from models.bundle.checksums import with_checksums
from models.bundle.config_sections import SecondReader, Thresholds
from models.disk import check_folder_writable, replace_folder, require_replaceable, writing
from models.errors import BundleError


def require_joinable(first: Path, second: Path, out: Path, *, overwrite: bool = False) -> list[str]:
    """Check, before any long work, that two bundles can be put together and stored.

    Args:
        first: folder of the bundle that reads every post.
        second: folder of the bundle that reads the likeliest posts.
        out: folder of the result.
        overwrite: whether a bundle at `out` may be replaced.

    Returns:
        Remarks for people: what is possible, but gains little.

    Raises:
        BundleError: one is missing, or has two readers already; `out` cannot be written, or is within one of
            the two.
    """
    configs = [read_config(folder) for folder in (first, second)]
    for folder, config in zip((first, second), configs, strict=True):
        if config.second_reader is not None:
            raise BundleError(f"the bundle {folder} has two readers already: give a bundle with one")
    place = out.resolve()
    for folder in (first.resolve(), second.resolve()):
        if place.is_relative_to(folder) or folder.is_relative_to(place):
            raise BundleError(
                f"{out} is, contains or is within {folder}: choose another folder for the result"
            )
    require_replaceable(out, kind="a bundle", marker=CONFIG_FILE, overwrite=overwrite, error=BundleError)
    with writing(out, BundleError):
        check_folder_writable(out)
    return _remarks(*configs)


def join_bundles(
    first: Path,
    second: Path,
    section: SecondReader,
    out: Path,
    *,
    thresholds: Thresholds,
    name: str,
    metrics: Mapping[str, Any],
    card: str,
    overwrite: bool = False,
) -> str:
    """Write a bundle with two readers, completely or not at all.

    Args:
        first: folder of the bundle that reads every post. All its files are copied.
        second: folder of the bundle that reads the likeliest posts. It is copied into the folder `second`.
        section: how both decide together; `section.version` must be the version of `second`.
        out: folder of the result.
        thresholds: of both together.
        name: readable part of the version.
        metrics: added to those of the first bundle.
        card: the model card, Markdown.
        overwrite: replace an existing bundle.

    Returns:
        The version.

    Raises:
        BundleError: as for `require_joinable`; or a bundle was changed since the section was fitted.
    """
    require_joinable(first, second, out, overwrite=overwrite)
    if (version := read_config(second).version) != section.version:
        raise BundleError(
            f"{second} is the bundle {version}, but both readers were fitted with {section.version}: "
            "run the command again"
        )
    config = read_config(first).changed({}, name=name, second_reader=section, thresholds=thresholds)
    files = {
        **read_all(first),
        CONFIG_FILE: config.to_json(),
        METRICS_FILE: metrics_json({**read_metrics(first), **metrics}),
        CARD_FILE: card.encode(),
        **{f"{SECOND_READER_FOLDER}/{file}": data for file, data in read_all(second).items()},
    }
    with writing(out, BundleError):
        replace_folder(out, with_checksums(files))
    return config.version


def _remarks(first: BundleConfig, second: BundleConfig) -> list[str]:
    remarks = []
    if first.encoder == second.encoder:
        remarks.append(
            f"both readers have the encoder {first.encoder}: two readers of the same make gain little, "
            "it is the other encoder that counts"
        )
    if first.languages and second.languages and first.languages != second.languages:
        remarks.append(
            f"the readers were trained on different languages ({', '.join(first.languages)} and "
            f"{', '.join(second.languages)}); the bundle states those of the first"
        )
    if _size(first) > _size(second):
        remarks.append("the first reader, which reads every post, is the larger one: is that intended?")
    return remarks


def _size(config: BundleConfig) -> int:
    """Return about the number of products for each token."""
    shape = config.architecture
    return shape.num_hidden_layers * shape.hidden_size * (4 * shape.hidden_size + 2 * shape.intermediate_size)

"""`ade-train bundle show`: what a bundle is, without loading its weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from training.cli.tables import print_table

if TYPE_CHECKING:
    from models.bundle import BundleConfig, Retrieval


def bundle_show_command(
    bundle: Annotated[str, typer.Argument(help="Folder of a bundle, or a bundle of the package: default.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON document.")] = False,
) -> None:
    """Tell version, encoder, thresholds, classes and searched names of a bundle."""
    from models.bundle.checked_files import read_config, read_labels
    from models.bundle.dictionary import count_names
    from models.scoring.catalog import bundle_folder

    folder = bundle_folder(bundle)
    config = read_config(folder)
    names = count_names(folder) if config.retrieval else None
    facts = _facts(config, len(read_labels(folder, config)), names)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), Text("-" if value is None else str(value)))
    print_table(table)


def _facts(config: BundleConfig, classes: int, names: int | None) -> dict[str, Any]:
    retrieval = config.retrieval
    return {
        "version": config.version,
        "format": config.format_version,
        "encoder": config.encoder,
        "carries_its_encoder": config.carries_trunk,
        "frozen_layers": config.frozen_layers,
        "max_tokens": config.max_tokens,
        "classifiers": config.ensemble.classifiers if config.ensemble else 1,
        "classifier_threshold": config.thresholds.classifier,
        "normalizer_threshold": config.believed_from.normalizer,
        "feedback": config.options.feedback,
        "context": config.options.context,
        "classes": classes,
        "normalizer": config.choice,
        "retriever_layers": retrieval.layers if retrieval else None,
        "searched_names": names,
        "release": _release(retrieval) if retrieval else None,
        "quantized": config.quantization.scheme if config.quantization else None,
    }


def _release(retrieval: Retrieval) -> str:
    if retrieval.release is None:
        return "none, the labels serve"
    return retrieval.release or "of unknown version"

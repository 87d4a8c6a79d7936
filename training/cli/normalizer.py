"""`ade-train normalizer`: classifier, retrieval and hybrid side by side on annotated spans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.cli.options import Device, Threads, Trunk
from training.cli.scorers import open_bundle, text_progress
from training.cli.tables import print_table
from training.errors import CorpusError

if TYPE_CHECKING:
    import torch

    from models.bundle import Bundle
    from models.options import NormalizerChoice
    from models.terminology import Terminology
    from training.evaluation.code_accuracy import CodeAccuracy


def normalizer_command(
    bundle: Annotated[str, typer.Argument(help="The bundle: its folder or name.")],
    gold: Annotated[
        Path, typer.Option(help="Annotations: a folder in the official layout, a prepared one, or a .jsonl.")
    ],
    split: Annotated[str, typer.Option(help="Which split of a folder that has several.")] = "valid",
    seen: Annotated[
        Path | None, typer.Option(help="Training data, to score PTs that it does not have as well.")
    ] = None,
    terminology: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a MedDRA ASCII release: its names are searched instead of the bundle's, which "
            "stays as it is; lifts LLTs to PTs; with mdhier.asc, agreement at HLT and SOC level."
        ),
    ] = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON document.")] = False,
) -> None:
    """Compare the Normalizers of a bundle on annotated spans, whatever the Classifier and Extractor say.

    Accuracy of the best candidate and of the first five; the share of spans that get a code at the bundle's
    threshold, and the share of right codes among them. Over all spans, and over PTs unseen in training.
    """
    from models.scoring.catalog import bundle_folder
    from models.terminology import read_release
    from training.evaluation.gold import read_gold, read_seen
    from training.evaluation.normalizers import compare_normalizers, gold_spans

    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    release = read_release(terminology) if terminology else None
    spans = gold_spans(read_gold(gold, split, release))
    if not spans:
        raise CorpusError(f"{gold} has no span with a code and its text: there is nothing to compare by")
    known = read_seen(seen, release) if seen else None
    opened = open_bundle(bundle_folder(bundle), device=device, threads=threads, trunk=trunk)
    loaded = opened.bundle
    if loaded.dictionary is None:
        console.print(
            "the bundle has no retriever, and its classifier stands alone: train one with "
            "`ade-train train --set normalizer=hybrid`"
        )
    elif release is not None:
        loaded = _searching(loaded, release, console, opened.device)
    with text_progress(len(spans) * (3 if loaded.dictionary else 1), console, what="spans") as advance:
        found = compare_normalizers(
            loaded, spans, device=opened.device, seen=known, terminology=release, advance=advance
        )
    about = {
        "bundle": loaded.version,
        "gold": str(gold),
        "split": split if gold.is_dir() else None,
        "seen": str(seen) if seen else None,
        "terminology": str(terminology) if terminology else None,
        "threshold": loaded.config.believed_from.normalizer,
    }
    if as_json:
        told = {name: {group: one.to_json() for group, one in own.items()} for name, own in found.items()}
        typer.echo(json.dumps({**about, "normalizers": told}, ensure_ascii=False))
        return
    print_table(_table(found))
    if release is not None and not release.paths:
        console.print(f"{escape(str(terminology))} has no mdhier.asc: no agreement at HLT and SOC level")


def _searching(loaded: Bundle, release: Terminology, console: Console, device: torch.device) -> Bundle:
    """Give the bundle with the names of a release, for this comparison alone."""
    from models.bundle.dictionary import Dictionary, searched_names
    from models.normalizer.names import NameIndex
    from models.scoring.assembly import make_span_reader

    names = searched_names(loaded.labels, release)
    with text_progress(len(names), console, what="names") as advance:
        vectors = make_span_reader(loaded, device).name_vectors(names.names, advance)
    return replace(loaded, dictionary=Dictionary(NameIndex(names, vectors), release))


def _table(found: Mapping[NormalizerChoice, Mapping[str, CodeAccuracy]]) -> Table:
    from training.evaluation.score_tables import CODE_HEADINGS, code_accuracy_rows

    table = Table("normalizer", "spans of", box=None)
    for heading in CODE_HEADINGS[1:]:
        table.add_column(heading, justify="right")
    for name, groups in found.items():
        for row in code_accuracy_rows(groups):
            table.add_row(name, *row)
    return table

"""`ade-train normalizer`: classifier, retrieval and hybrid, compared on annotated spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from training.cli.console import (
    figures_table,
    on_interrupt,
    print_json,
    print_note,
    print_table,
)
from training.cli.options import Device, Json, OpenBundle, Threads, Trunk, open_bundle
from training.cli.progress import progress_bar
from training.errors import CorpusError

if TYPE_CHECKING:
    from models.options import NormalizerChoice
    from models.terminology import Terminology
    from training.evaluation import CodeAccuracy


def normalizer_command(
    bundle: Annotated[str, typer.Argument(help="The bundle: its folder or name.")],
    gold: Annotated[
        Path, typer.Option(help="Annotations: a folder in the official layout, a prepared one, or a .jsonl.")
    ],
    split: Annotated[
        str, typer.Option(help="Which split of a folder that has several: train, valid (dev), test or all.")
    ] = "valid",
    seen: Annotated[
        Path | None, typer.Option(help="Training data, to also score PTs that it does not have.")
    ] = None,
    terminology: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a MedDRA ASCII release. Its names are searched instead of the bundle's, which "
            "stays as it is. It lifts LLTs to PTs; with mdhier.asc, it gives agreement at HLT and SOC level."
        ),
    ] = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    as_json: Json = False,
) -> None:
    """Compare the Normalizers of a bundle on annotated spans; neither Classifier nor Extractor runs.

    Prints the accuracy of the best candidate and of the first five, the share of spans that get a code at the
    bundle's threshold, and the share of right codes among them: over all spans, and over PTs unseen in
    training.
    """
    from models.scoring import bundle_folder
    from models.terminology import read_release
    from training.evaluation import compare_normalizers, gold_spans, read_gold, read_seen

    release = read_release(terminology) if terminology else None
    spans = gold_spans(read_gold(gold, split, release))
    if not spans:
        raise CorpusError(
            f"{gold} has no span with a code and its text, so there is nothing to compare: name annotations "
            "with codes"
        )
    known = read_seen(seen, release) if seen else None
    opened = open_bundle(bundle_folder(bundle), device=device, threads=threads, trunk=trunk)
    with on_interrupt("the bundle is as it was"):
        if opened.bundle.dictionary is None:
            print_note(
                "the bundle has no retriever, so there is only its classifier: train one with "
                "`ade-train train --set normalizer=hybrid`"
            )
        elif release is not None:
            opened = _with_names_of(opened, release)
        normalizers = 3 if opened.bundle.dictionary else 1
        with progress_bar(len(spans) * normalizers, "spans") as advance:
            results = compare_normalizers(
                opened.bundle,
                spans,
                device=opened.device,
                seen=known,
                terminology=release,
                advance=advance,
            )
    if as_json:
        figures = {
            name: {group: accuracy.to_json() for group, accuracy in groups.items()}
            for name, groups in results.items()
        }
        print_json(
            {
                "bundle": opened.bundle.version,
                "gold": str(gold),
                "split": split if gold.is_dir() else None,
                "seen": str(seen) if seen else None,
                "terminology": str(terminology) if terminology else None,
                "threshold": opened.bundle.config.effective_thresholds.normalizer,
                "normalizers": figures,
            }
        )
        return
    print_table(_table(results))
    if release is not None and not release.paths:
        print_note(f"{terminology} has no mdhier.asc: no agreement at HLT and SOC level")


def _with_names_of(opened: OpenBundle, release: Terminology) -> OpenBundle:
    """Return the bundle with the names of a release, for this comparison only."""
    from models.bundle import Dictionary, searched_names
    from models.normalizer import NameIndex
    from models.scoring import make_span_reader

    names = searched_names(opened.bundle.labels, release)
    with progress_bar(len(names), "names") as advance:
        vectors = make_span_reader(opened.bundle, opened.device).name_vectors(names.names, advance)
    dictionary = Dictionary(NameIndex(names, vectors), release)
    return replace(opened, bundle=replace(opened.bundle, dictionary=dictionary))


def _table(results: Mapping[NormalizerChoice, Mapping[str, CodeAccuracy]]) -> Table:
    from training.evaluation import CODE_HEADINGS, code_accuracy_rows

    rows = [(name, *row) for name, groups in results.items() for row in code_accuracy_rows(groups)]
    return figures_table(("normalizer", "spans of", *CODE_HEADINGS[1:]), rows, left=2)

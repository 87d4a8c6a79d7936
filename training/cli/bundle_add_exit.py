"""`ade-train bundle add-exit`: a small head after a lower layer, which settles clear negatives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.console import (
    figures_table,
    on_interrupt,
    print_json,
    print_line,
    print_note,
    print_table,
)
from training.cli.options import Json, Threads, Trunk, open_bundle
from training.cli.progress import progress_bar
from training.errors import RunError

if TYPE_CHECKING:
    from training.examples import Example
    from training.exits import ExitComparison, ExitSearch


def bundle_add_exit_command(
    bundle: Annotated[
        str,
        typer.Argument(
            help="Folder of a bundle, which is changed. With --out, also a bundle of the package."
        ),
    ],
    texts: Annotated[
        list[Path],
        typer.Option(
            help="Texts like those to come, with or without annotations: .jsonl, .tsv, plain text, or a "
            "prepared folder. Can be repeated."
        ),
    ],
    valid: Annotated[
        list[Path] | None,
        typer.Option(help="Other texts, which set the threshold; by default a quarter of --texts."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the one with the exit here.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which split of prepared folders of --valid.")] = "valid",
    layer: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Try an exit after this layer only; can be repeated. By default all."),
    ] = None,
    kept: Annotated[
        float,
        typer.Option(min=0.9, max=0.9999, help="Share of the network's positives that must go on."),
    ] = 0.995,
    prevalence: Annotated[float, typer.Option(min=0, max=1, help="Share of positives in the stream.")] = 0.07,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the choice of texts and of the training.")] = 1,
    threads: Threads = 1,
    trunk: Trunk = None,
    as_json: Json = False,
) -> None:
    """Make clear negatives leave after a lower layer: more posts per second on a processor.

    A head is trained after each layer to predict what the whole network decides; annotations are not needed,
    and nothing else in the bundle changes. Its threshold is such that --kept of the posts that the network
    finds positive go on, with a confidence of 95%. The layer with the best expected speed is chosen.

    If that cannot be shown, nothing is written, and the status is 1. After Ctrl-C the bundle is as it was.
    """
    from models.bundle import require_exitable
    from models.scoring import bundle_to_change

    source = bundle_to_change(bundle, out)
    require_exitable(source, out)
    from training.exits import compare_exit, find_exit, search_steps, store_exit, with_exit

    train, validation = _read(texts, valid, split, seed)
    opened = open_bundle(source, device="cpu", threads=threads, trunk=trunk).bundle
    print_note(f"{len(train):,} texts train the heads, {len(validation):,} others set the thresholds")
    with on_interrupt("the bundle is as it was"):
        steps = search_steps(opened, len(train), len(validation), layer)
        with progress_bar(steps, "texts") as advance:
            search = find_exit(
                opened,
                train,
                validation,
                layers=layer,
                kept=kept,
                prevalence=prevalence,
                seed=seed,
                advance=advance,
            )
        if search.chosen is None:
            _print_candidates(search, as_json=as_json)
            raise RunError(f"nothing was stored: {search.problem}")
        with progress_bar(2 * len(validation), "scores") as advance:
            comparison = compare_exit(with_exit(opened, search.chosen), validation, advance=advance)
        version = store_exit(opened, search, comparison, out=out)
    if as_json:
        figures = {"chosen": search.chosen.to_json(), "compared": comparison.to_json()}
        by_layer = [candidate.to_json() for candidate in search.candidates]
        print_json({"bundle": version, **figures, "by_layer": by_layer})
    else:
        _print_candidates(search)
        _print_comparison(comparison)
    print_note(f"stored in {out or source}, version {version}: exit after layer {search.chosen.head.below}")


def _read(
    texts: Sequence[Path], valid: Sequence[Path] | None, split: str, seed: int
) -> tuple[Sequence[Example], Sequence[Example]]:
    from training.corpora import read_split
    from training.evaluation.unlabelled_texts import read_unlabelled
    from training.exits import divide_texts

    train = list(read_unlabelled(texts))
    if not valid:
        return divide_texts(train, seed)
    validation: list[Example] = []
    for path in valid:
        is_annotated = path.is_dir() or path.suffix == ".jsonl"
        validation.extend(read_split(path, split) if is_annotated else read_unlabelled([path]))
    return train, validation


def _print_candidates(search: ExitSearch, *, as_json: bool = False) -> None:
    if as_json or not search.candidates:
        return
    rows = [
        (
            str(candidate.head.below),
            f"{candidate.kept:,} of {candidate.positives:,}",
            f"{100 * candidate.least_share:.2f}%",
            f"{100 * candidate.leaving:.1f}%",
            f"{candidate.speedup:.2f}",
        )
        for candidate in search.candidates
    ]
    speed = f"times as fast at {100 * search.prevalence:g}%"
    print_table(
        figures_table(("after layer", "positives that go on", "at least", "others that leave", speed), rows)
    )


def _print_comparison(comparison: ExitComparison) -> None:
    print_line(
        f"{comparison.changed:,} of {comparison.texts:,} labels changed; all texts were scored "
        f"{comparison.speedup:.2f} times as fast"
    )
    for task, (before, after) in comparison.f1().items():
        print_line(f"F1 of {task}: {before:.4f} before, {after:.4f} after")

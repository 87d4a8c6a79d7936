"""The bundle `accurate`: the default bundle reads every post, a larger reader the likeliest ones."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from models.bundle import load_bundle
from training.default_bundle.data import DataSizes
from training.default_bundle.gathering import gather_data
from training.default_bundle.held_out import evaluate_held_out
from training.default_bundle.recipes import PREVALENCE, RECIPES
from training.default_bundle.settled_texts import search_exit
from training.exits import store_exit
from training.loop import NullCallback, TrainingCallback
from training.methods import TrainedBundle
from training.reports import RunFiles, bundle_name
from training.two_readers import fit_two_readers, save_two_readers

# As for the default bundle, but less F1 is given up: with two readers it falls faster.
_TOLERANCE: Final = 0.02
# The larger reader takes some eight times as long for a post. So it reads one post of seven.
_SHARE: Final = 0.15


def build_accurate_bundle(
    corpora: Path,
    terminology: Path,
    out: Path,
    *,
    first: Path,
    second: Path,
    sizes: DataSizes,
    seed: int,
    run: Path,
    command: str,
    callback: TrainingCallback | None = None,
) -> TrainedBundle:
    """Fit two readers to each other on validation tweets and reviews, and write the bundle with both.

    Args:
        corpora: folder of the four corpus files.
        terminology: folder of the MedDRA release.
        out: folder of the bundle; an existing bundle is replaced.
        first: folder of the default bundle.
        second: folder of the larger reader, see `recipe_method`.
        sizes: of the data, as both were trained on.
        seed: of the data, as both were trained on: another seed would mix training and validation.
        run: folder of a copy that is evaluated before the bundle appears at `out`.
        command: the command that was run, for the model card.
        callback: receives messages.

    Raises:
        TrainingError: something else is at `out`, a corpus is missing or malformed, or the second reader is
            of no use.
        ModelError: a bundle or its encoder cannot be loaded, or the bundle cannot be written.
    """
    files = RunFiles(run)
    files.require_writable(out, overwrite=True)
    events = callback or NullCallback()
    data = gather_data(corpora, terminology, sizes, seed=seed)
    events.on_message("fitting both readers to validation tweets and reviews")
    kinds = [("tweets", data.valid), ("reviews", data.valid_reviews)]
    fit = fit_two_readers(
        load_bundle(first),
        load_bundle(second),
        kinds,
        prevalence=PREVALENCE,
        tolerance=_TOLERANCE,
        share=_SHARE,
    )
    name, draft = bundle_name(out), run / "bundle"
    save_two_readers(first, second, fit, draft, name=name, command=command, overwrite=True)
    # The exit of the first reader was shown to keep its positives. The second one reads more posts.
    events.on_message("searching an early exit")
    supervised = RECIPES["default"].training.exit_layer
    search = search_exit(load_bundle(draft), data, corpora, supervised=supervised, seed=seed)
    if search.chosen is not None:
        store_exit(load_bundle(draft), search)
    events.on_message("evaluating the bundle on all test texts and the checklist")
    figures, _ = evaluate_held_out(load_bundle(draft), data, prevalence=PREVALENCE)
    version = save_two_readers(
        first, second, fit, out, name=name, command=command, metrics=figures, overwrite=True
    )
    if search.chosen is not None:
        version = store_exit(load_bundle(out), search)
    return TrainedBundle(version, {"two_readers": fit.metrics, **figures})

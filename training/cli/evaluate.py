"""`ade-train evaluate`: official scores of predictions, and a report."""

from __future__ import annotations

from collections.abc import Mapping
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
    print_written,
)
from training.cli.options import AlwaysCode, ChosenNormalizer, Device, Json, Threads, Trunk, open_pipeline
from training.cli.progress import progress_bar
from training.cli.training_options import AllowModelLabels
from training.errors import CorpusError, RunError
from training.extras import require

if TYPE_CHECKING:
    from models.predictions import Scorer
    from training.evaluation import Assessment, Gold, Predictions


def evaluate_command(
    gold: Annotated[
        Path, typer.Option(help="Annotations: a folder in the official layout, a prepared one, or a .jsonl.")
    ],
    predictions: Annotated[
        Path | None, typer.Option(help="Prediction files, as `ade-train predict` writes them.")
    ] = None,
    bundle: Annotated[
        str | None, typer.Option(help="Or a bundle that scores the texts now: its folder or name.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Which split of a folder that has several: train, valid (dev), test or all.")
    ] = "valid",
    terminology: Annotated[
        Path | None, typer.Option(help="Folder of a MedDRA ASCII release: lifts LLTs to PTs, names PTs.")
    ] = None,
    seen: Annotated[
        Path | None, typer.Option(help="Training data, to also score 1c on PTs that it does not have.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report: figures, diagrams, table of errors.")
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="Maximum number of rows in a table of errors.")] = 100,
    samples: Annotated[int, typer.Option(min=10, max=1_000_000, help="Number of bootstrap samples.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 1,
    allow_model_labels: AllowModelLabels = False,
    always_code: AlwaysCode = False,
    normalizer: ChosenNormalizer = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report at --out.")] = False,
    as_json: Json = False,
) -> None:
    """Score predictions as the organisers of SMM4H Task 1 do, with 95 % bootstrap intervals.

    Prints relaxed and strict scores of 1a, 1b and 1c; scores that let a span match one other at most; and 1c
    on PTs unseen in training. On matched spans: accuracy of the codes at 1 and at 5 and, if the terminology
    has mdhier.asc, agreement at HLT and SOC level. The report adds calibration, the precision and recall
    curve, and the texts with errors, spans highlighted.
    """
    if (predictions is None) == (bundle is None):
        raise RunError(
            "give either --predictions, a folder of files, or --bundle, which scores the texts now"
        )
    if predictions is not None and (always_code or normalizer):
        raise RunError(
            "--always-code and --normalizer are for --bundle: --predictions have their codes already; give "
            "the options to `ade-train predict`"
        )
    from models.terminology import read_release
    from training.evaluation import (
        assess,
        read_gold,
        read_predictions,
        read_seen,
        require_no_report,
        write_report,
    )

    if out:
        require_no_report(out, overwrite=overwrite)
        require("matplotlib", "diagrams")
    release = read_release(terminology) if terminology else None
    annotations = read_gold(gold, split, release, allow_model_labels=allow_model_labels)
    known = read_seen(seen, release) if seen else None
    names, version = dict(annotations.names), None
    lift = release.llt_to_pt if release else {}
    if predictions is not None:
        predicted = read_predictions(predictions, lift=lift)
    else:
        pipeline = open_pipeline(
            str(bundle),
            device=device,
            threads=threads,
            trunk=trunk,
            always_code=always_code,
            normalizer=normalizer,
        )
        with on_interrupt():
            predicted, predicted_names = _predict(pipeline, annotations, gold, lift)
        names, version = {**predicted_names, **names}, pipeline.version
    assessment = assess(annotations, predicted, seen=known, terminology=release, samples=samples, seed=seed)
    about = {
        "gold": str(gold),
        "split": split if gold.is_dir() else None,
        "predictions": str(predictions) if predictions else None,
        "bundle": version,
        "always_code": always_code if bundle else None,
        "normalizer": normalizer,
        "terminology": str(terminology) if terminology else None,
        "release": release.version or None if release else None,
        "seen": str(seen) if seen else None,
    }
    if out:
        write_report(out, assessment, names, about=about, most_errors=errors)
    for note in assessment.notes:
        print_note(note)
    if as_json:
        print_json({**about, **assessment.to_json()})
    else:
        _print(assessment)
    if out:
        print_written(out)


def _predict(
    pipeline: Scorer, gold: Gold, path: Path, lift: Mapping[str, str]
) -> tuple[Predictions, dict[str, str]]:
    """Score the annotated texts; return the predictions, and the names of the predicted PTs by code."""
    from training.evaluation import (
        Predictions,
        TextToScore,
        annotation_of_prediction,
        candidates_of,
        lift_annotation,
        lift_code_list,
        score_texts,
    )

    if any(tweet not in gold.texts for tweet in gold.by_tweet):
        raise CorpusError(f"{path} has annotations, but not the texts that --bundle needs: add tweets.tsv")
    texts = (TextToScore(tweet, gold.texts[tweet]) for tweet in gold.by_tweet)
    by_tweet, probabilities, candidates, names = {}, {}, {}, {}
    with progress_bar(len(gold.by_tweet)) as advance:
        for text, prediction in score_texts(pipeline, texts):
            by_tweet[text.id] = lift_annotation(annotation_of_prediction(prediction), lift)
            candidates[text.id] = {
                (mention.start, mention.end): lift_code_list(
                    (ptid for ptid, _ in candidates_of(mention)), lift
                )
                for mention in prediction.mentions
            }
            probabilities[text.id] = prediction.probability
            names.update({m.ptid: m.pt_name for m in prediction.mentions if m.ptid and m.pt_name})
            advance(1)
    return Predictions(by_tweet, probabilities, candidates), names


def _print(assessment: Assessment) -> None:
    from training.evaluation import CODE_HEADINGS, SCORE_HEADINGS, code_accuracy_rows, score_rows

    print_table(figures_table(SCORE_HEADINGS, score_rows(assessment)))
    if assessment.codes:
        print_line()
        print_table(figures_table(CODE_HEADINGS, code_accuracy_rows(assessment.codes)))
    if assessment.reliability:
        print_line(f"expected calibration error {assessment.reliability.error:.4f}")
    if assessment.points:
        print_line(f"average precision of 1a {assessment.points.average_precision:.4f}")

"""`ade-train evaluate`: official scores of predictions, and a report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.cli.options import AlwaysCode, Device, NormalizerOption, Threads, Trunk
from training.cli.scorers import open_pipeline, text_progress
from training.cli.stopping import told_when_stopped
from training.cli.tables import print_table
from training.errors import CorpusError, RunError
from training.extras import require

if TYPE_CHECKING:
    from models.scoring.pipeline import Pipeline
    from training.evaluation.assessment import Assessment
    from training.evaluation.gold import Gold
    from training.evaluation.prediction_files import Predictions


def evaluate_command(
    gold: Annotated[
        Path, typer.Option(help="Annotations: a folder in the official layout, a prepared one, or a .jsonl.")
    ],
    predictions: Annotated[
        Path | None, typer.Option(help="Prediction files, as `ade-train predict` writes them.")
    ] = None,
    bundle: Annotated[
        str | None, typer.Option(help="Or a bundle that judges the texts now: its folder or name.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which split of a folder that has several.")] = "valid",
    terminology: Annotated[
        Path | None, typer.Option(help="Folder of a MedDRA ASCII release: lifts LLTs to PTs, names PTs.")
    ] = None,
    seen: Annotated[
        Path | None, typer.Option(help="Training data, to score 1c on PTs that it does not have as well.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report: figures, diagrams, table of errors.")
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="Most rows of a table of errors.")] = 100,
    samples: Annotated[int, typer.Option(min=10, max=1_000_000, help="Of the bootstrap.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 1,
    always_code: AlwaysCode = False,
    normalizer: NormalizerOption = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report at --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON document.")] = False,
) -> None:
    """Score predictions as the organisers of SMM4H Task 1 do, with 95 % bootstrap intervals.

    Relaxed and strict scores of 1a, 1b and 1c; scores that let a span match one other at most; and 1c on
    PTs unseen in training. On spans that were found: accuracy of the codes at 1 and at 5 and, where the
    terminology has mdhier.asc, agreement at HLT and SOC level. The report adds calibration, the precision
    and recall curve, and the texts that were judged otherwise than annotated, spans highlighted.
    """
    if (predictions is None) == (bundle is None):
        raise RunError(
            "give either --predictions, a folder of files, or --bundle, which judges the texts now"
        )
    if predictions is not None and (always_code or normalizer):
        raise RunError(
            "--always-code and --normalizer are for --bundle: --predictions have their codes already; give "
            "the options to `ade-train predict`"
        )
    from models.terminology import read_release
    from training.evaluation.assessment import assess
    from training.evaluation.evaluation_report import require_no_report, write_report
    from training.evaluation.gold import read_gold, read_seen
    from training.evaluation.prediction_files import read_predictions

    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    if out:
        require_no_report(out, overwrite=overwrite)
        require("matplotlib", "diagrams")
    terms = read_release(terminology) if terminology else None
    annotations = read_gold(gold, split, terms)
    known = read_seen(seen, terms) if seen else None
    names, version = dict(annotations.names), None
    lift = terms.llt_to_pt if terms else {}
    if predictions is not None:
        told = read_predictions(predictions, lift=lift)
    else:
        pipeline = open_pipeline(
            str(bundle),
            device=device,
            threads=threads,
            trunk=trunk,
            always_code=always_code,
            normalizer=normalizer,
        )
        with told_when_stopped(console):
            told, named = _judge(pipeline, annotations, gold, lift, console)
        names, version = {**named, **names}, pipeline.version
    assessment = assess(annotations, told, seen=known, terminology=terms, samples=samples, seed=seed)
    about = {
        "gold": str(gold),
        "split": split if gold.is_dir() else None,
        "predictions": str(predictions) if predictions else None,
        "bundle": version,
        "always_code": always_code if bundle else None,
        "normalizer": normalizer,
        "terminology": str(terminology) if terminology else None,
        "release": terms.version or None if terms else None,
        "seen": str(seen) if seen else None,
    }
    if out:
        write_report(out, assessment, names, about=about, most_errors=errors)
    for note in assessment.notes:
        console.print(escape(note))
    if as_json:
        typer.echo(json.dumps({**about, **assessment.to_json()}, ensure_ascii=False))
    else:
        _print(assessment)
    if out:
        console.print(f"wrote {escape(str(out))}")


def _judge(
    pipeline: Pipeline, gold: Gold, path: Path, lift: Mapping[str, str], console: Console
) -> tuple[Predictions, dict[str, str]]:
    from training.evaluation.example_scores import annotation_of_prediction, lift_annotation
    from training.evaluation.prediction_files import Predictions, candidates_of, lift_code_list
    from training.evaluation.tweet_files import TextToScore, score_texts

    if any(id_ not in gold.texts for id_ in gold.by_tweet):
        raise CorpusError(
            f"{path} has annotations, but not the texts that --bundle is to judge: add tweets.tsv"
        )
    texts = (TextToScore(id_, gold.texts[id_]) for id_ in gold.by_tweet)
    judgements, probabilities, candidates, names = {}, {}, {}, {}
    with text_progress(len(gold.by_tweet), console) as advance:
        for text, prediction in score_texts(pipeline, texts):
            judgements[text.id] = lift_annotation(annotation_of_prediction(prediction), lift)
            candidates[text.id] = {
                (mention.start, mention.end): lift_code_list(
                    (ptid for ptid, _ in candidates_of(mention)), lift
                )
                for mention in prediction.mentions
            }
            probabilities[text.id] = prediction.probability
            names.update({m.ptid: m.pt_name for m in prediction.mentions if m.ptid and m.pt_name})
            advance(1)
    return Predictions(judgements, probabilities, candidates), names


def _print(assessment: Assessment) -> None:
    from training.evaluation.score_tables import CODE_HEADINGS, SCORE_HEADINGS, code_accuracy_rows, score_rows

    _print_rows(SCORE_HEADINGS, score_rows(assessment))
    if assessment.codes:
        typer.echo()
        _print_rows(CODE_HEADINGS, code_accuracy_rows(assessment.codes))
    if assessment.reliability:
        typer.echo(f"expected calibration error {assessment.reliability.error:.4f}")
    if assessment.points:
        typer.echo(f"average precision of 1a {assessment.points.average_precision:.4f}")


def _print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(headings[0], box=None)
    for heading in headings[1:]:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*row)
    print_table(table)

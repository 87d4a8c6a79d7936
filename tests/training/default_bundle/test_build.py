"""The default bundle on a tiny encoder: the split of its data, its training, its card."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from models import Pipeline
from models.encoder import Encoder
from models.options import NormalizerChoice
from tests.tiny import make_tiny_bundle
from training.checklist import CAPABILITIES
from training.default_bundle.build import build_default_bundle
from training.default_bundle.data import BundleData, DataSizes
from training.default_bundle.gathering import gather_data
from training.errors import RunError
from training.examples import coded_phrases
from training.loop.config import TrainingConfig
from training.loop.states import KeptStates
from training.methods import Datasets, TrainedBundle, TrainingRun
from training.presets import Method
from training.retrieval.retriever_config import RetrieverConfig

FEWEST = 1
SIZES = DataSizes(
    positive_tweets=100,
    negative_tweets=100,
    extractor_negatives=30,
    formal_positives=20,
    formal_negatives=20,
    label_sentences=20,
    review_sentences=40,
    held_out=0.2,
)


# Generating tweets takes longer than a training on them.
gather_once = cache(gather_data)


@pytest.fixture(scope="module", autouse=True)
def _shared_data() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.default_bundle.build.gather_data", gather_once)
        yield


@pytest.fixture(scope="module")
def data(corpora_folder: Path, terminology_folder: Path) -> BundleData:
    return gather_once(corpora_folder, terminology_folder, SIZES, seed=TrainingConfig().seed, fewest=FEWEST)


def test_test_tweets_are_neither_trained_on_nor_used_for_validation(data: BundleData) -> None:
    learned = {example.text for example in [*data.classifier, *data.extractor]}
    chosen = {example.text for example in data.all_valid}
    tested = {example.text for example in [*data.test, *data.blind, *data.stream, *data.reviews]}
    assert not tested & (learned | chosen)
    assert not chosen & learned
    documents = [{example.document for example in side} for side in (data.classifier, data.valid, data.test)]
    tweets = [{name for name in side if name.startswith("written:")} for side in documents]
    assert not tweets[0] & tweets[1]
    assert not tweets[0] & tweets[2]
    assert not tweets[1] & tweets[2]


def test_the_normalizer_does_not_learn_phrases_of_test_tweets(data: BundleData) -> None:
    learned = {phrase.text.lower() for phrase in data.phrases}
    tested = {phrase.text.lower() for phrase in coded_phrases(data.test)}
    assert tested
    assert not tested & learned


def test_reviews_are_split_by_review_and_keep_their_drug(data: BundleData) -> None:
    sides = [
        [example for example in side if example.id.startswith("psytar:")]
        for side in (data.classifier, data.valid_reviews, data.reviews)
    ]
    assert all(example.context == "zoloft" for side in sides for example in side)
    reviews = [{example.id.split(":")[1] for example in side} for side in sides]
    assert all(reviews)
    assert not reviews[0] & reviews[1] | reviews[0] & reviews[2] | reviews[1] & reviews[2]


def test_each_pt_of_the_terminology_is_a_class(data: BundleData) -> None:
    assert {label.ptid for label in data.labels.classes} == set(data.terminology.pt_names)


def build(
    folder: Path,
    corpora: Path,
    terminology: Path,
    encoder: Path,
    *,
    normalizer: NormalizerChoice,
    sizes: DataSizes = SIZES,
    teachers: Sequence[Path] = (),
    **settings: float,
) -> TrainedBundle:
    training = TrainingConfig(
        encoder=str(encoder),
        frozen_layers=1,
        epochs=1,
        learning_rate=3e-3,
        head_learning_rate=3e-3,
        max_tokens=48,
        **settings,
    )
    run = folder / "run"
    return build_default_bundle(
        corpora,
        terminology,
        folder / "bundle",
        method=Method(
            "default",
            training,
            normalizer=normalizer,
            reads_context=True,
            retriever=RetrieverConfig(layers=1, epochs=1),
            fewest_examples=FEWEST,
        ),
        sizes=sizes,
        run=TrainingRun(run, run / "networks", KeptStates("memory", limit=10**9, folder=run / "states")),
        command="ade-train default-bundle",
        teachers=teachers,
    )


@pytest.mark.slow
def test_the_default_bundle_searches_names_and_states_its_scores(
    corpora_folder: Path,
    terminology_folder: Path,
    tiny_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    parts = (tmp_path, corpora_folder, terminology_folder, tiny_encoder)
    path = tmp_path / "bundle"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("training.default_bundle.build.evaluate_held_out", interrupted)
        build(*parts, normalizer="hybrid")
    assert not path.exists()
    trained = {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*.pt")}
    assert len(trained) == 2
    with pytest.raises(RunError, match="other data"):
        build(*parts, normalizer="hybrid", sizes=SIZES.scaled(0.5))
    outcome = build(*parts, normalizer="hybrid")
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*.pt")} == trained
    pipeline = Pipeline.from_bundle(path, device="cpu")
    assert pipeline.version == outcome.version
    assert Pipeline.from_bundle(path, device="cpu", normalizer="hybrid").version == outcome.version
    assert len(pipeline.score(["zoloft gave me insomnia", ""])) == 2
    metrics = json.loads((path / "metrics.json").read_text())
    assert metrics == json.loads(json.dumps(outcome.metrics))
    assert set(metrics["checklist"]) == set(CAPABILITIES)
    assert set(metrics["threshold"]["by_kind"]) == {"tweets", "reviews"}
    assert pipeline.score(["nausea again"], ["zoloft"]) != pipeline.score(["nausea again"], ["the bus"])
    assert set(metrics["coding"]["blind_tweet_spans"]) == {"classifier", "retrieval", "hybrid"}
    card = (path / "README.md").read_text()
    assert "ade-train default-bundle" in card
    assert all(f"| {capability} |" in card for capability in CAPABILITIES)
    assert "$" not in card


@pytest.mark.slow
def test_a_rival_without_a_retriever_is_evaluated_too(
    corpora_folder: Path, terminology_folder: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    outcome = build(tmp_path, corpora_folder, terminology_folder, tiny_encoder, normalizer="classifier")
    assert set(outcome.metrics["coding"]["blind_tweet_spans"]) == {"classifier"}
    assert not outcome.metrics["drop_uncoded"]  # the method says never
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert "| blind tweet spans | classifier |" in card
    assert "hybrid" not in card


@pytest.mark.parametrize("weight", [pytest.param(0.0, marks=pytest.mark.slow), 1.0])
def test_a_teacher_also_says_how_words_relate_if_the_settings_ask_for_it(
    weight: float,
    corpora_folder: Path,
    terminology_folder: Path,
    tiny_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[Datasets] = []

    def interrupted(method: Method, encoder: Encoder, datasets: Datasets, *_: object, **__: object) -> None:
        trained.append(datasets)
        raise KeyboardInterrupt

    monkeypatch.setattr("training.default_bundle.build.train_model", interrupted)
    parts = (tmp_path, corpora_folder, terminology_folder, tiny_encoder)
    teacher = make_tiny_bundle(tmp_path / "teacher")
    sizes = SIZES.scaled(0.3)
    with pytest.raises(KeyboardInterrupt):
        build(*parts, normalizer="classifier", sizes=sizes, teachers=[teacher], distill_states=weight)
    [datasets] = trained
    assert datasets.tasks["1a"].soft is not None
    assert (datasets.tasks["1b"].relations is not None) == (weight > 0)
    assert datasets.tasks["1a"].relations is None


def test_an_impossible_exit_is_refused_before_a_teacher_reads(
    corpora_folder: Path, terminology_folder: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    parts = (tmp_path, corpora_folder, terminology_folder, tiny_encoder)
    teacher = make_tiny_bundle(tmp_path / "teacher")
    with pytest.raises(RunError, match="exit-layer"):
        build(*parts, normalizer="classifier", teachers=[teacher], exit_layer=9)
    assert not list(tmp_path.rglob("labels-*"))


def test_something_else_at_out_is_an_error_before_training(
    corpora_folder: Path, terminology_folder: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "thesis.txt").touch()
    with pytest.raises(RunError, match="is not a bundle"):
        build(tmp_path, corpora_folder, terminology_folder, tiny_encoder, normalizer="hybrid")
    assert [path.name for path in tmp_path.rglob("*")] == ["bundle", "thesis.txt"]

"""From texts to a bundle: each preset, interrupted and resumed, and corpora without codes or spans."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import ServingOptions, load_bundle, load_scorer
from tests.training.tiny_methods import KilledError, Recorder, build, corpus
from training.augmentation import augment
from training.errors import RunError
from training.evaluation import evaluate
from training.examples import TrainingData


@pytest.fixture(scope="module")
def presets(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Recorder]]:
    """Train all presets of the paper. They share a folder of networks, as in Table 1."""
    folder = tmp_path_factory.mktemp("presets")
    names = ("mtl", "boosting-ensemble", "enhanced-ensemble", "enhanced-normalizer")
    recorders = {name: Recorder() for name in names}
    for name, recorder in recorders.items():
        build(folder, name, tiny_encoder, callback=recorder)
    return folder, recorders


@pytest.mark.parametrize(
    ("name", "classifiers", "context"),
    [
        ("mtl", 1, False),
        ("boosting-ensemble", 3, False),
        ("enhanced-ensemble", 5, False),
        ("enhanced-normalizer", 1, True),
    ],
)
def test_each_preset_makes_a_bundle_of_its_kind(
    presets: tuple[Path, dict[str, Recorder]], name: str, classifiers: int, context: bool
) -> None:
    bundle = load_bundle(presets[0] / name)
    assert bundle.network.classifiers == classifiers
    assert (bundle.config.options.context, bundle.config.options.feedback) == (context, True)
    assert bundle.network.frozen_layers == 2  # all but the last of three
    assert len(bundle.labels) == 4


def test_a_bundle_scores_as_its_metrics_state(presets: tuple[Path, dict[str, Recorder]]) -> None:
    for name in presets[1]:
        scorer = load_scorer(str(presets[0] / name), ServingOptions(device="cpu"))
        metrics = json.loads((presets[0] / name / "metrics.json").read_text())
        scores = evaluate(scorer, corpus().valid).to_json()
        for task, figures in metrics["validation"].items():
            assert scores[task]["f1"] == pytest.approx(figures["f1"], abs=0.02), (name, task)


def test_the_network_of_mtl_is_the_first_classifier_of_both_ensembles(
    presets: tuple[Path, dict[str, Recorder]],
) -> None:
    folder, recorders = presets
    assert [number for _, number in recorders["mtl"].epochs] == [1, 2]
    # Classifier 1 was trained already; for the larger ensemble, 2 and 3 were trained as well.
    trained = [dict.fromkeys(title for title, _ in recorders[name].epochs) for name in list(recorders)[1:3]]
    assert [list(titles) for titles in trained] == [
        ["classifier 2 of 3", "classifier 3 of 3"],
        ["classifier 4 of 5", "classifier 5 of 5"],
    ]
    alone = load_bundle(folder / "mtl").network.trained_state()
    for name in ("boosting-ensemble", "enhanced-ensemble"):
        whole = load_bundle(folder / name).network.trained_state()
        assert all(torch.equal(tensor, whole[key]) for key, tensor in alone.items())


def test_further_classifiers_are_drawn_from_errors_and_disagreements(
    presets: tuple[Path, dict[str, Recorder]],
) -> None:
    recorder = presets[1]["enhanced-ensemble"]
    augmented = 45 + len(augment(corpus().train, per_positive=5, seed=1, wordnet=None))
    set_size = {2: 45, 3: 45, 4: augmented, 5: augmented}
    for number, sizes in enumerate(recorder.sizes[1:], start=2):
        [message] = [text for text in recorder.messages if text.startswith(f"classifier {number}:")]
        hard = int(message.split()[2].replace(",", ""))
        assert sizes["1a"] == 3 * hard + round((set_size[number] - hard) / 3), message
        assert (sizes["1b"], sizes["1c"]) == (20, 20)


def test_further_classifiers_are_validated_by_their_own_f1(
    presets: tuple[Path, dict[str, Recorder]],
) -> None:
    assert [set(figures["f1"]) for figures in presets[1]["boosting-ensemble"].figures] == [{"1a"}] * 4
    assert [set(figures["f1"]) for figures in presets[1]["mtl"].figures] == [{"1a", "1b", "1c"}] * 2


def test_preset_full_unfreezes_the_encoder_and_chooses_its_threshold(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    outcome = build(tmp_path, "full", tiny_encoder)
    bundle = load_bundle(tmp_path / "full")
    assert (bundle.network.frozen_layers, bundle.network.pooling) == (0, "mean")
    assert bundle.config.thresholds.classifier == outcome.metrics["threshold"]["threshold"]
    assert outcome.metrics["threshold"]["chosen"] == "f1"
    assert outcome.metrics["examples"]["1b"] > 20  # negatives are among them


def test_an_ensemble_killed_in_its_second_network_resumes_to_the_same_weights(
    presets: tuple[Path, dict[str, Recorder]], tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(KilledError):
        build(tmp_path, "boosting-ensemble", tiny_encoder, callback=Recorder(kill=(2, 2)))
    assert not (tmp_path / "boosting-ensemble").exists()
    resumed = Recorder()
    build(tmp_path, "boosting-ensemble", tiny_encoder, callback=resumed)
    assert resumed.epochs == [("classifier 2 of 3", 2), ("classifier 3 of 3", 1), ("classifier 3 of 3", 2)]
    resumed_weights = load_bundle(tmp_path / "boosting-ensemble").network.trained_state()
    expected = load_bundle(presets[0] / "boosting-ensemble").network.trained_state()
    assert all(torch.equal(tensor, resumed_weights[name]) for name, tensor in expected.items())


def test_a_corpus_without_codes_yields_spans_without_codes(tiny_encoder: Path, tmp_path: Path) -> None:
    outcome = build(tmp_path, "mtl", tiny_encoder, "epochs=6", data=corpus(coded=False))
    scorer = load_scorer(str(tmp_path / "mtl"), ServingOptions(device="cpu"))
    mentions = [
        mention
        for prediction in scorer.score(["day 3 and nausea", "so dizzy"])
        for mention in prediction.mentions
    ]
    assert [mention.ptid for mention in mentions] == [None] * len(mentions) != []
    assert set(outcome.metrics["validation"]) == {"1a", "1b"}


def test_a_corpus_without_spans_trains_only_a_classifier(tiny_encoder: Path, tmp_path: Path) -> None:
    data = TrainingData(*([replace(e, spans=()) for e in part] for part in (corpus().train, corpus().valid)))
    outcome = build(tmp_path, "mtl", tiny_encoder, "epochs=6", data=data)
    predictions = load_scorer(str(tmp_path / "mtl"), ServingOptions(device="cpu")).score(
        [e.text for e in data.valid]
    )
    assert {prediction.label for prediction in predictions} == {"ADE", "NoADE"}
    assert not any(prediction.mentions for prediction in predictions)
    assert set(outcome.metrics["validation"]) == {"1a"}


def test_more_tokens_than_the_encoder_has_positions_are_an_error(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="max-tokens=64"):
        build(tmp_path, "mtl", tiny_encoder, "max-tokens=65")


def test_mean_votes_are_stored_in_the_bundle(tiny_encoder: Path, tmp_path: Path) -> None:
    build(tmp_path, "boosting-ensemble", tiny_encoder, "vote=mean", "epochs=1")
    ensemble = load_bundle(tmp_path / "boosting-ensemble").config.ensemble
    assert ensemble is not None
    assert (ensemble.classifiers, ensemble.vote) == (3, "mean")

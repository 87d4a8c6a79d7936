"""Two tiny readers are fitted to each other, stored, and loaded again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import BundleError, Pipeline, TrunkError, load_bundle
from models.bundle import read_config
from tests.tiny_readers import make_two_bundles, validation_examples
from training.errors import RunError
from training.evaluation import predict_examples, score_predictions
from training.two_readers import ReaderFit, fit_two_readers, save_two_readers
from training.two_readers.who_reads import FirstScores, choose_who_reads

EXAMPLES = validation_examples()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_two_bundles(tmp_path_factory.mktemp("readers"))


@pytest.fixture(scope="module")
def fit(bundles: tuple[Path, Path]) -> ReaderFit:
    first, second = map(load_bundle, bundles)
    kinds = [("tweets", EXAMPLES[::2]), ("reviews", EXAMPLES[1::2])]
    return fit_two_readers(first, second, kinds, prevalence=0.3, share=0.5)


def test_the_stored_bundle_finds_what_the_fit_measured(
    bundles: tuple[Path, Path], fit: ReaderFit, tmp_path: Path
) -> None:
    version = save_two_readers(*bundles, fit, tmp_path / "both", name="both")
    pipeline = Pipeline.from_bundle(tmp_path / "both", device="cpu")
    assert pipeline.version == version
    predictions = predict_examples(pipeline, EXAMPLES)
    scores = score_predictions(predictions, EXAMPLES)
    assert scores.classifier.f1 > 0.9
    shares = [prediction.second_probability is not None for prediction in predictions]
    assert 0.2 < np.mean(shares) < 0.8
    stored = json.loads((tmp_path / "both" / "metrics.json").read_bytes())
    assert stored["two_readers"]["reads_from"] == read_config(tmp_path / "both").second_reader.reads_from  # type: ignore[union-attr]
    assert (tmp_path / "both" / "README.md").read_text().startswith("# both")


def test_the_choice_is_the_best_of_all_that_were_measured(fit: ReaderFit) -> None:
    assert {choice.spans for choice in fit.choices} == {"first", "second", "mean", "union"}
    assert {choice.codes for choice in fit.choices} == {"first", "mean"}
    best = max(choice.quality for choice in fit.choices)
    assert fit.chosen.quality >= best - 0.005
    assert (fit.section.spans, fit.section.codes) == (fit.chosen.spans, fit.chosen.codes)


def test_texts_of_one_class_are_refused(bundles: tuple[Path, Path]) -> None:
    first, second = map(load_bundle, bundles)
    positive = [example for example in EXAMPLES if example.label]
    with pytest.raises(RunError, match="both classes"):
        fit_two_readers(first, second, [("tweets", positive)])
    with pytest.raises(RunError, match="same name"):
        fit_two_readers(first, second, [("tweets", EXAMPLES), ("tweets", EXAMPLES)])


def test_a_second_reader_that_says_the_opposite_is_refused(bundles: tuple[Path, Path]) -> None:
    first, second = map(load_bundle, bundles)
    turned = [replace(example, label=1 - example.label, spans=()) for example in EXAMPLES]
    with pytest.raises(RunError, match="no use"):
        fit_two_readers(first, second, [("tweets", turned)], share=1.0)


def test_a_result_within_one_of_both_is_refused(bundles: tuple[Path, Path], fit: ReaderFit) -> None:
    with pytest.raises(BundleError, match="within"):
        save_two_readers(*bundles, fit, bundles[0] / "both", name="both")


def test_a_missing_encoder_of_the_second_is_named(
    bundles: tuple[Path, Path], fit: ReaderFit, tmp_path: Path
) -> None:
    save_two_readers(*bundles, fit, tmp_path / "both", name="both")
    config = tmp_path / "both" / "second" / "config.json"
    document = json.loads(config.read_bytes())
    for name in ("trunk.safetensors", "tokenizer.json"):
        del document["files"][name]
        (config.parent / name).unlink()
    document["encoder"] = "package:all-mpnet-base-v2-that-nobody-has"
    config.write_text(json.dumps(document))
    whole = json.loads((tmp_path / "both" / "config.json").read_bytes())
    whole["second_reader"]["version"] = read_config(config.parent).version
    (tmp_path / "both" / "config.json").write_text(json.dumps(whole))
    with pytest.raises(TrunkError, match="nobody-has"):
        load_bundle(tmp_path / "both")


def scores(name: str, probabilities: list[float], labels: list[int]) -> FirstScores:
    return FirstScores(name, np.array(probabilities), np.array(labels, dtype=float), np.ones(len(labels)))


def test_a_share_of_a_stream_goes_on() -> None:
    kind = scores("a", [0.1, 0.2, 0.3, 0.9], [0, 0, 0, 1])
    chosen = choose_who_reads([kind], share=0.5)
    assert 0.2 < chosen.reads_from <= 0.3
    assert chosen.shares == {"a": 0.5}
    stream = np.linspace(0, 1, 101)
    assert choose_who_reads([kind], share=0.1, stream=stream).reads_from == pytest.approx(0.9, abs=0.011)


def test_a_share_of_the_positives_of_each_kind_goes_on() -> None:
    kinds = [scores("a", [0.1, 0.8], [0, 1]), scores("b", [0.2, 0.4, 0.6], [0, 1, 1])]
    chosen = choose_who_reads(kinds, share=0.15, keep=1.0)
    assert 0.2 < chosen.reads_from <= 0.4
    assert chosen.kept == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(RunError, match="share"):
        choose_who_reads([scores("a", [0.1, 0.9], [0, 1])], share=share)

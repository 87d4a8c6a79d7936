"""Storing new settings in an existing bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models import BundleError, Pipeline, load_bundle
from models.bundle import Calibration, Thresholds, read_config, revise_bundle, set_languages
from tests.tiny import POSITIVE


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def metrics(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


def test_predictions_use_the_new_settings(bundle_copy: Path) -> None:
    before = load_bundle(bundle_copy).version
    plain = Pipeline.from_bundle(bundle_copy, device="cpu").score(POSITIVE)
    version = revise_bundle(
        bundle_copy,
        thresholds=Thresholds(classifier=0.99, normalizer=0.1),
        calibration=Calibration(temperature=4.0, bias=-0.5),
    )
    bundle = load_bundle(bundle_copy)
    assert version == bundle.version != before
    assert bundle.config.thresholds == Thresholds(classifier=0.99, normalizer=0.1)
    assert bundle.config.calibration == Calibration(temperature=4.0, bias=-0.5)
    assert bundle.config.format_version == 2
    for old, new in zip(plain, Pipeline.of(bundle).score(POSITIVE), strict=True):
        assert 0.5 < new.probability < old.probability
        assert new.label == ("ADE" if new.probability >= 0.99 else "NoADE")


def test_settings_that_are_not_given_stay(bundle_copy: Path) -> None:
    before = load_bundle(bundle_copy).config
    revise_bundle(bundle_copy, calibration=Calibration(temperature=2.0))
    revise_bundle(bundle_copy, thresholds=Thresholds(classifier=0.7, normalizer=0.2))
    after = load_bundle(bundle_copy).config
    assert after.calibration == Calibration(temperature=2.0)
    assert after.model_dump(exclude={"thresholds", "calibration", "format_version"}) == before.model_dump(
        exclude={"thresholds", "calibration", "format_version"}
    )


def test_only_config_metrics_and_checksums_are_written(bundle_copy: Path) -> None:
    before = contents(bundle_copy)
    revise_bundle(bundle_copy, calibration=Calibration(temperature=2.0), metrics={"ece": 0.1})
    after = contents(bundle_copy)
    assert after.keys() == before.keys()
    changed = {"config.json", "metrics.json", "SHA256SUMS"}
    assert {name for name in after if after[name] != before[name]} == changed


def test_new_metrics_are_added_to_the_old_ones(bundle_copy: Path) -> None:
    version = load_bundle(bundle_copy).version
    assert revise_bundle(bundle_copy, metrics={"calibration": {"ece": 0.1}}) == version
    assert metrics(bundle_copy) == {"f1": 1.0, "calibration": {"ece": 0.1}}
    (bundle_copy / "metrics.json").unlink()
    revise_bundle(bundle_copy, metrics={"calibration": 2})
    assert metrics(bundle_copy) == {"calibration": 2}


def test_the_same_settings_leave_the_bundle_unchanged(bundle_copy: Path) -> None:
    before = contents(bundle_copy)
    version = revise_bundle(bundle_copy, thresholds=Thresholds(classifier=0.5, normalizer=0.3))
    assert version == load_bundle(bundle_copy).version
    assert contents(bundle_copy) == before


@pytest.mark.parametrize("damaged", ["metrics.json", "config.json"])
@pytest.mark.parametrize("content", ["[1, 2]", "{broken"])
def test_a_damaged_file_is_named_and_nothing_is_written(
    bundle_copy: Path, damaged: str, content: str
) -> None:
    (bundle_copy / damaged).write_text(content)
    before = contents(bundle_copy)
    with pytest.raises(BundleError, match=damaged.replace(".", r"\.")):
        revise_bundle(bundle_copy, calibration=Calibration(temperature=2.0), metrics={"ece": 0.1})
    assert contents(bundle_copy) == before


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        revise_bundle(tmp_path / "nothing", thresholds=Thresholds())


def test_metrics_that_cannot_be_written_change_nothing(bundle_copy: Path) -> None:
    before = contents(bundle_copy)
    with pytest.raises(TypeError):
        revise_bundle(bundle_copy, thresholds=Thresholds(), metrics={"not": {"a", "set"}})
    assert contents(bundle_copy) == before


def test_languages_are_stated_in_config_and_card_and_the_version_stays(bundle_copy: Path) -> None:
    before = contents(bundle_copy)
    version = set_languages(bundle_copy, ["en"])
    assert (
        version == load_bundle(bundle_copy).version == Pipeline.from_bundle(bundle_copy, device="cpu").version
    )
    assert read_config(bundle_copy).languages == ("en",)
    after = contents(bundle_copy)
    assert {name for name in after if after[name] != before.get(name)} == {
        "config.json",
        "README.md",
        "SHA256SUMS",
    }
    assert b"`en`" in after["README.md"]
    assert set_languages(bundle_copy, []) == version
    assert contents(bundle_copy) == before


def test_languages_can_be_stated_in_a_copy_only(bundle_copy: Path, tmp_path: Path) -> None:
    before = contents(bundle_copy)
    set_languages(bundle_copy, ["en"], tmp_path / "copy")
    assert contents(bundle_copy) == before
    assert read_config(tmp_path / "copy").languages == ("en",)
    with pytest.raises(BundleError, match="already exists"):
        set_languages(bundle_copy, ["en"], tmp_path / "copy")


def test_other_settings_keep_the_languages(bundle_copy: Path) -> None:
    set_languages(bundle_copy, ["en"])
    revise_bundle(bundle_copy, calibration=Calibration(temperature=2.0))
    assert read_config(bundle_copy).languages == ("en",)

"""Scorers and bundles by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models import BundleError, DummyScorer, Pipeline, Problem, ServingOptions, load_scorer
from models.bundle import set_languages
from models.scoring import (
    CachingScorer,
    bundle_folder,
    bundle_to_change,
    packaged_bundles,
    require_bundle,
    trained_languages,
)


def test_a_scorer_is_loaded_by_name_or_folder(tiny_bundle: Path, pipeline: Pipeline) -> None:
    assert load_scorer("dummy").version == "dummy-1"
    assert load_scorer(str(tiny_bundle), ServingOptions(device="cpu")).version == pipeline.version


def test_predictions_are_cached_if_asked_for_but_never_those_of_the_dummy(tiny_bundle: Path) -> None:
    scorer = load_scorer(str(tiny_bundle), ServingOptions(device="cpu", cache=10))
    assert isinstance(scorer, CachingScorer)
    assert scorer.score(["so dizzy", "so dizzy"])[0].label == "ADE"
    assert scorer.counts.hits == 1
    assert isinstance(load_scorer("dummy", ServingOptions(cache=10)), DummyScorer)


def test_an_unknown_name_is_refused_with_the_available_names() -> None:
    with pytest.raises(BundleError, match="default, dummy") as caught:
        load_scorer("defualt")
    assert "defualt" in str(caught.value)
    assert caught.value.problem is Problem.UNKNOWN_BUNDLE


def test_the_default_bundle_ships_with_the_package() -> None:
    folder = packaged_bundles()["default"]
    assert bundle_folder("default") == folder
    assert (folder / "config.json").is_file()


def test_a_packaged_bundle_is_not_changed_in_place(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="of the package") as caught:
        bundle_to_change("default", None)
    assert caught.value.problem is Problem.PACKAGED_BUNDLE
    assert bundle_to_change("default", tmp_path / "copy") == bundle_folder("default")
    assert bundle_to_change(str(tiny_bundle), None) == tiny_bundle


def test_a_damaged_config_is_left_to_loading(bundle_copy: Path) -> None:
    """Loading names what is wrong with the file; the check before it must not hide that."""
    (bundle_copy / "config.json").write_text("{broken")
    require_bundle(str(bundle_copy), "hybrid")
    with pytest.raises(BundleError, match="not JSON"):
        load_scorer(str(bundle_copy), ServingOptions(normalizer="hybrid"))


def test_a_pipeline_is_loaded_by_the_names_of_scorers() -> None:
    pipeline = Pipeline.from_bundle("default", device="cpu")
    assert pipeline.version.startswith("default-")
    with pytest.raises(BundleError, match="defualt"):
        Pipeline.from_bundle("defualt")


def test_the_dummy_is_not_a_bundle() -> None:
    with pytest.raises(BundleError, match=r"without weights.*default"):
        bundle_folder("dummy")


def test_loading_the_dummy_does_not_import_torch() -> None:
    code = "import sys, models; models.load_scorer('dummy'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_path_may_begin_with_the_home_folder(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tiny_bundle.parent))
    assert bundle_folder(f"~/{tiny_bundle.name}") == tiny_bundle


def test_the_languages_of_a_scorer_are_those_that_its_bundle_states(bundle_copy: Path) -> None:
    assert trained_languages("default") == ("en",)
    assert trained_languages("dummy") == ()
    assert trained_languages(str(bundle_copy)) == ()
    set_languages(bundle_copy, ["de", "en"])
    assert trained_languages(str(bundle_copy)) == ("de", "en")
    (bundle_copy / "config.json").write_text("{")
    assert trained_languages(str(bundle_copy)) == (), "loading the bundle reports it"
    with pytest.raises(BundleError):
        trained_languages("no-such-bundle")

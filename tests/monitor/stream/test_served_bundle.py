"""The owner of the bundle that scores now, and loading one from its folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from models import BundleError, ModelError
from models.scoring import CacheCounts, CachingScorer
from monitor.enrich import LanguageDetector
from monitor.errors import RetryableError
from monitor.settings import ModelSettings, Settings, WorkerSettings
from monitor.stream import served_bundle, worker
from monitor.stream.bundle_content import BundleContent
from monitor.stream.served_bundle import CurrentBundle, load_served_bundle
from tests.monitor.stream.scorers import PickyScorer, current_bundle
from tests.poisoned_bundle import POISON_OF_SELF_TEST, make_poisoned_bundle
from tests.tiny import make_tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("served") / "bundle")


@pytest.fixture(scope="module")
def unsound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_poisoned_bundle(tmp_path_factory.mktemp("unsound") / "bundle", POISON_OF_SELF_TEST)


def settings_for(bundle: Path | str, **worker: str) -> Settings:
    return Settings(model=ModelSettings(bundle=str(bundle), device="cpu"), worker=WorkerSettings(**worker))


def test_the_counts_of_caches_add_up_over_all_bundles() -> None:
    current = current_bundle(CachingScorer(PickyScorer(), 100))
    current.now.scorer.score(["one", "two", "one"])
    assert current.cache_counts() == CacheCounts(lookups=3, hits=1)
    current.replace(current_bundle(CachingScorer(PickyScorer(), 100)).now)
    assert current.cache_counts() == CacheCounts(lookups=3, hits=1)
    current.now.scorer.score(["two"])
    assert current.cache_counts() == CacheCounts(lookups=4, hits=1)


def test_without_a_cache_nothing_is_counted() -> None:
    assert current_bundle(PickyScorer()).cache_counts() is None


def test_the_version_is_that_of_the_bundle() -> None:
    assert current_bundle(CachingScorer(PickyScorer(), 100)).version == "picky-1"


def test_a_bundle_is_loaded_with_its_languages_and_what_its_folder_has(bundle: Path) -> None:
    served = load_served_bundle(settings_for(bundle), LanguageDetector())
    assert served.version.startswith("tiny-")
    assert served.language_filter.languages == frozenset()
    assert served.content is not None
    spanish = load_served_bundle(settings_for(bundle, languages="es"), LanguageDetector())
    assert spanish.language_filter.languages == {"es"}
    assert spanish.content == served.content


def test_the_dummy_has_no_folder() -> None:
    served = load_served_bundle(settings_for("dummy"), LanguageDetector())
    assert served.content is None
    assert CurrentBundle(served).version == served.version


def test_a_damaged_bundle_is_not_loaded(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in bundle.iterdir():
        (copy / path.name).write_bytes(path.read_bytes()[:-1])
    (copy / "config.json").write_text(json.dumps(json.loads((bundle / "config.json").read_text())))
    with pytest.raises(BundleError, match="damaged or was changed"):
        load_served_bundle(settings_for(copy), LanguageDetector())


@pytest.mark.parametrize("cache", [0, 100])
def test_a_bundle_that_fails_its_self_test_is_not_loaded(cache: int, unsound: Path) -> None:
    settings = Settings(model=ModelSettings(bundle=str(unsound), device="cpu", cache=cache))
    with pytest.raises(ModelError, match="fails its self-test"):
        load_served_bundle(settings, LanguageDetector())


def test_a_worker_on_a_refused_bundle_ends_with_the_reason_before_it_needs_a_server(
    unsound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SWITCH_INTERVAL", sys.getswitchinterval())
    with pytest.raises(ModelError, match="fails its self-test"):
        worker.run_worker(settings_for(unsound))


def test_a_folder_that_changes_while_it_is_read_is_not_served(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = iter([BundleContent("before", ()), BundleContent("after", ())])
    monkeypatch.setattr(served_bundle, "read_content", lambda _: next(contents))
    with pytest.raises(RetryableError, match="changed while it was read"):
        load_served_bundle(settings_for(bundle), LanguageDetector())

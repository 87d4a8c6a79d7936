"""A finder with a bundle that knows four effects, and the matcher of the package."""

from __future__ import annotations

import pytest

from monitor.enrich.drugs import DrugMatcher, load_matcher
from monitor.labels.effect_finder import EffectFinder, load_finder
from monitor.settings import EnrichSettings
from tests.tiny import make_tiny_bundle


@pytest.fixture(scope="session")
def finder(tmp_path_factory: pytest.TempPathFactory) -> EffectFinder:
    """Finds the effects of `tests.tiny`."""
    return load_finder(str(make_tiny_bundle(tmp_path_factory.mktemp("labels") / "bundle")))


@pytest.fixture(scope="session")
def matcher() -> DrugMatcher:
    """The drugs of the package."""
    return load_matcher(EnrichSettings())

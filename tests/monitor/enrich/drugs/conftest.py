"""The matcher of the package, loaded once."""

from __future__ import annotations

import pytest

from monitor.enrich.drugs import DrugMatcher, load_matcher
from monitor.settings import EnrichSettings


@pytest.fixture(scope="session")
def matcher() -> DrugMatcher:
    """Return the matcher for the drugs of the package."""
    return load_matcher(EnrichSettings())

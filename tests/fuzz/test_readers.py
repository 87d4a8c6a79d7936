"""Every reader of bytes from outside survives damaged input; `make fuzz` tries far more of it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.all_targets import ALL_TARGETS
from tests.fuzz.mutations import damaged_input


@pytest.mark.parametrize("name", ALL_TARGETS)
@settings(derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_damaged_input_is_read_or_refused_with_a_documented_error(name: str, seed: int) -> None:
    target = ALL_TARGETS[name]
    target.check(damaged_input(target, Random(seed)))


@pytest.mark.parametrize("name", ALL_TARGETS)
def test_the_seeds_of_a_reader_are_read(name: str) -> None:
    target = ALL_TARGETS[name]
    for seed in target.seeds:
        target.check(target.wrappers[0](seed) if target.always_wrapped else seed)

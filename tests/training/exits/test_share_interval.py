"""The interval of a share, and how many may be lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.exits import least_share, most_lost, positives_needed


@pytest.mark.parametrize(
    ("kept", "total", "expected"),
    [(10, 10, 0.7411), (9, 10, 0.6058), (598, 598, 0.9950), (0, 10, 0.0)],
)
def test_the_lower_end_is_that_of_clopper_and_pearson(kept: int, total: int, expected: float) -> None:
    assert least_share(kept, total) == pytest.approx(expected, abs=1e-4)


def test_598_positives_are_needed_to_show_that_995_of_1000_go_on() -> None:
    assert positives_needed(0.995) == 598
    assert most_lost(597, 0.995) is None
    assert most_lost(598, 0.995) == 0


@given(total=st.integers(1, 3_000), share=st.sampled_from([0.9, 0.99, 0.995]))
def test_as_many_are_lost_as_the_bound_allows(total: int, share: float) -> None:
    lost = most_lost(total, share)
    assert (lost is None) == (total < positives_needed(share))
    if lost is not None:
        assert least_share(total - lost, total) >= share
        assert least_share(total - lost - 1, total) < share

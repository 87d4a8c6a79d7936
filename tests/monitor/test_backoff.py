"""The pauses between attempts grow, stop growing, and vary only as much as allowed."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from monitor.backoff import Backoff


def first_pauses(backoff: Backoff, count: int) -> list[float]:
    return list(islice(backoff.pauses(), count))


def test_each_pause_is_longer_by_the_factor_until_the_longest() -> None:
    assert first_pauses(Backoff(first=0.25, longest=5.0), 7) == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert first_pauses(Backoff(first=1.0, longest=20.0, factor=3.0), 4) == [1.0, 3.0, 9.0, 20.0]


def test_each_pause_is_longer_by_the_step_until_the_longest() -> None:
    backoff = Backoff(first=0.25, longest=1.0, factor=1.0, step=0.25)
    assert first_pauses(backoff, 6) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_the_first_pause_is_never_longer_than_the_longest() -> None:
    assert first_pauses(Backoff(first=10.0, longest=2.0), 2) == [2.0, 2.0]


def test_pauses_start_over_when_they_are_requested_again() -> None:
    backoff = Backoff(first=1.0, longest=8.0)
    assert first_pauses(backoff, 3) == first_pauses(backoff, 3)


def test_pauses_stay_at_the_longest_after_thousands_of_failures() -> None:
    assert first_pauses(Backoff(first=1.0, longest=30.0), 2_000)[-1] == 30.0


@given(jitter=st.floats(0, 1))
def test_jitter_only_shortens_and_only_by_its_share(jitter: float) -> None:
    exact = first_pauses(Backoff(first=0.5, longest=8.0), 8)
    shortened = first_pauses(Backoff(first=0.5, longest=8.0, jitter=jitter), 8)
    for full, pause in zip(exact, shortened, strict=True):
        assert full * (1 - jitter) <= pause * (1 + 1e-9)
        assert pause <= full


def test_jitter_makes_two_processes_wait_differently() -> None:
    backoff = Backoff(first=1.0, longest=64.0, jitter=0.5)
    assert first_pauses(backoff, 20) != first_pauses(backoff, 20)

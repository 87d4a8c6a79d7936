"""Texts in a stream: answers in order, a few calls at once, and never more in hand than was said."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import TweetPrediction, stream
from models.scoring import map_in_order

PATIENCE = 20.0


class NumberScorer:
    """Says of each text the number that it is; remembers the calls; the first calls are the slowest."""

    version = "number-1"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        self.calls.append(list(texts))
        if len(self.calls) % 2:
            time.sleep(0.001)
        return [TweetPrediction("NoADE", int(text) / 1000) for text in texts]


def numbers(predictions: Iterator[TweetPrediction]) -> list[int]:
    return [round(said.probability * 1000) for said in predictions]


@settings(deadline=None)
@given(count=st.integers(0, 60), chunk=st.integers(1, 20), ahead=st.integers(1, 4))
def test_every_text_is_answered_in_its_place(count: int, chunk: int, ahead: int) -> None:
    scorer = NumberScorer()
    texts = map(str, range(count))
    assert numbers(stream(scorer, texts, chunk=chunk, ahead=ahead)) == list(range(count))
    assert all(0 < len(call) <= chunk for call in scorer.calls)
    assert len(scorer.calls) == -(-count // chunk)


def test_calls_are_under_way_at_once() -> None:
    together = threading.Barrier(2, timeout=PATIENCE)

    class Meeting(NumberScorer):
        def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
            together.wait()  # raises where nobody comes
            return super().score(texts)

    assert numbers(stream(Meeting(), map(str, range(8)), chunk=2, ahead=2)) == list(range(8))


def test_the_source_is_read_only_a_little_ahead() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield str(taken % 1000)

    predictions = stream(NumberScorer(), endless(), chunk=5, ahead=2)
    for given_so_far, _ in zip(range(200), predictions, strict=False):
        assert taken - given_so_far <= 5 * (2 + 2)
    predictions.close()  # type: ignore[attr-defined]


def test_what_came_before_a_damage_is_answered_and_then_it_is_raised() -> None:
    def damaged() -> Iterator[str]:
        yield from map(str, range(7))
        raise OSError("cut off")

    found: list[TweetPrediction] = []
    with pytest.raises(OSError, match="cut off"):
        found.extend(map_in_order(lambda text: NumberScorer().score([text])[0], damaged()))
    assert numbers(iter(found)) == list(range(7))


def test_after_a_failure_nothing_more_is_given_or_begun() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    given_so_far: list[int] = []
    with pytest.raises(ValueError, match="three"):
        for number in map_in_order(work, range(1000), ahead=2):
            given_so_far.append(number)  # noqa: PERF402 - what came before the failure counts
    assert given_so_far == [0, 1, 2]
    assert len(begun) < 10


def test_whoever_leaves_early_cancels_what_has_not_begun() -> None:
    go = threading.Event()
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        assert number == 0 or go.wait(PATIENCE)
        return number

    results = map_in_order(work, range(100), ahead=1)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    go.set()
    assert set(begun) <= {0, 1}


def test_results_do_not_wait_for_a_source_that_is_not_ready() -> None:
    answered: list[int] = []

    def trickle() -> Iterator[int]:
        for number in range(5):
            assert answered == list(range(number))  # the sender waits for an answer to all it has sent
            yield number

    for number in map_in_order(abs, trickle(), next_is_ready=lambda: False):
        answered.append(number)  # noqa: PERF402 - the source looks at it in between
    assert answered == list(range(5))


@pytest.mark.parametrize("sizes", [{"chunk": 0}, {"chunk": -1}, {"ahead": 0}])
def test_sizes_that_would_answer_nothing_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|greater than 0"):
        list(stream(NumberScorer(), ["1"], **sizes))

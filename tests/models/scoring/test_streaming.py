"""A stream of texts: predictions in order, a few calls at a time, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import TweetPrediction, stream
from models.scoring import map_in_order

TIMEOUT = 20.0


class NumberScorer:
    """Predicts for each text the number that it holds; records its calls, every second of which is slow."""

    version = "number-1"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        self.calls.append(list(texts))
        if len(self.calls) % 2:
            time.sleep(0.001)
        return [TweetPrediction("NoADE", int(text) / 1000) for text in texts]


def numbers(predictions: Iterator[TweetPrediction]) -> list[int]:
    return [round(prediction.probability * 1000) for prediction in predictions]


@settings(deadline=None)
@given(count=st.integers(0, 60), chunk=st.integers(1, 20), ahead=st.integers(1, 4))
def test_predictions_have_the_order_of_the_texts(count: int, chunk: int, ahead: int) -> None:
    scorer = NumberScorer()
    texts = map(str, range(count))
    assert numbers(stream(scorer, texts, chunk=chunk, ahead=ahead)) == list(range(count))
    assert all(0 < len(call) <= chunk for call in scorer.calls)
    assert len(scorer.calls) == -(-count // chunk)


def test_calls_run_at_the_same_time() -> None:
    both_running = threading.Barrier(2, timeout=TIMEOUT)

    class Waiting(NumberScorer):
        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            both_running.wait()  # raises if the other call does not come
            return super().score(texts)

    assert numbers(stream(Waiting(), map(str, range(8)), chunk=2)) == list(range(8))


def test_the_source_is_read_only_a_few_chunks_ahead() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield str(taken % 1000)

    predictions = stream(NumberScorer(), endless(), chunk=5, ahead=2)
    for yielded, _ in zip(range(200), predictions, strict=False):
        assert taken - yielded <= 5 * (2 + 2)
    predictions.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_one_item_more_is_read_than_calls_run_ahead(ahead: int) -> None:
    items = iter(range(100))
    results = map_in_order(str, items, ahead=ahead)
    assert next(results) == "0"
    assert next(items) == ahead + 1
    results.close()  # type: ignore[attr-defined]


def test_an_error_of_the_source_is_raised_after_the_results_before_it() -> None:
    def failing() -> Iterator[str]:
        yield from map(str, range(7))
        raise OSError("cut off")

    predictions: list[TweetPrediction] = []
    with pytest.raises(OSError, match="cut off"):
        predictions.extend(map_in_order(lambda text: NumberScorer().score([text])[0], failing()))
    assert numbers(iter(predictions)) == list(range(7))


def test_after_an_error_no_result_is_yielded_and_no_call_begins() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    results: list[int] = []
    with pytest.raises(ValueError, match="three"):
        for number in map_in_order(work, range(1000), ahead=2):
            results.append(number)  # noqa: PERF402 - the results before the error must stay
    assert results == [0, 1, 2]
    assert len(begun) < 10


def test_leaving_the_iterator_cancels_calls_that_have_not_begun() -> None:
    released = threading.Event()
    begun: list[int] = []
    ended: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        assert number == 0 or released.wait(TIMEOUT)
        ended.append(number)
        return number

    results = map_in_order(work, range(100), ahead=1)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert ended == [0]  # closing does not wait for a call that has begun
    released.set()
    assert set(begun) <= {0, 1}


def test_results_are_yielded_before_waiting_for_the_source() -> None:
    yielded: list[int] = []

    def trickle() -> Iterator[int]:
        for number in range(5):
            assert yielded == list(range(number))  # the source waits for the result of all its items
            yield number

    for number in map_in_order(abs, trickle(), next_is_ready=lambda: False):
        yielded.append(number)  # noqa: PERF402 - the source reads it in between
    assert yielded == list(range(5))


def test_the_source_is_not_read_again_after_its_error() -> None:
    class FailingSource:
        calls = 0

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            self.calls += 1
            if self.calls > 3:
                raise StopIteration
            raise OSError("cut off")

    source = FailingSource()
    with pytest.raises(OSError, match="cut off"):
        list(map_in_order(abs, source))
    assert source.calls == 1


@pytest.mark.parametrize("sizes", [{"chunk": 0}, {"chunk": -1}, {"ahead": 0}])
def test_chunk_and_ahead_must_be_positive(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|greater than 0"):
        list(stream(NumberScorer(), ["1"], **sizes))

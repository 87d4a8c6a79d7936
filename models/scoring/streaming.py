"""Score an endless stream of texts: a few chunks at a time, predictions in order, in constant memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from models.predictions import Scorer, TweetPrediction

CHUNK = 512  # texts that are scored together: enough to group them by length, few enough to wait for

Item = TypeVar("Item")
Result = TypeVar("Result")


def stream(
    scorer: Scorer, texts: Iterable[str], *, chunk: int = CHUNK, ahead: int = 2
) -> Iterator[TweetPrediction]:
    """Score texts as they come, and yield the predictions in their order.

    While one chunk is computed, the next is tokenized or decoded, and the source is read.

    Args:
        scorer: safe to call from several threads at once.
        texts: of any number; at most `chunk * (ahead + 2)` of them are in memory.
        chunk: the number of texts that are scored together.
        ahead: calls of the scorer at a time; a pipeline with N threads needs N + 1 to be busy.

    Raises:
        ValueError: `chunk` or `ahead` is less than 1.
        Exception: of `texts`, after the predictions for all texts before it; or of the scorer.
    """
    if chunk < 1:
        raise ValueError(f"a chunk must have at least 1 text, not {chunk}")
    source = iter(texts)
    chunks = iter(lambda: list(itertools.islice(source, chunk)), [])
    for predictions in map_in_order(scorer.score, chunks, ahead=ahead):
        yield from predictions


def map_in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    ahead: int = 2,
    next_is_ready: Callable[[], bool] = lambda: True,
) -> Iterator[Result]:
    """Call `function` on each item in `ahead` threads, and yield the results in the order of the items.

    At most `ahead + 1` items are taken before the result of the first is yielded. If the caller leaves the
    iterator, even by an error or Ctrl-C, calls that have not begun are cancelled; the others run to their
    end.

    Args:
        function: safe to call from several threads at once.
        items: read in the caller's thread.
        ahead: threads.
        next_is_ready: whether the next item is available without waiting; if not, all pending results are
            yielded first.

    Raises:
        Exception: of `items`, after the results for all items before it; or of `function`.
    """
    pool = ThreadPoolExecutor(ahead, thread_name_prefix="ahead")
    pending: deque[Future[Result]] = deque()
    source_error: Exception | None = None
    source = iter(items)
    try:
        while True:
            try:
                item = next(source)
            except StopIteration:
                break
            except Exception as error:
                source_error = error
                break
            pending.append(pool.submit(function, item))
            while pending and (len(pending) > ahead or not next_is_ready()):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        if source_error is not None:
            raise source_error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)

"""Texts without end through a scorer: a few chunks in flight, answers in order, memory flat."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from models.predictions import Scorer, TweetPrediction

CHUNK = 512  # texts that are judged together: enough to group them by length, few enough to wait for

Item = TypeVar("Item")
Result = TypeVar("Result")


def stream(
    scorer: Scorer, texts: Iterable[str], *, chunk: int = CHUNK, ahead: int = 2
) -> Iterator[TweetPrediction]:
    """Judge texts as they come, and give the answers in their order.

    While one chunk is computed the next is tokenized or decoded, and the source is read.

    Args:
        scorer: safe to call from several threads at once.
        texts: of any number; at most `chunk * (ahead + 2)` of them are held.
        chunk: texts that are judged together.
        ahead: calls of the scorer at once; a pipeline with N threads is busy with N + 1.

    Raises:
        ValueError: `chunk` or `ahead` is less than 1.
        Exception: what `texts` raises, after the answers to all that came before it; what the scorer raises.
    """
    if chunk < 1:
        raise ValueError(f"chunks of {chunk} texts hold nothing: at least 1")
    source = iter(texts)
    chunks = iter(lambda: list(itertools.islice(source, chunk)), [])
    for answers in in_order(scorer.score, chunks, ahead=ahead):
        yield from answers


def in_order(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    ahead: int = 2,
    at_hand: Callable[[], bool] = lambda: True,
) -> Iterator[Result]:
    """Do `work` on each item in `ahead` threads, and give the results in the order of the items.

    At most `ahead + 1` items are taken before the result of the first of them is given. Whoever leaves the
    iterator, by an error or Ctrl-C as well, cancels what has not begun; what has begun is left to end.

    Args:
        work: safe to call from several threads at once.
        items: read in the caller's thread.
        ahead: threads.
        at_hand: whether the next item can be had at once; where it cannot, results do not wait for it.

    Raises:
        Exception: what `items` raises, after the results of all that came before it; what `work` raises.
    """
    pool = ThreadPoolExecutor(ahead, thread_name_prefix="ahead")
    pending: deque[Future[Result]] = deque()
    damage: Exception | None = None
    source = iter(items)
    try:
        while True:
            try:
                item = next(source)
            except StopIteration:
                break
            except Exception as error:
                damage = error
                break
            pending.append(pool.submit(work, item))
            while pending and (len(pending) > ahead or not at_hand()):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        if damage is not None:
            raise damage
    finally:
        pool.shutdown(wait=False, cancel_futures=True)

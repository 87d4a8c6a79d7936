"""Limits the bytes of messages that one poll of the consumer returns.

aiokafka limits the number of messages only. A fetched MB of compressed messages can be hundreds of MB.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka.consumer import consumer as consumer_module
from aiokafka.consumer import fetcher as fetcher_module
from aiokafka.consumer.fetcher import Fetcher, FetchResult

OVERHEAD: Final = 1_000
"""About how many bytes a message needs in memory, in addition to its key and its value."""


class _Budget:
    """The bytes that the present poll may still return.

    Attributes:
        per_poll: the limit.
        left: what is left of it.
        fetched: the results of all partitions that wait. Each gets an equal share, because Faust passes a
            whole poll on before the next one.
    """

    def __init__(self) -> None:
        self.per_poll = self.left = 0
        self.fetched: Collection[Any] = ()

    def share(self) -> int:
        """Return the bytes that one partition may have."""
        return min(self.left, max(1, self.per_poll // max(1, len(self.fetched))))


_budget = _Budget()


def limit_polls(largest: int) -> None:
    """Make each poll of aiokafka's consumers return at most `largest` bytes, plus one message."""
    _budget.per_poll = largest
    consumer_module.Fetcher = BoundedFetcher
    fetcher_module.FetchResult = BoundedFetchResult


class BoundedFetcher(Fetcher):  # type: ignore[misc] # aiokafka ships no usable types
    """Returns fetched messages up to a number of bytes at a time."""

    async def fetched_records(self, *arguments: Any, **options: Any) -> Mapping[Any, list[Any]]:
        """Return messages by partition; see `aiokafka.consumer.fetcher.Fetcher`."""
        _budget.left, _budget.fetched = _budget.per_poll, self._records
        records: Mapping[Any, list[Any]] = await super().fetched_records(*arguments, **options)
        return records


class BoundedFetchResult(FetchResult):  # type: ignore[misc]
    """The messages of a partition, taken as far as its share of the poll's budget reaches."""

    def getall(self, max_records: int | None = None) -> list[Any]:
        """Return the next messages; whatever is left comes with the next poll."""
        messages: list[Any] = []
        share = _budget.share()
        while share > 0 and (max_records is None or len(messages) < max_records):
            try:
                message = self.getone()
            except MemoryError:
                raise
            except Exception:
                if not messages:
                    raise
                break  # the next poll raises it: the position lies behind these messages already
            if message is None:
                break
            messages.append(message)
            size = OVERHEAD + len(message.value or b"") + len(message.key or b"")
            share -= size
            _budget.left -= size
        return messages

"""Offsets that the worker cannot read: they pass through its stages in the place of their messages.

So they become a dead letter with their place and the reason, before the offsets after them are committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DAMAGED_BATCH: Final = "damaged-batch"
EXPIRED: Final = "expired"

UNREAD_REASONS: Mapping[str, str] = MappingProxyType(
    {
        DAMAGED_BATCH: "the broker has the messages, but nobody can read them: a wrong checksum, an unknown "
        "compression, or bytes that are not records",
        "batch-too-large": "the messages were compressed together, and unpacked they exceed what a worker "
        "may hold",
        EXPIRED: "the broker removed the messages, by retention or by a command, before the worker read them",
    }
)
"""Every reason why offsets are unread, and its meaning."""


class UnreadOffsets(bytes):
    """The value of a message that stands for offsets that cannot be read. As bytes, it is empty.

    Faust passes the value of a message on as it is, so this needs no way of its own through the stages.

    Args:
        first: the first of the offsets.
        last: the last of them.
        reason: one of `UNREAD_REASONS`.
        detail: what happened; never what a post said.
    """

    first: int
    last: int
    reason: str
    detail: str

    def __new__(cls, first: int, last: int, reason: str, detail: str) -> UnreadOffsets:
        """Return the value."""
        value = super().__new__(cls)
        value.first, value.last, value.reason, value.detail = first, last, reason, detail
        return value

    @property
    def span(self) -> str:
        """The offsets, as in "offsets 3 to 7"."""
        return f"offset {self.first}" if self.first == self.last else f"offsets {self.first} to {self.last}"

"""A dead letter: a message that cannot be used, with headers that say why, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from monitor.ingest import SOURCE_HEADER, UnreadOffsets
from monitor.records import RefusedMessage

MAX_VALUE: Final = 900_000
"""Bytes of the value that a letter keeps, so that it stays below the 1 MB of a producer's request."""

MAX_KEY: Final = 4_096
"""Bytes of the key that a letter keeps."""

MAX_DETAIL: Final = 500
"""Code points of the detail that a letter keeps."""

MAX_SOURCE: Final = 100
"""Code points of the header `source` that a letter keeps."""

# The names of the headers. All values are text in UTF-8. The header `source` stays as it was in the message.
REASON: Final = "ade-reason"
DETAIL: Final = "ade-detail"
TOPIC: Final = "ade-topic"
PARTITION: Final = "ade-partition"
OFFSET: Final = "ade-offset"
LAST_OFFSET: Final = "ade-last-offset"
"""Only in letters about offsets that could not be read: the last of them. `OFFSET` is the first."""
TIMESTAMP: Final = "ade-timestamp"
DEAD_LETTERED_AT: Final = "ade-dead-lettered-at"
VALUE_LENGTH: Final = "ade-value-length"
"""Bytes of the original value: more than the letter has if it was cut, -1 if the value was null."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message for the dead-letter topic.

    Attributes:
        key: the original key, cut to `MAX_KEY` bytes, or None.
        value: the original value, cut to `MAX_VALUE` bytes. Empty if it was null, because a
            message needs a key or a value.
        headers: names and values, as a producer takes them.
    """

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]

    @property
    def reason(self) -> str:
        """Why the message could not be used: from `REASONS`, or `UNREAD_REASONS`, or "model-error"."""
        return dict(self.headers)[REASON].decode()


def dead_letter(refused: RefusedMessage, *, at: datetime | None = None) -> DeadLetter:
    """Build the letter for a refused message; `at` is the time of the refusal, now by default."""
    origin, error = refused.origin, refused.error
    headers = {
        REASON: error.reason,
        DETAIL: error.detail[:MAX_DETAIL],
        TOPIC: origin.topic,
        PARTITION: str(origin.partition),
        OFFSET: str(origin.offset),
        TIMESTAMP: origin.timestamp.isoformat(),
        DEAD_LETTERED_AT: (at or datetime.now(UTC)).isoformat(),
        VALUE_LENGTH: str(-1 if origin.value is None else len(origin.value)),
    }
    if isinstance(origin.value, UnreadOffsets):
        headers |= {OFFSET: str(origin.value.first), LAST_OFFSET: str(origin.value.last)}
    if origin.source is not None:
        headers[SOURCE_HEADER] = origin.source[:MAX_SOURCE]
    return DeadLetter(
        key=None if origin.key is None else origin.key[:MAX_KEY],
        value=(origin.value or b"")[:MAX_VALUE],
        headers=[(name, text.encode(errors="replace")) for name, text in headers.items()],
    )

"""How many messages no worker has read yet: what a query cannot find."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Final

from monitor.errors import MonitorError
from monitor.settings import KafkaSettings

LONGEST_COUNT: Final = 1.5  # seconds that the count may take longer than the rest of the command


class WaitingMessages:
    """Counts the messages that no worker has read, in the background, while the database is queried.

    If the broker is away or slow, the count is left out.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._count: int | None = None
        self._thread = threading.Thread(target=self._read, args=(kafka,), daemon=True)
        self._thread.start()

    def count(self) -> int | None:
        """Return the number of messages, or None if it is not known by now."""
        self._thread.join(LONGEST_COUNT)
        return self._count

    def _read(self, kafka: KafkaSettings) -> None:
        from kafka.errors import KafkaError

        from monitor.kafka import count_waiting

        with suppress(MonitorError, KafkaError, OSError):
            self._count = count_waiting(kafka)

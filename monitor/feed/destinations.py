"""Where the messages of a feed go: to a broker (`Sender`), or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from monitor.feed.post_message import PostMessage


class Destination(Protocol):
    """Where messages go: a broker, or nowhere.

    Attributes:
        accepted: messages that it has taken.
        sent: messages that have arrived.
    """

    accepted: int
    sent: int

    def send(self, message: PostMessage) -> None:
        """Take a message."""

    def flush(self) -> None:
        """Wait until all messages have arrived."""


class Rehearsal:
    """A destination that sends nothing and passes each message to `show`."""

    def __init__(self, show: Callable[[PostMessage], None]) -> None:
        self._show = show
        self.accepted = 0
        self.sent = 0

    def send(self, message: PostMessage) -> None:
        """Show a message."""
        self.accepted += 1
        self.sent += 1
        self._show(message)

    def flush(self) -> None:
        """Do nothing."""

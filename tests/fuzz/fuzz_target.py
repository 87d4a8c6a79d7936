"""What is fuzzed: a reader, inputs that it understands, and the errors that it may raise."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.errors import ModelError
from monitor.errors import MonitorError
from training.errors import TrainingError

DOCUMENTED: tuple[type[Exception], ...] = (MonitorError, ModelError, TrainingError)
"""The errors that users see as a message, without a traceback."""

Wrapper = Callable[[bytes], bytes]
"""Puts damaged content into a whole container, such as a gzip file with the right checksum."""


@dataclass(frozen=True)
class FuzzTarget:
    """A reader of bytes from outside.

    Attributes:
        name: for the command line and the report.
        read: reads one input. It may raise a documented error, and nothing else.
        seeds: invented inputs, most of them valid.
        tokens: pieces of the format, which are put into inputs.
        wrappers: containers around a damaged input; one in two inputs gets one or more.
        always_wrapped: True if the reader understands nothing without a container.
        documented: the errors that `read` may raise.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    tokens: Sequence[bytes] = ()
    wrappers: Sequence[Wrapper] = field(default=())
    always_wrapped: bool = False
    documented: tuple[type[Exception], ...] = DOCUMENTED

    def check(self, data: bytes) -> None:
        """Read an input.

        Raises:
            Exception: the reader raised something that is not documented.
        """
        with contextlib.suppress(*self.documented):
            self.read(data)

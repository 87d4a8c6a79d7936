"""Ends the process when memory runs out, wherever that happens.

Libraries log a MemoryError and go on: their reader is gone then, and the worker lives on without reading. So
this looks at what they log, and at what nobody catches. The next process reads again whatever was not
acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import Any, Final

END_STATUS: Final = 1
"""Exit status, as after any other failure."""

_MESSAGE: Final = b"out of memory: the worker ends, and its supervisor starts it again\n"

EndProcess = Callable[[], None]


def end_process() -> None:
    """End the process at once, with a line on standard error. It needs no further memory."""
    os.write(2, _MESSAGE)
    os._exit(END_STATUS)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Return True if an error is a MemoryError, or was raised because of one."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, MemoryError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


class MemoryErrorHandler(logging.Handler):
    """Ends the process if a log record is about a MemoryError.

    Args:
        end: ends the process.
    """

    def __init__(self, end: EndProcess = end_process) -> None:
        super().__init__(logging.WARNING)
        self._end = end

    def emit(self, record: logging.LogRecord) -> None:
        """Look at the error of a record, and at the errors among its arguments."""
        info = record.exc_info
        errors = [info[1]] if isinstance(info, tuple) else []
        if isinstance(record.args, tuple):
            errors += [part for part in record.args if isinstance(part, BaseException)]
        if any(map(is_out_of_memory, errors)):
            self._end()


def end_on_memory_error(loop: asyncio.AbstractEventLoop, end: EndProcess = end_process) -> None:
    """End the process when a library logs a MemoryError, or a thread or a task ends with one.

    Args:
        loop: the event loop of the worker.
        end: ends the process.
    """
    logging.getLogger().addHandler(MemoryErrorHandler(end))
    usual_hook = threading.excepthook

    def on_thread_error(arguments: threading.ExceptHookArgs) -> None:
        if is_out_of_memory(arguments.exc_value):
            end()
        usual_hook(arguments)

    def on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if is_out_of_memory(context.get("exception")):
            end()
        loop.default_exception_handler(context)

    threading.excepthook = on_thread_error
    loop.set_exception_handler(on_loop_error)

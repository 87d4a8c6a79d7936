"""How an event becomes a line of the log: without controls, for files and terminals alike.

Host names, file names and messages of servers come from outside, and end on the terminal of the person who
reads the log. No line shows local variables, because those hold posts.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from io import StringIO
from typing import Any, Final, TextIO

import structlog
from structlog.typing import ExcInfo, Processor

from models.terminal import json_line, terminal_safe

# By default, tracebacks of both kinds show local variables.
_TRACEBACKS_AS_DATA: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def json_renderers() -> list[Processor]:
    r"""Return the last processors of a log in JSON: one object a line, `\u` escapes for controls."""
    return [_TRACEBACKS_AS_DATA, structlog.processors.JSONRenderer(serializer=json_line)]


def console_renderers(*, colors: bool) -> list[Processor]:
    """Return the last processors of a log for people: a space for each control, colours if requested.

    A traceback has lines of its own.
    """
    console = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_write_traceback)
    return [_without_controls, console]


def _without_controls(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the controls in the texts of an event. The renderer itself escapes those in other values."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = terminal_safe(value, keep_newlines=name in ("exception", "stack"))
    return event


def _write_traceback(target: TextIO, error: ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    target.write(terminal_safe(text.getvalue(), keep_newlines=True))

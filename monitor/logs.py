"""Logs: structlog for our own events and for those of the libraries, as JSON or for a terminal.

A tweet's text and its author never stand in an event above debug level. Libraries that may quote
messages are held at warning.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

from monitor.settings import LogSettings

CHATTY = (
    "faust",
    "mode",
    "aiokafka",
    "kafka",
    "alembic",
    "sqlalchemy",
    "urllib3",
    "huggingface_hub",
    "transformers",
)
# By default both kinds of traceback show local variables, and those hold tweets.
TRACEBACKS_AS_DATA = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logs(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (standard error), one event a line.

    Args:
        settings: least level and format; `auto` writes JSON unless the stream is a terminal.
    """
    target = stream or sys.stderr
    as_json = settings.format == "json" or (settings.format == "auto" and not target.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [TRACEBACKS_AS_DATA, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    level = logging.getLevelName(settings.level.upper())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

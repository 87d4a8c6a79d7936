"""Logs: structlog for our own events and those of the libraries, as JSON or for a terminal.

An event above debug level never has the text of a tweet or its author. Libraries that may quote messages log
warnings and errors only.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

from monitor.settings import LogSettings

QUOTING_LIBRARIES = (
    "faust",
    "mode",
    "aiokafka",
    "kafka",
    "alembic",
    "sqlalchemy",
    "urllib3",
    "huggingface_hub",
    "transformers",
    "httpx",
    "httpcore",
    "websockets",
)
"""Libraries whose events below warning may quote messages; they are shown at debug level only."""

# By default, tracebacks of both kinds show local variables, and those hold tweets.
_TRACEBACKS_AS_DATA = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logs(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send all logs to a stream, one event per line.

    Args:
        settings: lowest level and format; `auto` writes JSON unless the stream is a terminal.
        stream: standard error by default.
    """
    target = stream or sys.stderr
    as_json = settings.format == "json" or (settings.format == "auto" and not target.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[structlog.typing.Processor] = (
        [_TRACEBACKS_AS_DATA, structlog.processors.JSONRenderer(ensure_ascii=False)]
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    level = logging.getLevelName(settings.level.upper())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUOTING_LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

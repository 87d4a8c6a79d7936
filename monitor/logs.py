"""Logs: structlog for our own events and those of the libraries, as JSON or for a terminal.

No event has the text of a post or its author, at any level. So our own events alone have the level debug: at
that level, libraries write what they also write at info. Otherwise, those that say much write warnings and
errors only. Above debug level, endless repetitions are left out (`log_limits`).
"""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

import structlog

from monitor.log_limits import RepeatedLines, TransientErrors
from monitor.log_rendering import console_renderers, json_renderers
from monitor.settings import LogSettings

OWN_LOGGERS: Final = ("monitor", "models", "training", "__main__")
"""The loggers that may write at debug level. Those of libraries quote messages, parameters and passwords."""

TALKATIVE_LIBRARIES: Final = (
    "faust",
    "mode",
    "aiokafka",
    "kafka",
    "alembic",
    "urllib3",
    "huggingface_hub",
    "transformers",
    "httpcore",
    "websockets",
)
"""Libraries whose events at info level are shown at debug level only."""

QUOTING_LIBRARIES: Final = ("sqlalchemy", "httpx")
"""Libraries that quote messages or addresses at info level, too: they only write warnings and errors."""


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
    renderers = json_renderers() if as_json else console_renderers(colors=target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    level = logging.getLevelName(settings.level.upper())
    if level > logging.DEBUG:
        handler.addFilter(TransientErrors())
        handler.addFilter(RepeatedLines())
    of_libraries, without_info = max(level, logging.INFO), max(level, logging.WARNING)
    logging.basicConfig(level=of_libraries, handlers=[handler], force=True)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level)
    for name in TALKATIVE_LIBRARIES:
        logging.getLogger(name).setLevel(of_libraries if level == logging.DEBUG else without_info)
    for name in QUOTING_LIBRARIES:
        logging.getLogger(name).setLevel(without_info)
    # It only warns of callbacks of its own that took more than 0.1 s, as on any busy machine.
    logging.getLogger("kafka.net.selector").setLevel(max(level, logging.ERROR))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

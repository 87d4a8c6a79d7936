"""What a subcommand gets from the global options: the way to its settings.

Moments as people write them on a command line: `2026-03-14`, `2026-03-14T09:26Z`, `24h` (ago).

The options that several commands share, so that each is named and explained in one way.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from monitor.embedded.endpoints import running_stack
from monitor.feed.file_formats import Format
from monitor.settings import Settings, load_settings
from monitor.settings.sources import LoadedSettings


class CommandContext:
    """Carried in `typer.Context.obj`; loads settings when a command asks for them."""

    def __init__(self, config: Path | None) -> None:
        self.config = config

    def load(self, **overrides: Any) -> LoadedSettings:
        """Load the settings; `kafka__topic="x"` overrides `kafka.topic`, None overrides nothing.

        Raises:
            SettingsError: as `load_settings`.
        """
        return load_settings(
            {k.replace("__", "."): v for k, v in overrides.items()},
            config=self.config,
            fallback=running_stack,
        )


def settings_of(context: typer.Context, **overrides: Any) -> Settings:
    """Give the effective settings of a command that runs in `context`."""
    return cast(CommandContext, context.obj).load(**overrides).settings


_AGO = re.compile(r"(\d+)\s*([smhdw])", re.IGNORECASE | re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(written: str | None, option: str, *, now: datetime | None = None) -> datetime | None:
    """Read the moment that an option was given; without a time zone it is UTC, a date alone is its midnight.

    Raises:
        typer.BadParameter: it is neither ISO 8601 nor a number with s, m, h, d or w.
    """
    if written is None:
        return None
    try:
        if ago := _AGO.fullmatch(written.strip()):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2].lower()]: int(ago[1])})
        moment = datetime.fromisoformat(written.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{option} '{written}' is no moment: write a date (2026-03-14), a date and time "
            "(2026-03-14T09:26:53Z), or how long ago (30m, 24h, 7d, 2w)"
        ) from None


_TABLES = "Tables with a header (csv, tsv)"

Topic = Annotated[str | None, typer.Option("--topic", help="The topic of the tweets (setting kafka.topic).")]
Bootstrap = Annotated[
    str | None,
    typer.Option("--bootstrap", help="host:port of the brokers (setting kafka.bootstrap_servers)."),
]
Bundle = Annotated[
    str | None, typer.Option("--bundle", help="Bundle folder, `default` or `dummy` (setting model.bundle).")
]
Device = Annotated[
    str | None, typer.Option("--device", help="auto, cpu, cuda or cuda:N (setting model.device).")
]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads (setting model.threads).")]
Precision = Annotated[
    str | None,
    typer.Option(help="fp32, bf16, or auto: bf16 where it is faster (setting model.precision)."),
]
CacheEntries = Annotated[
    int | None,
    typer.Option(
        "--cache", min=0, help="Answers kept for texts that come again, 0: none (setting model.cache)."
    ),
]
NormalizerChoice = Annotated[
    str | None,
    typer.Option(
        "--normalizer",
        help="classifier, retrieval or hybrid, instead of the bundle's choice (setting model.normalizer).",
    ),
]

FileFormat = Annotated[
    Format | None, typer.Option("--format", help="By default told by the extension and the first line.")
]
IdColumn = Annotated[
    str | None, typer.Option("--id-column", rich_help_panel=_TABLES, help="Column of the tweet's id.")
]
TextColumn = Annotated[
    str | None, typer.Option("--text-column", rich_help_panel=_TABLES, help="Column of the text.")
]
AuthorColumn = Annotated[
    str | None, typer.Option("--author-column", rich_help_panel=_TABLES, help="Column of the author's id.")
]
DateColumn = Annotated[
    str | None,
    typer.Option(
        "--date-column",
        rich_help_panel=_TABLES,
        help="Column of the date: RFC 3339, or that of API v1.1.",
    ),
]
LangColumn = Annotated[
    str | None, typer.Option("--lang-column", rich_help_panel=_TABLES, help="Column of the language.")
]
Quotes = Annotated[
    bool,
    typer.Option("--quotes/--no-quotes", rich_help_panel=_TABLES, help="Whether fields may be quoted."),
]

"""What several commands share: options, the settings of a command, and times on the command line.

Each option is named and explained once, here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from monitor.cli.stack_advice import remember_settings
from monitor.embedded import running_stack
from monitor.errors import MonitorError
from monitor.settings import LoadedSettings, Settings, load_settings
from monitor.word_search import has_words

if TYPE_CHECKING:
    from monitor.enrich.drugs import DrugChoice

Topic = Annotated[str | None, typer.Option("--topic", help="Topic of the tweets (setting kafka.topic).")]
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
Reload = Annotated[
    bool | None,
    typer.Option(
        "--reload/--no-reload",
        help="Take up another bundle that is put into the bundle's folder, without a restart "
        "(setting worker.reload).",
        show_default=False,
    ),
]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads (setting model.threads).")]
Precision = Annotated[
    str | None,
    typer.Option(help="fp32, bf16, or auto: bf16 where it is faster (setting model.precision)."),
]
CacheEntries = Annotated[
    int | None,
    typer.Option(
        "--cache",
        min=0,
        help="Number of predictions to keep for repeated texts, 0 for none (setting model.cache).",
    ),
]
NormalizerOption = Annotated[
    str | None,
    typer.Option(
        "--normalizer",
        help="classifier, retrieval or hybrid, instead of the bundle's choice (setting model.normalizer).",
    ),
]
ShowPassword = Annotated[bool, typer.Option("--show-password", help="Print the password, too.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the embedded stack's data (setting embedded.data_dir)."),
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Number of worker processes.")]

PASSED_ON: Final = {"ignore_unknown_options": True}
"""Context settings of a command whose options belong to another program."""

_AGO: Final = re.compile(r"(\d+)\s*([smhdw])", re.IGNORECASE | re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def load_settings_of(context: typer.Context, **overrides: Any) -> LoadedSettings:
    """Load the settings of a command, together with where each one came from.

    Args:
        context: its `obj` is the path that the global option --config names, or None.
        overrides: `kafka__topic="x"` overrides `kafka.topic`; None overrides nothing.

    Raises:
        SettingsError: a setting is wrong; see `load_settings`.
    """
    loaded = load_settings(
        {name.replace("__", "."): value for name, value in overrides.items()},
        config=context.obj,
        fallback=running_stack,
    )
    remember_settings(context, loaded)
    return loaded


def settings_of(context: typer.Context, **overrides: Any) -> Settings:
    """Return the settings of a command; see `load_settings_of`."""
    return load_settings_of(context, **overrides).settings


@contextmanager
def mistakes_as_usage(*mistakes: type[MonitorError]) -> Iterator[None]:
    """Turn what a user can correct into an error of usage, which ends with status 2.

    Args:
        mistakes: these errors of the block.
    """
    try:
        yield
    except mistakes as error:
        raise typer.BadParameter(str(error)) from None


def require_searchable(option: str, words: str) -> None:
    """Check that the value of an option has something to search texts for.

    Raises:
        typer.BadParameter: it has neither a letter nor a digit, so it would match nothing.
    """
    if not has_words(words):
        raise typer.BadParameter(f"{option} '{words}' has no letter and no digit to search for")


def chosen_drugs(settings: Settings, names: Iterable[str], *, option: str = "--drug") -> list[DrugChoice]:
    """Return the drugs and classes that the values of an option or an argument name.

    Args:
        settings: the dictionary.
        names: the values.
        option: its name, for messages.

    Raises:
        typer.BadParameter: the dictionary does not have a name.
        DrugFileError: the file of the setting `enrich.drugs` cannot be used.
    """
    from monitor.enrich.drugs import UnknownDrugError, choose_drug, load_matcher

    choices = []
    for name in names:
        require_searchable(option, name)
        try:
            choices.append(choose_drug(load_matcher(settings.enrich), name))
        except UnknownDrugError as error:
            raise typer.BadParameter(f"{option} {error}") from None
    return choices


def parse_time(
    text: str | None, option: str, *, now: datetime | None = None, ahead: bool = False
) -> datetime | None:
    """Parse the time in the value of an option: `2026-03-14`, `2026-03-14T09:26Z`, or `24h` (ago).

    A time without a zone is UTC, and a date alone is its midnight.

    Args:
        text: the value, or None without one.
        option: its name, for messages.
        now: what `24h` counts from; now by default.
        ahead: count `24h` into the future.

    Raises:
        typer.BadParameter: it is neither ISO 8601 nor a number with s, m, h, d or w.
    """
    if text is None:
        return None
    try:
        if span := _AGO.fullmatch(text.strip()):
            distance = timedelta(**{_UNITS[span[2].lower()]: int(span[1])})
            now = now or datetime.now(UTC)
            return now + distance if ahead else now - distance
        time = datetime.fromisoformat(text.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{option} '{text}' is not a date or time. Use a date (2026-03-14), a date and time "
            "(2026-03-14T09:26:53Z), or how long ago (30m, 24h, 7d, 2w)"
        ) from None

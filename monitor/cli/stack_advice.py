"""What to say if nothing answers at a default address, and the embedded stack of this folder is stopped.

Commands look for that stack first. If it is not running, they fall back to the defaults, such as
localhost:9092. An error about these addresses alone would send the user looking for the wrong fault.
"""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperGroup

from monitor.cli.console import print_note
from monitor.embedded import missing_stack
from monitor.errors import MonitorError
from monitor.settings import LoadedSettings

DEFAULT_ADDRESSES: Final = {
    "kafka.bootstrap_servers": "localhost:9092",
    "database.url": "localhost:5432",
    "redis.url": "localhost:6379",
}
"""The default of each address, as error messages write it."""

_SETTINGS: Final = "ade-monitor.settings"


class AdvisingGroup(TyperGroup):
    """The commands. If one of them fails, its error has the words of this project, and advice.

    An error at a default address also names the stopped stack.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            MonitorError: of the command.
            BadParameter: an option of it is wrong.
        """
        try:
            return super().invoke(ctx)
        except MonitorError as error:
            loaded = ctx.meta.get(_SETTINGS)
            if loaded and (explained := explain_stopped_stack(error, loaded)):
                raise explained from error
            raise
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")  # which is a word of the library
            raise


def remember_settings(context: typer.Context, loaded: LoadedSettings) -> None:
    """Keep the settings of the running command, to explain an error of it."""
    context.meta[_SETTINGS] = loaded


def stopped_stack_behind(context: typer.Context, name: str) -> str | None:
    """Return why the embedded stack of this folder gives no address, or None if that is not the reason.

    Args:
        context: of the command, which has loaded its settings.
        name: the setting of the address.
    """
    loaded: LoadedSettings | None = context.meta.get(_SETTINGS)
    if loaded is None or name in loaded.origins:
        return None
    return missing_stack(loaded.settings.embedded.data_dir)


def note_stopped_stack(context: typer.Context, name: str) -> None:
    """Note that an address is the default one only because the embedded stack of this folder is stopped.

    For commands that do not connect themselves, so that no error of theirs can say it.
    """
    if reason := stopped_stack_behind(context, name):
        print_note(f"{reason}, so this is the default address; `ade-monitor up` starts the stack")


def explain_stopped_stack(error: MonitorError, loaded: LoadedSettings) -> MonitorError | None:
    """Return the error with the state of the embedded stack in it, or None if that is not the reason."""
    at_default = any(
        address in error.fact and name not in loaded.origins for name, address in DEFAULT_ADDRESSES.items()
    )
    reason = missing_stack(loaded.settings.embedded.data_dir) if at_default else None
    if reason is None:
        return None
    return type(error)(
        f"{reason}, and {error.fact}",
        "start the stack with `ade-monitor up` and wait until it is ready, or configure other servers "
        "(`ade-monitor settings` lists all settings)",
    )

"""What a subcommand gets from the global options: the way to its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import typer

from monitor.embedded.endpoints import running_stack
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

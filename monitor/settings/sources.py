"""The sources of settings, and which source wins.

From strongest to weakest: options of a command, the environment, `.env`, secret files, the TOML file, the
embedded stack that runs in the data folder (for commands), the default.
There is one secret file per setting, named like its environment variable (`ade_database__url`), in the folder
that `ADE_SECRETS_DIR` names. Docker and Kubernetes provide secrets in this way.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SettingsConfigDict,
)

from monitor.errors import SettingsError
from monitor.settings.model import EmbeddedSettings, Settings
from monitor.settings.problems import refuse_unknown_variables, validation_problems

PREFIX: Final = "ADE_"
CONFIG_VARIABLE: Final = "ADE_CONFIG"
SECRETS_VARIABLE: Final = "ADE_SECRETS_DIR"
DEFAULT_CONFIG: Final = Path("ade-monitor.toml")
ENV_FILE: Final = Path(".env")

Tree = dict[str, Any]
"""Settings as nested dictionaries: a section's name, then a setting's name."""

Fallback = Callable[[Path, Tree], tuple[str, Tree] | None]
"""The weakest source. It gets `embedded.data_dir` and the tree of the stronger sources, and returns its name
and its own tree, or None."""


@dataclass(frozen=True)
class LoadedSettings:
    """The effective settings, and the source of each `section.name`; those that are default are missing."""

    settings: Settings
    origins: Mapping[str, str]


class _Layout(BaseSettings, Settings):
    """The names of the settings, for pydantic-settings. Values are validated once, merged, as `Settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    fallback: Fallback | None = None,
) -> LoadedSettings:
    """Read, merge and validate the settings.

    Args:
        overrides: values by `section.name`, from the command line; None values are left out.
        config: the TOML file; by default the one that `ADE_CONFIG` names, or `ade-monitor.toml` if it exists.
        fallback: the weakest source; for commands, the embedded stack that runs in the data folder.

    Raises:
        SettingsError: a file cannot be read, a name is unknown, or a value is not valid. The message names
            the setting, its source and what to do.
    """
    layers = [
        ("command line", _nest({k: v for k, v in (overrides or {}).items() if v is not None})),
        ("environment", _from_environment()),
        (str(ENV_FILE), _from_env_file()),
        *_from_secret_files(),
        *_from_toml(config),
    ]
    merged: Tree = {}
    origins: dict[str, str] = {}
    for name, tree in layers:
        _fill_in(merged, origins, name, tree)
    weakest = fallback(_data_dir(merged), merged) if fallback else None
    if weakest:
        _fill_in(merged, origins, *weakest)
    try:
        return LoadedSettings(Settings.model_validate(merged), origins)
    except ValidationError as error:
        raise validation_problems(error, origins) from None


def _fill_in(merged: Tree, origins: dict[str, str], name: str, tree: Tree) -> None:
    """Add the settings of `tree` that no stronger source has set."""
    for path, value in _leaves(tree):
        if path not in origins:
            origins[path] = name
            section, _, key = path.partition(".")
            if key:
                merged.setdefault(section, {})[key] = value
            else:
                merged[section] = value


def _from_environment() -> Tree:
    _refuse_unknown(os.environ, "the environment")
    try:
        return EnvSettingsSource(_Layout)()
    except ValueError as error:
        raise SettingsError(f"the environment cannot be read: {error}") from None


def _from_env_file() -> Tree:
    if not ENV_FILE.is_file():
        return {}
    try:
        _refuse_unknown(dotenv_values(ENV_FILE), str(ENV_FILE))
        return DotEnvSettingsSource(_Layout, env_file=ENV_FILE)()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{ENV_FILE.resolve()} cannot be read: {error}") from None


def _from_secret_files() -> list[tuple[str, Tree]]:
    path = os.environ.get(SECRETS_VARIABLE)
    if not path:
        return []
    folder = Path(path)
    if not folder.is_dir():
        raise SettingsError(
            f"{SECRETS_VARIABLE} names {folder}, which is not a folder", "create it or unset it"
        )
    _refuse_unknown((file.name for file in folder.iterdir() if file.is_file()), str(folder))
    try:
        source = NestedSecretsSettingsSource(
            EnvSettingsSource(_Layout),
            secrets_dir=folder,
            secrets_prefix=PREFIX,
            secrets_nested_delimiter="__",
        )
        return [(f"secret file in {folder}", source())]
    except (OSError, ValueError) as error:
        raise SettingsError(f"the secret files in {folder} cannot be read: {error}") from None


def _from_toml(config: Path | None) -> list[tuple[str, Tree]]:
    chosen = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    path = chosen or DEFAULT_CONFIG
    if chosen is None and not path.is_file():
        return []
    try:
        return [(str(path), tomllib.loads(path.read_text(encoding="utf-8")))]
    except OSError as error:
        raise SettingsError(
            f"the settings file {path} cannot be read ({error.strerror})",
            f"name a readable file with --config or {CONFIG_VARIABLE}",
        ) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"the settings file {path} is not valid TOML: {error}") from None


def _data_dir(merged: Tree) -> Path:
    try:
        return EmbeddedSettings.model_validate(merged.get("embedded", {})).data_dir
    except ValidationError:  # reported with all other problems, once everything is merged
        return EmbeddedSettings().data_dir


def _refuse_unknown(variables: Iterable[str], place: str) -> None:
    refuse_unknown_variables(variables, place, prefix=PREFIX, others={CONFIG_VARIABLE, SECRETS_VARIABLE})


def _nest(flat: Mapping[str, Any]) -> Tree:
    tree: Tree = {}
    for path, value in flat.items():
        section, _, name = path.partition(".")
        tree.setdefault(section, {})[name] = value
    return tree


def _leaves(tree: Tree) -> list[tuple[str, Any]]:
    return [
        leaf
        for section, values in tree.items()
        for leaf in (
            [(f"{section}.{name}", value) for name, value in values.items()]
            if isinstance(values, dict)
            else [(section, values)]
        )
    ]

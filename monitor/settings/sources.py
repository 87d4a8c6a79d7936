"""Where settings come from, and which source wins.

Strongest first: what a command was told, the environment, `.env`, secret files, the TOML file, the
embedded stack that runs in the data folder (for commands), the default.
Secret files are one per setting, named like its environment variable (`ade_database__url`), in the
folder that `ADE_SECRETS_DIR` names: the way Docker and Kubernetes hand out secrets.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from monitor.settings.problems import describe_validation_error, fields_of, suggestion_for

PREFIX = "ADE_"
CONFIG_VARIABLE = "ADE_CONFIG"
SECRETS_VARIABLE = "ADE_SECRETS_DIR"
DEFAULT_CONFIG = Path("ade-monitor.toml")
ENV_FILE = Path(".env")

Tree = dict[str, Any]
Fallback = Callable[[Path, Tree], tuple[str, Tree] | None]
"""Given `embedded.data_dir` and what stronger sources say: the name of a source and its tree, or None."""


@dataclass(frozen=True)
class LoadedSettings:
    """The effective settings, and for each `section.name` the source that set it (absent: the default)."""

    settings: Settings
    origins: Mapping[str, str]


class _Layout(BaseSettings, Settings):
    """Only tells pydantic-settings the names; values are validated once, merged, as `Settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    fallback: Fallback | None = None,
) -> LoadedSettings:
    """Read, merge and check the settings.

    Args:
        overrides: values by `section.name`, from the command line; None values are left out.
        config: the TOML file; by default what `ADE_CONFIG` names, or `ade-monitor.toml` where it exists.
        fallback: the weakest source, asked last; commands give the embedded stack that runs in the folder.

    Raises:
        SettingsError: a file cannot be read, a name is unknown, or a value does not fit;
            the message names the setting, its source and the mend.
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
    found = fallback(_data_dir(merged), merged) if fallback else None
    if found:
        _fill_in(merged, origins, *found)
    try:
        return LoadedSettings(Settings.model_validate(merged), origins)
    except ValidationError as error:
        raise SettingsError(describe_validation_error(error, origins)) from None


def _fill_in(merged: Tree, origins: dict[str, str], name: str, tree: Tree) -> None:
    """Take from `tree` what no stronger source has set."""
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
    return EnvSettingsSource(_Layout)()


def _from_env_file() -> Tree:
    if not ENV_FILE.is_file():
        return {}
    try:
        _refuse_unknown(dotenv_values(ENV_FILE), str(ENV_FILE))
        return DotEnvSettingsSource(_Layout, env_file=ENV_FILE)()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{ENV_FILE.resolve()} cannot be read: {error}") from None


def _from_secret_files() -> list[tuple[str, Tree]]:
    named = os.environ.get(SECRETS_VARIABLE)
    if not named:
        return []
    folder = Path(named)
    if not folder.is_dir():
        raise SettingsError(f"{SECRETS_VARIABLE} names {folder}, not a folder: create it or unset it")
    _refuse_unknown({file.name: None for file in folder.iterdir() if file.is_file()}, str(folder))
    source = NestedSecretsSettingsSource(
        EnvSettingsSource(_Layout), secrets_dir=folder, secrets_prefix=PREFIX, secrets_nested_delimiter="__"
    )
    return [(f"secret file in {folder}", source())]


def _from_toml(config: Path | None) -> list[tuple[str, Tree]]:
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    path = named or DEFAULT_CONFIG
    if named is None and not path.is_file():
        return []
    try:
        return [(str(path), tomllib.loads(path.read_text(encoding="utf-8")))]
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from None


def _data_dir(stronger: Tree) -> Path:
    try:
        return EmbeddedSettings.model_validate(stronger.get("embedded", {})).data_dir
    except ValidationError:  # said with all other faults, once everything is merged
        return EmbeddedSettings().data_dir


def _refuse_unknown(variables: Mapping[str, str | None], place: str) -> None:
    known = {CONFIG_VARIABLE, SECRETS_VARIABLE}
    known |= {
        f"{PREFIX}{section}__{name}".upper()
        for section in Settings.model_fields
        for name in fields_of(section)
    }
    for variable in variables:
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            raise SettingsError(
                f"{variable} in {place} is not a setting: {suggestion_for(variable.upper(), known)}"
            )


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

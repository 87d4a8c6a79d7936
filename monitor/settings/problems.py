"""What is wrong with settings, in words: the setting, its value, where it came from, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from monitor.errors import SettingsError
from monitor.settings.masking import HIDDEN, masked_addresses
from monitor.settings.model import Settings

# "Input should be …", after the name of the setting, reads as "must be …".
_PYDANTIC_SUBJECT: Final = re.compile("^(Input|String|Value) should ")


def validation_problems(error: ValidationError, origins: Mapping[str, str]) -> SettingsError:
    """Return an error that lists everything that is wrong, one line each, without the values of secrets.

    Args:
        error: error of the validation as `Settings`.
        origins: source of each `section.name` that was set.
    """
    lines = []
    for problem in error.errors(include_url=False):
        path = ".".join(str(part) for part in problem["loc"])
        in_section = (origin for name, origin in origins.items() if name.startswith(f"{path}."))
        source = origins.get(path) or next(in_section, None)
        place = f" (from {source})" if source else ""
        value = f" {_shown(problem['input']):.100}" if _may_be_shown(path) else ""
        lines.append(f"{path}{value}{place}: {_describe(path, problem)}")
    return SettingsError("wrong settings:\n  " + "\n  ".join(lines))


def refuse_unknown_variables(variables: Iterable[str], place: str, *, prefix: str, others: set[str]) -> None:
    """Check that each variable that starts with `prefix` is a setting or one of `others`.

    Args:
        variables: names in the environment, in `.env`, or of secret files.
        place: where they are, for the message.
        prefix: the start of names that are ours, such as "ADE_".
        others: names that are not settings, but also ours.

    Raises:
        SettingsError: one of them is unknown.
    """
    known = others | {
        f"{prefix}{section}__{name}".upper()
        for section in Settings.model_fields
        for name in fields_of(section)
    }
    for variable in variables:
        if variable.upper().startswith(prefix) and variable.upper() not in known:
            advice = suggest_name(variable.upper(), known)
            raise SettingsError(f"{variable} in {place} is not a setting", advice)


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return what to write instead of an unknown name."""
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else "`ade-monitor settings` lists all names"


def fields_of(section: str) -> Mapping[str, FieldInfo]:
    """Return the settings of a section by name; an unknown section has none."""
    field = Settings.model_fields.get(section)
    return cast(type[BaseModel], field.annotation).model_fields if field else {}


def _shown(value: object) -> str:
    """Return a value as Python writes it, without the logins of addresses in it."""
    if isinstance(value, str):
        return repr(masked_addresses(value))
    text = repr(value)
    return text if masked_addresses(text) == text else HIDDEN


def _describe(path: str, problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        section, dot, _ = path.partition(".")
        known = [f"{section}.{name}" for name in fields_of(section)] if dot else Settings.model_fields
        return f"is not a setting: {suggest_name(path, known)}"
    if problem["type"] == "model_type":
        return f"is a section: write [{path}], and its settings below"
    if problem["type"] in ("bool_type", "bool_parsing"):
        return "must be true or false"
    message = problem["msg"].removeprefix("Value error, ")
    message = _PYDANTIC_SUBJECT.sub("must ", message)
    if problem["type"] == "string_pattern_mismatch":
        section, _, name = path.partition(".")
        return f"{message} ({fields_of(section)[name].description})"
    return message


def _may_be_shown(path: str) -> bool:
    """Return True if `path` is a setting, and not a secret."""
    section, _, name = path.partition(".")
    field = fields_of(section).get(name)
    return field is not None and "SecretStr" not in str(field.annotation)

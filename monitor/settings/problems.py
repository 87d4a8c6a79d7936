"""What a mistake in the settings says: the setting, its value, where it came from, and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from monitor.settings.model import Settings


def describe_validation_error(error: ValidationError, origins: Mapping[str, str]) -> str:
    """Name everything that is wrong, a line each; the values of secrets are left out.

    Args:
        error: of the validation as `Settings`.
        origins: the source of each `section.name` that was set.
    """
    lines = []
    for problem in error.errors(include_url=False):
        path = ".".join(str(part) for part in problem["loc"])
        below = (origin for name, origin in origins.items() if name.startswith(f"{path}."))
        source = origins.get(path) or next(below, None)
        where = f" (from {source})" if source else ""
        value = f" {problem['input']!r:.100}" if _may_be_told(path) else ""
        lines.append(f"{path}{value}{where}: {_what_is_wrong(path, problem)}")
    return "wrong settings:\n  " + "\n  ".join(lines)


def suggestion_for(name: str, known: Iterable[str]) -> str:
    """Give the mend for a name that is not known."""
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else "without it, `ade-monitor settings` lists all names"


def fields_of(section: str) -> Mapping[str, FieldInfo]:
    """Give the settings of a section by name; a section that is not there has none."""
    field = Settings.model_fields.get(section)
    return cast(type[BaseModel], field.annotation).model_fields if field else {}


def _what_is_wrong(path: str, problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        section, dot, _ = path.partition(".")
        known = [f"{section}.{name}" for name in fields_of(section)] if dot else Settings.model_fields
        return f"is not a setting: {suggestion_for(path, known)}"
    if problem["type"] == "model_type":
        return f"is a section: write [{path}], and its settings below"
    return problem["msg"].removeprefix("Value error, ")


def _may_be_told(path: str) -> bool:
    section, _, name = path.partition(".")
    field = fields_of(section).get(name)
    return field is not None and "SecretStr" not in str(field.annotation)

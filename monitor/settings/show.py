"""The effective settings as rows, with their sources, and without a secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr

from monitor.settings.sources import LoadedSettings


@dataclass(frozen=True)
class SettingRow:
    """One setting as shown to a person: `section.name`, its value, its source, what it means."""

    name: str
    value: str
    source: str
    meaning: str


def setting_rows(loaded: LoadedSettings) -> Iterator[SettingRow]:
    """Yield all settings in the order of their definition; secrets are masked."""
    for section_name in type(loaded.settings).model_fields:
        section: BaseModel = getattr(loaded.settings, section_name)
        for name, field in type(section).model_fields.items():
            path = f"{section_name}.{name}"
            yield SettingRow(
                name=path,
                value=shown(getattr(section, name)),
                source=loaded.origins.get(path, "default"),
                meaning=field.description or "",
            )


def shown(value: object) -> str:
    """Write a value for a person to read: a URL without its password, any other secret as stars."""
    if isinstance(value, SecretStr):
        return masked_url(value.get_secret_value())
    return "" if value is None else str(value)


def masked_url(text: str) -> str:
    """Hide the password of a URL; whatever is not a URL is hidden whole."""
    if "://" not in text:
        return "********"
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "********"

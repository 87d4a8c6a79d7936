"""The effective settings as rows to show, with their sources and without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr

from models.languages import EVERY_LANGUAGE
from monitor.settings.masking import masked_addresses, masked_url
from monitor.settings.sources import LoadedSettings


@dataclass(frozen=True)
class SettingRow:
    """One setting to show: `section.name`, its value, its source, and its description."""

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
                value=masked_value(getattr(section, name)),
                source=loaded.origins.get(path, "default"),
                meaning=field.description or "",
            )


def masked_value(value: object) -> str:
    """Return a value to show: addresses without their logins, stars for any other secret."""
    if isinstance(value, SecretStr):
        return masked_url(value.get_secret_value())
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or EVERY_LANGUAGE
    return "" if value is None else masked_addresses(str(value))

"""The effective settings as rows, with their sources, and without a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from monitor.settings.sources import LoadedSettings

_HIDDEN: Final = "********"


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
    """Hide the passwords of a URL; whatever is not clearly a URL is hidden whole, and nothing stays nothing.

    A password that was not escaped may have been torn apart by its own `/`, `?`, `#` or `:`, so a URL with
    an @ after the host, or with a port that is no number, is not clear.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  the check is in the property
    except ValueError:
        return _HIDDEN
    login, at, host = parts.netloc.rpartition("@")
    if "://" not in text or "@" in parts.path + parts.query + parts.fragment:
        return _HIDDEN
    user, colon, _ = login.partition(":")
    query = "&".join(_masked_option(option) for option in parts.query.split("&"))
    # Put together by hand, since geturl() takes the slashes from a URL without a host.
    shown = f"{parts.scheme}://{user}{colon and ':***'}{at}{host}{parts.path}"
    return shown + (query and f"?{query}") + (parts.fragment and f"#{parts.fragment}")


def _masked_option(option: str) -> str:
    """Hide the value of an option such as `password=…`, which drivers take as well."""
    name, equals, _ = option.partition("=")
    return f"{name}{equals}***" if re.search("pass|secret|token", unquote(name), re.IGNORECASE) else option

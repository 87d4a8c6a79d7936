"""The effective settings as rows to show, with their sources and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from models.languages import EVERY_LANGUAGE
from monitor.settings.sources import LoadedSettings

_HIDDEN: Final = "********"


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
    """Return a value to show: a URL without its password, stars for any other secret."""
    if isinstance(value, SecretStr):
        return masked_url(value.get_secret_value())
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or EVERY_LANGUAGE
    return "" if value is None else str(value)


def masked_url(text: str) -> str:
    """Return a URL without its passwords; text that is not clearly a URL becomes stars, unless it is empty.

    The parser may have split a password that was not escaped, at its own `/`, `?`, `#` or `:`. A URL is
    therefore not clear if it has an @ after the host, or a port that is not a number.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - the property raises if the port is not a number
    except ValueError:
        return _HIDDEN
    login, at, host = parts.netloc.rpartition("@")
    if "://" not in text or "@" in parts.path + parts.query + parts.fragment:
        return _HIDDEN
    user, colon, _ = login.partition(":")
    query = "&".join(_masked_option(option) for option in parts.query.split("&"))
    # Joined by hand, because geturl() removes the slashes from a URL without a host.
    url = f"{parts.scheme}://{user}{colon and ':***'}{at}{host}{parts.path}"
    return url + (query and f"?{query}") + (parts.fragment and f"#{parts.fragment}")


def _masked_option(option: str) -> str:
    """Mask the value of an option such as `password=…`, which drivers also accept."""
    name, equals, _ = option.partition("=")
    return f"{name}{equals}***" if re.search("pass|secret|token", unquote(name), re.IGNORECASE) else option

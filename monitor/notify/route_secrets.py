"""The secrets of routes, read once at the start, and texts without them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from monitor.alerts.rulebook.routes import Route
from monitor.errors import SettingsError

HIDDEN: Final = "********"

SHORTEST_PART: Final = 6
"""Characters from which on a part of a secret address counts as a secret itself."""


class RouteSecrets:
    """Reads the secrets of one route, and hides them in texts.

    Args:
        name: of the route.
        route: the route.
        path: the rules file, for messages.
    """

    def __init__(self, name: str, route: Route, path: Path) -> None:
        self._name = name
        self._route = route
        self._path = path
        self._values: list[str] = []

    def read(self, field: str) -> str:
        """Return the value of `<field>_env` or `<field>_file`, without white space around it.

        Raises:
            SettingsError: the variable is not set, or the file cannot be read, or it is empty.
        """
        variable = getattr(self._route, f"{field}_env")
        path: Path | None = getattr(self._route, f"{field}_file")
        if variable is not None:
            value, place = os.environ.get(variable, ""), f"the environment variable {variable}"
        elif path is not None:
            value, place = self._content(path, field), f"the file {path}"
        else:
            raise self.problem(field, "is missing", f"add {field}_env or {field}_file")
        value = value.strip()
        if not value:
            raise self.problem(field, f"is empty or not set in {place}", "set it")
        self._values += _secret_parts(value)
        return value

    def problem(self, field: str, fact: str, advice: str = "") -> SettingsError:
        """Return an error about a field of this route."""
        return SettingsError(f"[route.{self._name}] in {self._path}: {field} {fact}", advice)

    def hidden_in(self, text: str) -> str:
        """Return a text on one line without the secrets that were read."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return " ".join(text.split())

    def _content(self, path: Path, field: str) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise self.problem(field, f"cannot be read from {path} ({reason})") from None


def shown_host(url: str) -> str:
    """Return the part of an address that messages may show: its host, and its port if it names one."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _secret_parts(value: str) -> Iterable[str]:
    """Return a secret, and the parts of it that a library may write without the rest."""
    lines = value.splitlines()
    parts = [value, *lines]
    for line in lines:
        _, is_url, rest = line.partition("://")
        if is_url:
            # The host is not a secret, unless the address uses its place for a token.
            pieces = re.split("[/?&=:@]", rest)
            parts += pieces[1:] if "." in pieces[0] or pieces[0] == "localhost" else pieces
    return {part for part in parts if len(part) >= SHORTEST_PART}

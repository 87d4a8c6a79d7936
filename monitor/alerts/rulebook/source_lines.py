"""The lines of the rules file: where a table or a key of it stands, for messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(#.*)?")
_STRINGS: Final = re.compile(r'"""|\'\'\'')

Location = Sequence[int | str]
"""A place in the parsed file, such as `("rule", 2, "when", "drug")`; numbers count from 0."""


class SourceLines:
    """Finds the lines of a TOML file.

    It knows `[[rule]]` headers, `[group.NAME]` headers, and keys at the beginning of a line or in an inline
    table. Of what is written in another way, such as an array of inline tables, it knows no line.

    Args:
        text: the file, which is valid TOML.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._headers = list(_headers(self._lines))

    def line_of(self, location: Location) -> int | None:
        """Return the line of a place, from 1, or that of the table around it; None if it is not known."""
        start, rest = self._start(location)
        if start is None:
            return None
        end = self._end(start, location)
        line = start
        for part in rest:
            if isinstance(part, str):
                line = self._find(part, line, end) or line
        return line + 1

    def _start(self, location: Location) -> tuple[int | None, Location]:
        """Return the index of the header for a place, and the rest of the place."""
        if len(location) > 1 and isinstance(location[1], int):
            rules = [line for line, is_array, name in self._headers if is_array and name == location[0]]
            number = location[1]
            return (rules[number] if number < len(rules) else None), location[2:]
        if len(location) > 1:
            name = f"{location[0]}.{location[1]}"
            tables = [line for line, is_array, header in self._headers if not is_array and header == name]
            return (tables[0] if tables else None), location[2:]
        return 0, location

    def _end(self, start: int, location: Location) -> int:
        """Return the index of the line after a table and the tables in it."""
        inside = f"{location[0]}."
        for line, is_array, name in self._headers:
            if line > start and (is_array or not (name.startswith(inside) and location[0] == "rule")):
                return line
        return len(self._lines)

    def _find(self, key: str, start: int, end: int) -> int | None:
        """Return the index of the line from `start` to `end` that has a key, or a table of this name."""
        quoted = re.escape(key)
        pattern = re.compile(
            rf"""(^|[{{,])\s*["']?{quoted}["']?\s*[=.]|^\s*\[[^\[\]]*\.\s*["']?{quoted}["']?\s*\]"""
        )
        for line in range(start, end):
            if pattern.search(self._lines[line]):
                return line
        return None


def _headers(lines: Sequence[str]) -> Iterator[tuple[int, bool, str]]:
    """Yield the index of each header outside of multi-line strings, whether it is `[[…]]`, and its name."""
    quotes: str | None = None
    for index, line in enumerate(lines):
        if quotes is None and (header := _HEADER.fullmatch(line)):
            yield index, header[1] == "[[", _name(header[2])
        for match in _STRINGS.finditer(line):
            if quotes is None:
                quotes = match[0]
            elif match[0] == quotes:
                quotes = None


def _name(dotted: str) -> str:
    """Return the name of a header without quotation marks and spaces around its parts."""
    return ".".join(part.strip().strip("\"'") for part in dotted.split("."))

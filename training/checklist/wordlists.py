"""The data files of the checklist: sections, keys, and a list of words or sentences for each key."""

from __future__ import annotations

from configparser import ConfigParser
from functools import cache
from importlib.resources import files
from typing import Final

WordLists = dict[str, dict[str, tuple[str, ...]]]
"""Section, key, entries."""

_DIVIDER: Final = "|"


@cache
def read_lists(name: str) -> WordLists:
    """Read `data/NAME.ini`.

    Lines that begin with `;` are comments. A value on the line of its key is divided by `|`; one on the
    lines below it has an entry a line. White space around an entry is not part of it.

    Raises:
        configparser.Error: the file is malformed, or has a section or a key twice.
    """
    parser = ConfigParser(
        delimiters=("=",), comment_prefixes=(";",), interpolation=None, empty_lines_in_values=False
    )
    text = files(__package__).joinpath("data", f"{name}.ini").read_text(encoding="utf-8")
    parser.read_string(text, source=f"{name}.ini")
    return {section: {key: _entries(value) for key, value in parser[section].items()} for section in parser}


def read_list(name: str, section: str, key: str = "list") -> tuple[str, ...]:
    """Give one list of a file; nothing where there is no such section."""
    return read_lists(name).get(section, {}).get(key, ())


def _entries(value: str) -> tuple[str, ...]:
    entries = value.splitlines() if value.startswith("\n") else value.split(_DIVIDER)
    return tuple(entry.strip() for entry in entries if entry.strip())

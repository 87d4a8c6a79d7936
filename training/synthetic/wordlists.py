"""The lists beside this file: `.ini` files of `name = alternative | alternative`, `.txt` files of lines."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

Wordlist = Mapping[str, Mapping[str, tuple[str, ...]]]


class Line(NamedTuple):
    """A line of a text file.

    Attributes:
        file: the file's name without its ending.
        number: of the line, from 1.
        text: what it says.
    """

    file: str
    number: int
    text: str


@cache
def read_wordlist(name: str, package: str = __package__) -> Wordlist:
    """Read `data/<name>.ini` of a package, all files of `data/<name>/`, or both: section, key, alternatives.

    Files are read in the order of their names, as one list: where two have the same section and key, the
    alternatives of both count. No `|` inside brackets separates.

    Raises:
        FileNotFoundError: there is neither the file nor the folder.
        configparser.Error: a file has a section or a key twice.
    """
    data = files(package).joinpath("data")
    paths = [
        path
        for path in (data.joinpath(f"{name}.ini"), *_folder(data.joinpath(name), ".ini"))
        if path.is_file()
    ]
    if not paths:
        raise FileNotFoundError(f"{data} has neither {name}.ini nor a folder {name} of .ini files")
    whole: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in paths:
        parser = _parsed(path.read_text(encoding="utf-8"))
        for section in parser.sections():
            entry = whole.setdefault(section, {})
            for key, value in parser.items(section):
                known = entry.get(key, ())
                entry[key] = (*known, *(a for a in split_alternatives(value) if a not in known))
    return whole


def read_lines(folder: Traversable) -> list[Line]:
    """Read the lines of a folder's `.txt` files; empty ones and those that start with `# ` are left out."""
    return [
        Line(path.name.removesuffix(".txt"), number, line.strip())
        for path in _folder(folder, ".txt")
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        if line.strip() and not line.startswith("# ")
    ]


def data_folder(name: str) -> Traversable:
    """Give a folder of this package's data."""
    return files(__package__).joinpath("data", name)


def split_alternatives(text: str) -> tuple[str, ...]:
    """Split at each `|` that stands outside round brackets; an alternative may be empty."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return tuple(parts)


def _folder(folder: Traversable, ending: str) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if p.name.endswith(ending)), key=lambda path: path.name)


def _parsed(content: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(
        interpolation=None,
        delimiters=("=",),
        comment_prefixes=("#",),
        strict=True,
        empty_lines_in_values=False,
    )
    # Names of PTs are case-sensitive, and a parser of settings would lower them.
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(content)
    return parser

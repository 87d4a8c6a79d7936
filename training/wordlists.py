"""Word lists: the `.ini` and `.txt` files in the `data` folder of a package, for people to read and add to.

- `.ini`: sections of `key = alternative | alternative`. If nothing follows the `=`, the indented lines below
  are the alternatives, one per line, and `|` separates nothing.
- `.txt`: one entry per line.

In both, a line that starts with `# ` is a comment (`#hashtag` is not).
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

WordList = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Alternatives by section and key."""

_COMMENT = "# "


class NumberedLine(NamedTuple):
    """A line of a `.txt` file.

    Attributes:
        file: name of the file, without its suffix.
        number: of the line, counted from 1.
        text: the line, without white space at its ends.
    """

    file: str
    number: int
    text: str


@cache
def read_wordlist(package: str, name: str) -> WordList:
    """Read `data/<name>.ini` of a package, all `.ini` files of `data/<name>/`, or both.

    Files are read in the order of their names, as one list: where two files have the same section and key,
    the alternatives of both count. Keys are case-sensitive. A key without any value has no alternatives.

    Raises:
        FileNotFoundError: there is neither the file nor the folder.
        configparser.Error: a file is malformed, or has a section or a key twice.
    """
    data = files(package).joinpath("data")
    candidates = (data.joinpath(f"{name}.ini"), *_files_of(data.joinpath(name), ".ini"))
    paths = [path for path in candidates if path.is_file()]
    if not paths:
        raise FileNotFoundError(f"{data} has neither {name}.ini nor a folder {name} of .ini files")
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in paths:
        parser = _parse(path)
        for section in parser.sections():
            entries = sections.setdefault(section, {})
            for key, value in parser.items(section):
                known = entries.get(key, ())
                entries[key] = (*known, *(text for text in _alternatives(value) if text not in known))
    return sections


def read_numbered_lines(folder: Traversable) -> list[NumberedLine]:
    """Read the `.txt` files of a folder, in the order of their names, without empty lines and comments."""
    return [
        NumberedLine(path.name.removesuffix(".txt"), number, line.strip())
        for path in _files_of(folder, ".txt")
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        if line.strip() and not line.startswith(_COMMENT)
    ]


def data_folder(package: str, name: str) -> Traversable:
    """Return a folder of the data of a package."""
    return files(package).joinpath("data", name)


def split_alternatives(text: str) -> tuple[str, ...]:
    """Split at each `|` outside round brackets; an alternative may be empty."""
    alternatives, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            alternatives.append(text[start:index].strip())
            start = index + 1
    alternatives.append(text[start:].strip())
    return tuple(alternatives)


def _alternatives(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    if value.startswith("\n"):
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    return split_alternatives(value)


def _files_of(folder: Traversable, suffix: str) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted(
        (path for path in folder.iterdir() if path.name.endswith(suffix)), key=lambda path: path.name
    )


def _parse(path: Traversable) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(
        interpolation=None, delimiters=("=",), comment_prefixes=(_COMMENT,), empty_lines_in_values=False
    )
    # Names of PTs are case-sensitive; by default the parser turns keys into lower case.
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf-8"), source=path.name)
    return parser

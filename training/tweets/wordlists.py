"""The word lists beside this file: sections of `name = alternative | alternative`."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def read_wordlist(name: str, package: str = __package__) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Read `data/<name>.ini` of a package: section, key, alternatives. No `|` inside brackets separates."""
    parser = configparser.ConfigParser(
        interpolation=None,
        delimiters=("=",),
        comment_prefixes=("#",),
        strict=True,
        empty_lines_in_values=False,
    )
    # Names of PTs are case-sensitive, and a parser of settings would lower them.
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(files(package).joinpath("data", f"{name}.ini").read_text(encoding="utf-8"))
    return {
        section: {key: split_alternatives(value) for key, value in parser.items(section)}
        for section in parser.sections()
    }


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

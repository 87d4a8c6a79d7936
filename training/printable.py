"""Any text, in characters that a terminal and a file can hold."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 700  # characters of a text that are shown


def printable(text: str) -> str:
    """Return a text in characters that any terminal and UTF-8 can hold; a very long one is cut in the middle.

    Characters that cannot be seen (control characters, zero-width ones, lone surrogates) are escaped.
    """
    size = len(text)
    if size > _LONGEST:
        left = _LONGEST // 2
        text = f"{text[:left]} … {size - 2 * left:,} characters … {text[-left:]}"
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")

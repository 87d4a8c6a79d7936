"""Texts as the tokenizer can read them, code point for code point, so that offsets stay as they are."""

from __future__ import annotations

import unicodedata
from typing import Final

_UNREADABLE: Final = "\ufffd"


class _Letters(dict[int, str]):
    """What stands for each code point; filled as code points are met, since there are a million of them."""

    def __missing__(self, point: int) -> str:
        plain = _plain(chr(point))
        self[point] = plain
        return plain


_LETTERS: Final = _Letters()


def readable(text: str) -> str:
    """Write letters of other shapes as plain ones: 𝐛𝐨𝐥𝐝, ｗｉｄｅ and ⓒⓘⓡⓒⓛⓔⓓ letters are of no vocabulary.

    A code point is replaced where its compatibility form (Unicode NFKC) is a single one. Halves of UTF-16
    pairs without the other, which are legal in Python and JSON but not in the UTF-8 that Rust reads, become
    U+FFFD.

    Args:
        text: any at all.

    Returns:
        A text of the same length in code points.
    """
    return text if text.isascii() else text.translate(_LETTERS)


def _plain(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return _UNREADABLE
    form = unicodedata.normalize("NFKC", character)
    return form if len(form) == 1 else character

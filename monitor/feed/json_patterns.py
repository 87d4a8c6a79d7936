"""Regular expressions that find brackets in JSON, and whole objects. Their quantifiers are possessive,
so their time is proportional to the text."""

from __future__ import annotations

import re
from typing import Final

ASSIGNMENT: Final = re.compile(rb"\s*[A-Za-z_$][\w.$]{0,70}\s*=\s*(?=[\[{])")
"""What the archive that X gives to its users has before each array: `window.YTD.tweets.part0 = `."""

SKIPPED: Final = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"[^"{}\[\]]*+)*+')
"""Everything up to the next bracket; what is in strings does not count."""

BRACKET: Final = re.compile(SKIPPED.pattern + rb"([{}\[\]])")
"""The next bracket, with everything before it."""


def _nested(levels: int) -> bytes:
    """Return a pattern for what is in an object, with brackets up to some levels deep."""
    inner = SKIPPED.pattern
    for _ in range(levels):
        inner = SKIPPED.pattern + rb"(?:[\[{]" + inner + rb"[\]}]" + SKIPPED.pattern + rb")*+"
    return inner


NEXT_OBJECT: Final = re.compile(rb"[ \t\r\n,;]*+(\{" + _nested(8) + rb"\})")
"""The next element of an array if it is an object, unless that is unusually deep.

One match is faster than going from bracket to bracket.
"""

BROKEN_STRING: Final = re.compile(rb'"(?:[^"\\\n]++|\\[^\n])*+\\?\n')
"""A string that is not closed on its line, which JSON does not allow."""

KEY: Final = re.compile(rb'"([^"\\]{1,64})"\s*:\s*\Z')
"""A key of an object, directly before the bracket of its value."""

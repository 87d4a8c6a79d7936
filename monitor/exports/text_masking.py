"""Handles, e-mail addresses, phone numbers and names in addresses of profiles, masked in texts.

Each becomes a placeholder that says nothing about it, not even its length: `[handle]`, `[email]`, `[phone]`.
Offsets then count in the masked text. Masking prefers to mask too much over too little. It does not make a
text anonymous: names in plain words stay, and the words can be searched on the platform.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

_AT: Final = "[@\uff20\ufe6b]"
_NAME: Final = r"\w(?:[\w.\-]*\w)?"

# The first part of the path is an account on these hosts, unless it is one of the words after it.
_ACCOUNT_FIRST: Final = (
    r"(?:twitter|x|instagram|facebook|fb|threads|t|telegram|tumblr|snapchat|twitch|vk|medium|linktr|pinterest)"
    r"\.(?:com|net|me|tv|ee)"
)
_NO_ACCOUNT: Final = (
    r"(?:i|search|hashtag|home|intent|share|explore|p|reel|stories|watch|groups|events|pages|sharer|tag|tagged|"
    r"about|help|login|settings|s)(?![\w.\-%])"
)
_USER_PATH: Final = r"(?:u|user|users|profile|profiles|in|people|add|c|channel|members?|author)"

# With a country code; a national number that starts with 0; ten digits in groups; ten or eleven in one group.
# Dates, doses, ranges and ids of posts have other forms.
_BETWEEN: Final = r"[ ().\-/\u00a0]{0,2}"
_PHONE: Final = (
    rf"\+\d(?:{_BETWEEN}\d){{6,14}}(?!\d)"
    rf"|(?<![\w.,+\-/])(?:\(?0\d(?:{_BETWEEN}\d){{7,12}}"
    r"|\(?\d{3}\)?[ .\-]{0,2}\d{3}[ .\-]\d{4}|\d{10,11})(?!\w|[.,\-]\d)"
)

_PERSONAL: Final = re.compile(
    rf"(?<![\w.+%\-])(?P<email>[\w.+%\-]++{_AT}[\w\-]+(?:\.[\w\-]+)+)"
    rf"|(?<![\w\-]){_ACCOUNT_FIRST}/(?!{_NO_ACCOUNT})(?P<account>[\w.\-%]+)"
    rf"|/{_USER_PATH}/(?P<profile>[\w.\-%:]+)"
    rf"|(?<![\w/])u/(?P<redditor>[\w\-]+)"
    rf"|(?<![\w.\-])(?P<domain>[\w\-]{{1,63}}\.bsky\.social)(?!\w)"
    rf"|(?P<handle>{_AT}{_NAME}(?:{_AT}{_NAME})?)"
    rf"|(?P<phone>{_PHONE})",
    re.IGNORECASE,
)
_PLACEHOLDERS: Final = {"email": "[email]", "phone": "[phone]"}
_HANDLE: Final = "[handle]"


@dataclass(frozen=True, slots=True)
class MaskingResult:
    """A masked text, and where the offsets of the original are in it.

    Attributes:
        text: with placeholders.
        starts: offsets in the original at which masked pieces start, in order.
        ends: offsets in the original after each of them.
        new_starts: offsets in `text` at which their placeholders start.
        new_ends: offsets in `text` after each placeholder.
    """

    text: str
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    new_starts: tuple[int, ...] = ()
    new_ends: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the original is in the masked text, in code points.

        A span that cuts into a masked piece has the whole placeholder.
        """
        return self._start(start), self._end(end)

    def _start(self, offset: int) -> int:
        index = bisect_right(self.starts, offset) - 1
        if index < 0:
            return offset
        if offset < self.ends[index]:
            return self.new_starts[index]
        return offset - self.ends[index] + self.new_ends[index]

    def _end(self, offset: int) -> int:
        index = bisect_left(self.starts, offset) - 1
        if index < 0:
            return offset
        if offset <= self.ends[index]:
            return self.new_ends[index]
        return offset - self.ends[index] + self.new_ends[index]


def mask(text: str) -> MaskingResult:
    """Mask what leads to a person: handles, e-mail addresses, phone numbers, and names in profile addresses.

    A phone number has a plus and a country code, or starts with 0, or has ten or eleven digits. Of an
    address, only the name of the account is masked.

    Args:
        text: any text, also an address alone.
    """
    pieces: list[str] = []
    starts, ends, new_starts, new_ends = [], [], [], []
    position = length = 0
    for match in _PERSONAL.finditer(text):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        placeholder = _PLACEHOLDERS.get(kind, _HANDLE)
        pieces += [text[position:start], placeholder]
        length += start - position
        starts.append(start)
        ends.append(end)
        new_starts.append(length)
        length += len(placeholder)
        new_ends.append(length)
        position = end
    if not starts:
        return MaskingResult(text)
    masked = "".join([*pieces, text[position:]])
    return MaskingResult(masked, tuple(starts), tuple(ends), tuple(new_starts), tuple(new_ends))


def masked_or_none(text: str | None) -> str | None:
    """Return a masked text; None stays None."""
    return None if text is None else mask(text).text

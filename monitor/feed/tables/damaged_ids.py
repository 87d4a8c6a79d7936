"""Ids that a spreadsheet or a data frame has rounded, so that several posts share one id."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from monitor.feed.source import FeedError
from monitor.feed.tables.table_rows import Notify

# 1.59E+18 or 1212092628029698048.0: what spreadsheets and data frames make of long ids.
# Without a fraction and a plus, it may be an id of another platform: Reddit has 12e5.
_ROUNDED_NUMBER: Final = re.compile(
    r"[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]{1,3}|[0-9]+[.,][0-9]+[eE][0-9]{1,3}|[0-9]{16,}\.[0-9]+"
)

_ADVICE: Final = (
    "export the file again with the ids as text. In a spreadsheet, import the column as text; in pandas, use "
    "dtype=str. --accept-rounded-ids reads the file anyway"
)
_LONG: Final = 16

# How often an intact id ends in 000, at most. A snowflake whose counter is 0 is a multiple of 4096, and one
# in 125 of those is a multiple of 1000. Of other ids, one in 1000 is.
_BY_CHANCE: Final = 1 / 125

# Odds at which the file is refused, at its start and later, when many blocks are tested.
_ODDS_AT_START: Final = 1e6
_ODDS_LATER: Final = 1e9

_BLOCK: Final = 1_000
_SLOTS: Final = 1 << 20


class IdWatch:
    """Counts long ids that end in 000, and ids that come again with another text.

    Spreadsheets keep 15 digits: 1212092628029698048 becomes 1212092628029700000. Ids are counted in blocks of
    1,000, so that damaged rows are noticed behind many intact ones. Memory is constant.
    """

    def __init__(self, name: str, notify: Notify, *, accept_rounded: bool = False) -> None:
        self._name = name
        self._notify = notify
        self._accept = accept_rounded
        self._long: set[int] = set()
        self._rounded = 0
        # One slot holds the digests of an id and of its text. A newer id with the same slot replaces it.
        self._seen = array("Q", bytes(8 * _SLOTS))
        self.collisions = 0

    def check_start(self, posts: Sequence[tuple[str, str]]) -> None:
        """Check the ids of the first rows; each one comes with its text.

        Raises:
            FeedError: most of them are rounded numbers, or too many end in 000.
        """
        ids = [post_id for post_id, _ in posts if post_id]
        rounded = [post_id for post_id in ids if is_damaged(post_id)]
        if 2 * len(rounded) > len(ids):
            raise FeedError(
                f"the ids of {self._name} were rounded by a program, as in {rounded[0]}, and are lost",
                _ADVICE,
            )
        for post_id, text in posts:
            self._count(post_id, text)
        self._refuse_rounded(math.log(_ODDS_AT_START))
        self._long.clear()
        self._rounded = 0

    def add(self, post_id: str, text: str) -> None:
        """Count the id of a row.

        Raises:
            FeedError: too many ids of this block end in 000.
        """
        if self._count(post_id, text):
            self._refuse_rounded(math.log(_ODDS_LATER))
        digest = hash(post_id)
        slot, mark = digest % _SLOTS, (digest >> 20 & 0xFFFFFFFF) << 32
        value = mark | hash(text) & 0xFFFFFFFF
        before = self._seen[slot]
        if before != value and before >> 32 << 32 == mark and before:
            self.collisions += 1
        self._seen[slot] = value

    def report(self) -> None:
        """Report how many rows repeat an id with another text, if there are any."""
        if self.collisions:
            rows = "1 row has" if self.collisions == 1 else f"{self.collisions:,} rows have"
            self._notify(f"{rows} the id of an earlier row but another text: an edit of that post")

    def _count(self, post_id: str, text: str) -> bool:
        """Count a long id, and return True if it is a new one that ends in 000."""
        if len(post_id) < _LONG or not post_id.isdecimal():
            return False
        if len(self._long) >= _BLOCK:
            self._long.clear()
            self._rounded = 0
        before = len(self._long)
        # A repeated row is no more evidence than the first one, but another post with the same id is.
        self._long.add(hash((post_id, text)))
        is_rounded = post_id.endswith("000") and len(self._long) > before
        self._rounded += is_rounded
        return is_rounded

    def _refuse_rounded(self, limit: float) -> None:
        if not self._accept and self._rounded and _surprise(self._rounded, len(self._long)) > limit:
            raise FeedError(
                f"{self._rounded} of {len(self._long)} long ids in {self._name} end in 000: a spreadsheet "
                "has rounded them, and several posts share one id",
                _ADVICE,
            )


def _surprise(rounded: int, total: int) -> float:
    """Return minus the logarithm of the largest probability of this many ids in 000 (bound of Chernoff)."""
    share = min(1.0, rounded / total)
    if share <= _BY_CHANCE:
        return 0.0
    surprise = share * math.log(share / _BY_CHANCE)
    if share < 1:
        surprise += (1 - share) * math.log((1 - share) / (1 - _BY_CHANCE))
    return total * surprise


def is_damaged(value: str) -> bool:
    """Return True if an id is a number with an exponent, or a long one with a fraction."""
    return _ROUNDED_NUMBER.fullmatch(value) is not None


def whole_number(value: str) -> str:
    """Return a damaged id as a number without exponent and fraction."""
    return str(int(Decimal(value.replace(",", "."))))

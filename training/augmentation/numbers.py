"""Numbers of doses, days and pounds, and what may stand in their place."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from training.augmentation.words import in_case_of
from training.synthetic.wordlists import read_wordlist

# No part of a name (B12), a time (10:30), a date (1/2), a face (<3, :3), an ordinal (2nd) or a range (2-3).
NUMBER: Final = re.compile(
    r"(?<![\w.,:;/#<=+*@’'-])[1-9]\d{0,4}(?:\.\d{1,2})?"
    r"(?=(?:mg|mcg|g|kg|ml|cc|iu|lb|lbs|k|h|hr|hrs|min|mins|am|pm|x|yo|yr|yrs|wk|wks)?(?![\w:/-]|[.,]\d))",
    re.IGNORECASE,
)
_NUMBER_WORDS: Final = read_wordlist("words", __package__)["numbers"]["words"]
NUMBER_WORD: Final = re.compile(rf"(?<![\w-])(?:{'|'.join(_NUMBER_WORDS)})(?![\w-])", re.IGNORECASE)

_ROUND: Final = (100, 50, 10, 5, 1)


def other_number(number: str, random: Random) -> str:
    """Draw a number from half to twice as large, about as round, with as many decimals.

    Args:
        number: in digits, not 0, with or without decimals.
        random: draws.
    """
    whole, _, decimals = number.partition(".")
    unit = 10 ** len(decimals)
    value = int(whole + decimals)
    rounds = (*(step * unit for step in _ROUND), 1)
    step = next((step for step in rounds if value % step == 0 and value >= 2 * step), 1)
    steps = value // step
    others = [count for count in range(max(1, steps // 2), 2 * steps + 1) if count != steps]
    other = random.choice(others) * step
    return f"{other // unit}.{other % unit:0{len(decimals)}}" if decimals else str(other)


def other_number_word(word: str, random: Random) -> str:
    """Draw another number in words, from two to thirty."""
    return in_case_of(word, random.choice([other for other in _NUMBER_WORDS if other != word.lower()]))

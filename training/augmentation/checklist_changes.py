"""Changes that keep the meaning (CheckList, Ribeiro et al. 2020): places, numbers and contractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from training.augmentation.words import match_case, opaque_ranges, overlaps_any
from training.edits import Edit
from training.wordlists import read_wordlist

_LISTS = read_wordlist(__package__, "words")

PLACES: Final = read_wordlist(__package__, "places")["places"]
KIND_OF: Final = {name.lower(): kind for kind, names in PLACES.items() for name in names}
"""The kind of each place, by its name in lower case."""

# Longer names first, or "New York City" would be taken for New York.
_PLACE = re.compile(
    rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(KIND_OF, key=len, reverse=True)))})(?![\w-])",
    re.IGNORECASE,
)
# A shorter name in capitals is more likely an abbreviation than shouted.
_SHORTEST_SHOUTED: Final = 4

# Not part of a name (B12), a time (10:30), a date (1/2), a face (<3, :3), an ordinal (2nd) or a range (2-3).
_NUMBER: Final = re.compile(
    r"(?<![\w.,:;/#<=+*@’'-])[1-9]\d{0,4}(?:\.\d{1,2})?"
    r"(?=(?:mg|mcg|g|kg|ml|cc|iu|lb|lbs|k|h|hr|hrs|min|mins|am|pm|x|yo|yr|yrs|wk|wks)?(?![\w:/-]|[.,]\d))",
    re.IGNORECASE,
)
_NUMBER_WORDS: Final = _LISTS["numbers"]["words"]
_NUMBER_WORD: Final = re.compile(rf"(?<![\w-])(?:{'|'.join(_NUMBER_WORDS)})(?![\w-])", re.IGNORECASE)
_ROUND_STEPS: Final = (100, 50, 10, 5, 1)

_LONG_FORMS: Final = {short: longs[0] for short, longs in _LISTS["contractions"].items()}
_SHORT_FORMS: Final = {long: short for short, long in _LONG_FORMS.items()} | {
    long: shorts[0] for long, shorts in _LISTS["short forms"].items()
}
_CONTRACTION: Final = re.compile(
    r"(?<![\w'’-])(?:"
    + "|".join(re.escape(form).replace("'", "['’]") for form in (*_LONG_FORMS, *_SHORT_FORMS))
    + r")(?![\w'’-])",
    re.IGNORECASE,
)


def checklist_changes(text: str, random: Random) -> list[Edit]:
    """Propose another place, another number, and the long or short form, wherever a text has one."""
    opaque = opaque_ranges(text)
    return [
        Edit(match.start(), match.end(), change(match.group(), random))
        for pattern, change in _CHANGES
        for match in pattern.finditer(text)
        if not overlaps_any(match.start(), match.end(), opaque)
    ]


def other_place(name: str, random: Random) -> str:
    """Draw another place of the same kind, in the case of `name`."""
    other = random.choice([place for place in PLACES[KIND_OF[name.lower()]] if place.lower() != name.lower()])
    if name.islower():
        return other.lower()
    return other.upper() if name.isupper() and len(name) >= _SHORTEST_SHOUTED else other


def other_number(number: str, random: Random) -> str:
    """Draw a number from half to twice as large, about as round, with as many decimals.

    Args:
        number: in digits, not 0, with or without decimals.
        random: the random number generator.
    """
    whole, _, decimals = number.partition(".")
    unit = 10 ** len(decimals)
    value = int(whole + decimals)
    rounds = (*(step * unit for step in _ROUND_STEPS), 1)
    step = next((step for step in rounds if value % step == 0 and value >= 2 * step), 1)
    steps = value // step
    others = [count for count in range(max(1, steps // 2), 2 * steps + 1) if count != steps]
    other = random.choice(others) * step
    return f"{other // unit}.{other % unit:0{len(decimals)}}" if decimals else str(other)


def other_number_word(word: str, random: Random) -> str:
    """Draw another number in words, from two to thirty."""
    return match_case(word, random.choice([other for other in _NUMBER_WORDS if other != word.lower()]))


def other_form(form: str, random: Random) -> str:
    """Return the long form of a contraction, or the contraction of a long form."""
    plain = form.lower().replace("’", "'")
    return match_case(form, _LONG_FORMS.get(plain) or _SHORT_FORMS[plain])


_CHANGES: Final[tuple[tuple[re.Pattern[str], Callable[[str, Random], str]], ...]] = (
    (_PLACE, other_place),
    (_NUMBER, other_number),
    (_NUMBER_WORD, other_number_word),
    (_CONTRACTION, other_form),
)

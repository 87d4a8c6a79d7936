"""Numbers, amounts and times in a normalized form: "two pills a day" is "2 pills a day"."""

from __future__ import annotations

import re
from typing import Final

_SAME_LETTERS: Final = str.maketrans({"\u03bc": "\u00b5", "\u0131": "i", "\u017f": "s"})
"""Letters that a pattern matches in any case, and those of the tables."""

_NUMBERS: Final = {
    "a": "1",
    "an": "1",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "twelve": "12",
    "twenty": "20",
    "thirty": "30",
    "a couple of": "2",
    "a couple": "2",
    "couple of": "2",
    "half a": "0.5",
    "half an": "0.5",
    "half": "0.5",
    "1/2": "0.5",
    "1/2 a": "0.5",
    "½": "0.5",
    "1/2 an": "0.5",
    "½ a": "0.5",
    "½ an": "0.5",
}
COUNT: Final = (
    r"(?:\d[\d,]{0,11}(?:\.\d+)?|\.\d+|1/2(?: an?)?|½(?: an?)?|half an?|one|two|three|four|five|six|seven|"
    r"eight|nine|ten|twelve|twenty|thirty)"
)
"""A number, as a regular expression: digits, or a word."""

VAGUE: Final = r"(?:a few|few|several|some|many)"
"""A number that is not exact, as a regular expression."""

_THOUSANDS: Final = re.compile(r",(?=\d{3}(?!\d))")
"""A comma between thousands; any other comma in a number is a decimal one."""

_AMOUNT_UNITS: Final = {
    "mg": "mg",
    "mgs": "mg",
    "milligram": "mg",
    "milligrams": "mg",
    "mcg": "mcg",
    "mcgs": "mcg",
    "µg": "mcg",
    "ug": "mcg",
    "micrograms": "mcg",
    "g": "g",
    "gram": "g",
    "grams": "g",
    "ml": "ml",
    "mls": "ml",
    "cc": "ml",
    "unit": "units",
    "units": "units",
    "iu": "IU",
    "puff": "puffs",
    "puffs": "puffs",
    "drop": "drops",
    "drops": "drops",
    "pill": "pills",
    "pills": "pills",
    "tab": "tablets",
    "tabs": "tablets",
    "tablet": "tablets",
    "tablets": "tablets",
    "cap": "capsules",
    "caps": "capsules",
    "capsule": "capsules",
    "capsules": "capsules",
}
AMOUNT_UNIT: Final = "(?:" + "|".join(sorted(_AMOUNT_UNITS, key=len, reverse=True)) + ")"
"""A unit of a dose, as a regular expression."""

_TIME_UNITS: Final = {
    "sec": "second",
    "secs": "second",
    "second": "second",
    "min": "minute",
    "mins": "minute",
    "minute": "minute",
    "hr": "hour",
    "hrs": "hour",
    "hour": "hour",
    "day": "day",
    "night": "day",
    "week": "week",
    "wk": "week",
    "wks": "week",
    "month": "month",
    "mo": "month",
    "mos": "month",
    "year": "year",
}
TIME_UNIT: Final = (
    r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|months?|mos?|years?)"
)
"""A unit of time, as a regular expression."""

TIME: Final = rf"(?:(?:(?P<count>{COUNT}|an?|a couple(?: of)?|couple of) |{VAGUE} )(?P<time>{TIME_UNIT}))"
"""A time with its number, as a regular expression with the groups `count` and `time`."""

_FREQUENCIES: Final = (
    (re.compile(r"(?:twice|2x|two times|2 times)"), "twice a day"),
    (re.compile(r"(?:3x|three times|3 times)"), "3 times a day"),
    (re.compile(r"(?:4x|four times|4 times)"), "4 times a day"),
    (re.compile(r"night"), "a night"),
    (re.compile(r"week"), "a week"),
    (re.compile(r"dai|day"), "a day"),
)
FREQUENCY: Final = (
    r"(?:(?:twice|once|2x|3x|4x|(?:two|three|four|[234]) times)[ -](?:a|per|each|every|daily)(?: day)?|"
    r"(?:a|per|each|every) (?:day|night|week)|/ ?day|daily|nightly|weekly)"
)
"""How often a dose is taken, as a regular expression."""


def table_word(word: str) -> str:
    """Return a word that a pattern matched in any case, as tables have it.

    `re.IGNORECASE` also matches letters that `str.lower` leaves as they are: a dotless or dotted i, a long s,
    and both of the characters for micro.
    """
    return word.replace("\u0130", "i").lower().translate(_SAME_LETTERS)


def dose_value(count: str, unit: str, frequency: str | None = None) -> str | None:
    """Return a dose: "50 mg", "2 pills a day"; None if the unit is not known."""
    amount_unit = _AMOUNT_UNITS.get(table_word(unit))
    if amount_unit is None:
        return None
    words = [_number(count), amount_unit]
    if frequency:
        often = table_word(frequency)
        words.append(next((text for pattern, text in _FREQUENCIES if pattern.search(often)), "a day"))
    return " ".join(words)


def time_value(count: str | None, unit: str) -> str | None:
    """Return a time: "3 days", "1 hour", or "hours" if the number is not exact; None for an unknown unit."""
    lowered = table_word(unit)
    singular = _TIME_UNITS.get(lowered) or _TIME_UNITS.get(lowered.rstrip("s"))
    if singular is None:
        return None
    number = None if count is None else _number(count)
    if number is None or not number[0].isdigit():
        return f"{singular}s"
    return f"{number} {singular}" if number == "1" else f"{number} {singular}s"


def _number(count: str) -> str:
    words = table_word(count).strip()
    words = _NUMBERS.get(words, words)
    words = _THOUSANDS.sub("", words).replace(",", ".").rstrip(".")
    return f"0{words}" if words.startswith(".") else words

"""Usual remedies for usual effects: ibuprofen for a headache, an antihistamine for hives.

If two drugs are as near to an effect, the one that is commonly taken for it is less likely its cause.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.findings import DrugMention

REMEDIES: Final = (
    (r"ache|pain|migraine|cramp|sore|hurt|pound|fever|throb", ("N02", "M01A", "M03")),
    (r"nause|vomit|puk|throw|queas|sick", ("A04", "R06AD02", "A03FA")),
    (r"diarrh|runs|loose", ("A07D",)),
    (r"constipat|backed up|can't go|poop", ("A06",)),
    (r"heartburn|reflux|acid|stomach|burp", ("A02",)),
    (r"itch|rash|hives|allerg|swell|swollen|bumps", ("R06", "D04", "H02", "D07")),
    (r"sleep|insomnia|awake|up all|up till|wired", ("N05C", "N06AX05")),
    (r"anxi|panic|shak|tremor|heart|palpitat", ("N05B", "C07")),
    (r"tired|sleepy|fatigue|fog|asleep", ("N06B",)),
    (r"puffy|swollen|water|bloat", ("C03",)),
)
"""Words of an effect, as a regular expression, and the ATC codes of the drugs that are taken for it."""

_REMEDIES: Final = tuple((re.compile(words), codes) for words, codes in REMEDIES)


def is_remedy(drug: DrugMention, effect: str) -> bool:
    """Return True if people commonly take the drug for an effect with these words; it needs an ATC code."""
    if drug.atc is None:
        return False
    atc, words = drug.atc, effect.lower()
    return any(atc.startswith(codes) and pattern.search(words) for pattern, codes in _REMEDIES)

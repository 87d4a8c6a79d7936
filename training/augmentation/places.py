"""Names of places, by kind: one may stand for another of its kind."""

from __future__ import annotations

from random import Random
from typing import Final

from training.synthetic.wordlists import read_wordlist

PLACES: Final = read_wordlist("places", __package__)["places"]
KIND_OF: Final = {name.lower(): kind for kind, names in PLACES.items() for name in names}
"""The kind of each place, by its name in lower case."""

# Shorter names in capitals are more likely names than shouts.
_SHOUTED = 4


def other_place(name: str, random: Random) -> str:
    """Give another place of the same kind, in the case that `name` is written in."""
    other = random.choice([place for place in PLACES[KIND_OF[name.lower()]] if place.lower() != name.lower()])
    if name.islower():
        return other.lower()
    return other.upper() if name.isupper() and len(name) >= _SHOUTED else other

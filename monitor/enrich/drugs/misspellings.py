"""Misspelled names: words at edit distance 1 or 2 from a name of six or more letters.

All words at distance 2 of a thousand names are hundreds of millions. So names and texts are compared by sound
first: letters that people confuse ("a", "e", "i"; "c", "k"; "s", "z") become the same letter. Of each name,
the sounds with one more edit are generated: a letter dropped, doubled, swapped with its neighbour, replaced
by one that is next to it on the keyboard, or a vowel put in. A word of the text with such a sound is a
candidate, and counts if its edit distance (Damerau-Levenshtein, optimal string alignment) is small enough.

Words that mean something else are not misspellings: names of other drugs, and the English words that
`build_dictionary` has found to be close to a name.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cached_property, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from monitor.enrich.drugs.drug_dictionary import Dictionary
from monitor.enrich.drugs.name_search import NameSearch
from monitor.findings import DrugNaming

SHORTEST: Final = 6
"""Number of letters from which on misspellings of a name are found."""
SHORTEST_OF_TWO: Final = 8
"""Number of letters from which on a name may have two mistakes."""

REMEMBERED: Final = 20_000
"""Number of words with the sound of a name whose correction is remembered."""

_SPELLED: Final = (DrugNaming.GENERIC, DrugNaming.BRAND)
_GROUPS: Final = ("aeiouy", "ckq", "szx", "mn", "dt", "bp", "gj", "vfw")
_SOUND_OF: Final = {letter: group[0] for group in _GROUPS for letter in group}
SOUNDS: Final = str.maketrans(_SOUND_OF)

_KEYS_NEAR: Final = (
    *("aqwsz", "bvghn", "cxdfv", "dserfcx", "ewsdr", "fdrtgvc", "gftyhbv", "hgyujnb", "iujko", "jhuikmn"),
    *("kjiolm", "lkop", "mnjk", "nbhjm", "oiklp", "pol", "qwa", "redft", "sawedxz", "trfgy", "uyhji"),
    *("vcfgb", "wqase", "xzsdc", "ytghu", "zasx"),
)
"""Each letter, and the letters around it on a QWERTY keyboard."""


def sound_of(text: str) -> str:
    """Return a text in lower case with the letters that people confuse made equal."""
    return text.translate(SOUNDS)


def mistakes_allowed(name: str) -> int:
    """Return how many mistakes a misspelling of the name may have."""
    if len(name) < SHORTEST or not (name.isascii() and name.isalpha()):
        return 0
    return 2 if len(name) >= SHORTEST_OF_TWO else 1


_SOUNDS_NEAR: Final = {
    keys[0]: {sound_of(key) for key in keys[1:]} - {sound_of(keys[0])} for keys in _KEYS_NEAR
}


def edited_sounds(name: str) -> set[str]:
    """Return the sound of a name, and its sounds with one more edit; the sound of the first letter stays."""
    bases = {name, name.replace("ph", "f"), name.replace("f", "ph"), name.replace("x", "ks")}
    if name[0] in "sc":
        bases.add(("c" if name[0] == "s" else "s") + name[1:])
    sounds = {sound_of(base) for base in bases}
    sound = sound_of(name)
    for place in range(1, len(name)):
        before, letter, after = sound[:place], sound[place], sound[place + 1 :]
        sounds.add(before + after)
        sounds.add(before + letter + letter + after)
        sounds.add(before + "a" + letter + after)
        sounds.update(before + near + after for near in _SOUNDS_NEAR[name[place]])
        if after:
            sounds.add(before + after[0] + letter + after[1:])
    sounds.add(sound + "a")
    sounds.add(sound[0] + sound)
    return sounds


def spelled_names(dictionary: Dictionary, ambiguous: Container[str]) -> list[str]:
    """Return the names whose misspellings are found: generic names and brands, unless they are ambiguous.

    Slang is misspelled on purpose, and its usual spellings are in the dictionary.
    """
    return [key for key, name in dictionary.items() if name.naming in _SPELLED and key not in ambiguous]


class MisspellingSearch:
    """Finds misspelled names in texts. It is built at the first search, which takes about half a second.

    Args:
        names: correct names; those that are too short, or more than a word, are left out.
        other_words: words that are not misspellings.
        frequent_words: words that texts have so often that nothing with their sound is looked at, unless it
            is the sound of a correct name.
    """

    def __init__(
        self, names: Iterable[str], other_words: Container[str], frequent_words: Iterable[str] = ()
    ) -> None:
        self._correct = tuple(names)
        self._other_words = other_words
        self._frequent_words = frequent_words
        # Frequent words that sound like a name come up again and again.
        self._correction = lru_cache(maxsize=REMEMBERED)(self._closest)

    @cached_property
    def _by_sound(self) -> tuple[list[list[str]], NameSearch]:
        """The names of each sound, and the search for the sounds."""
        skipped = {sound_of(word) for word in self._frequent_words}
        skipped -= {sound_of(name) for name in self._correct}
        names_by_sound: dict[str, list[str]] = {}
        for name in self._correct:
            if mistakes_allowed(name):
                for sound in edited_sounds(name) - skipped:
                    names_by_sound.setdefault(sound, []).append(name)
        return list(names_by_sound.values()), NameSearch(list(names_by_sound))

    def find(self, words: str) -> list[tuple[int, str]]:
        """Return the position of each misspelled word, and the name that it stands for.

        Args:
            words: the text, as `padded_words` returns it.
        """
        matches = self._by_sound[1].find(sound_of(words))
        if not matches:
            return []
        in_order = words.split()
        corrections = []
        for match in matches:
            name = self._correction(in_order[match.first], match.name)
            if name is not None:
                corrections.append((match.first, name))
        return corrections

    def sounds_like_a_name(self, word: str) -> bool:
        """Return True if a word is looked at, whether or not it turns out to be a misspelling."""
        return bool(self._by_sound[1].find(f" {sound_of(word)} "))

    def _closest(self, word: str, sound: int) -> str | None:
        """Return which of the names with a sound a word is a misspelling of, or None."""
        if word in self._other_words:
            return None
        close = ((OSA.distance(word, name, score_cutoff=2), name) for name in self._by_sound[0][sound])
        allowed = [(mistakes, name) for mistakes, name in close if 0 < mistakes <= mistakes_allowed(name)]
        return min(allowed)[1] if allowed else None

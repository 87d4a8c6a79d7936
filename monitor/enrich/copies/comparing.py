"""Whether one post tells what another one tells, in nearly the same words.

Similar words are not enough: in "day 3 on zoloft and the nausea is unreal", another drug, another effect,
another day or another patient makes it another report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Indel

from monitor.enrich.copies.keys import LONGEST_TEXT, SHORTEST_COPY
from monitor.enrich.copies.normalizing import NormalText
from monitor.findings import DrugPlace

MIN_SIMILARITY: Final = 0.7
"""Least similarity of a copy and its first post. Of the different posts in the tests, none reaches 0.6."""

MIN_SIMILARITY_OF_CUT: Final = 0.85
"""The same if one of both was cut: then only the beginning of the other one is compared."""

_SAME_WORDS: Final = {
    "mother": "mother mothers mum mums mom moms mama",
    "father": "father fathers dad dads papa",
    "son": "son sons boy",
    "daughter": "daughter daughters girl",
    "child": "child childs kid kids baby toddler",
    "wife": "wife wifes",
    "husband": "husband husbands hubby",
    "partner": "partner boyfriend girlfriend fiance fiancee",
    "brother": "brother brothers",
    "sister": "sister sisters",
    "grandmother": "grandmother grandma granny nan",
    "grandfather": "grandfather grandpa grandad granddad",
    "aunt": "aunt auntie",
    "uncle": "uncle",
    "cousin": "cousin",
    "friend": "friend friends",
    "patient": "patient patients",
    "not": "not no never none nothing nobody neither nor without cannot cant dont doesnt didnt wont wouldnt "
    "couldnt shouldnt isnt arent wasnt werent havent hasnt hadnt aint",
}
_TELLING: Final = {word: meaning for meaning, words in _SAME_WORDS.items() for word in words.split()}
"""Words for persons, and negations: with another one, a similar text is another report."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a post tells.

    Attributes:
        text: its words.
        drugs: canonical names of the drugs that it is about, see `named_drugs`.
        effects: keys of its effects.
    """

    text: NormalText
    drugs: frozenset[str]
    effects: frozenset[str]


def named_drugs(drugs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the drugs that a post is about: those that it names, or else those that its context names.

    Args:
        drugs: name and place of each drug, see `DrugMention`.
    """
    named = list(drugs)
    in_post = frozenset(drug for drug, place in named if place == DrugPlace.POST)
    return in_post or frozenset(drug for drug, _ in named)


def similarity(first: Account, later: Account) -> float | None:
    """Return how similar the words of two posts are, or None if the later one is another report.

    The similarity is twice the number of words that both have in the same order, divided by the number of
    all their words (the normalized Indel similarity); 1 for equal texts.
    """
    if later.text.is_cut or first.text.is_cut:
        cut = _similarity_of_cut(first, later)
        if cut is not None:
            return cut
    if later.drugs != first.drugs or not later.effects <= first.effects:
        return None
    if bool(later.effects) != bool(first.effects):
        return None
    words, earlier_words = later.text.words[:LONGEST_TEXT], first.text.words[:LONGEST_TEXT]
    if _telling_words(words) != _telling_words(earlier_words):
        return None
    return _least(Indel.normalized_similarity(earlier_words, words), MIN_SIMILARITY)


def _similarity_of_cut(first: Account, later: Account) -> float | None:
    """Return the similarity of the beginnings, up to where the shorter of both texts was cut."""
    if not (later.drugs <= first.drugs and later.effects <= first.effects):
        return None
    texts = [account.text.words[: -1 if account.text.is_cut else None] for account in (first, later)]
    length = min(*map(len, texts), LONGEST_TEXT)
    earlier_words, words = (text[:length] for text in texts)
    if length < SHORTEST_COPY or _telling_words(words) != _telling_words(earlier_words):
        return None
    # A drug or an effect may have been cut off. A drug that we do not know may also stand in its place.
    tells_less = later.drugs < first.drugs or later.effects < first.effects
    limit = 1.0 if tells_less else MIN_SIMILARITY_OF_CUT
    return _least(Indel.normalized_similarity(earlier_words, words), limit)


def _telling_words(words: Sequence[str]) -> Counter[str]:
    """Return the numbers, persons and negations of a text."""
    return Counter(
        _TELLING.get(word, word)
        for word in words
        if word in _TELLING or any(character.isdigit() for character in word)
    )


def _least(value: float, limit: float) -> float | None:
    return value if value >= limit else None

"""What counts as a listed effect: each choice is a function of a sentence's prediction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Final

from models import TweetPrediction
from models.normalizer.canonical_words import canonical_words
from monitor.labels.effect_finder import DictionaryNames

Choice = Callable[[str, TweetPrediction], set[str]]
"""Returns the codes of the PTs that count, from a sentence and its prediction with all spans."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BORDER: Final = re.compile(r"[,;:.()*]")
_LONGEST_NAME: Final = 8  # words


class NameLookup:
    """Finds names of PTs word for word; of overlapping names, the longest.

    Args:
        names: PT code and name. A name that two PTs have is left out.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        owners: dict[tuple[str, ...], set[str]] = {}
        for ptid, name in names:
            owners.setdefault(tuple(canonical_words(name)), set()).add(ptid)
        self._ptids: Mapping[tuple[str, ...], str] = {
            words: next(iter(ptids)) for words, ptids in owners.items() if words and len(ptids) == 1
        }

    def find(self, sentence: str) -> set[str]:
        """Return the codes of the PTs whose names are in a sentence."""
        words = list(_WORD.finditer(sentence))
        ptids: set[str] = set()
        place = 0
        while place < len(words):
            place = self._longest(sentence, words, place, ptids)
        return ptids

    def _longest(self, sentence: str, words: list[re.Match[str]], place: int, ptids: set[str]) -> int:
        for count in range(min(_LONGEST_NAME, len(words) - place), 0, -1):
            text = sentence[words[place].start() : words[place + count - 1].end()]
            ptid = None if _BORDER.search(text) else self._ptids.get(tuple(canonical_words(text)))
            if ptid is not None:
                ptids.add(ptid)
                return place + count
        return place + 1


def codes(prediction: TweetPrediction, least: float) -> set[str]:
    """Return the codes of all spans whose probability is high enough."""
    return {
        mention.ptid
        for mention in prediction.mentions
        if mention.ptid is not None and (mention.pt_score or 0) >= least
    }


def named_codes(sentence: str, prediction: TweetPrediction, names: DictionaryNames) -> set[str]:
    """Return the codes of spans with a name of their PT."""
    return {
        mention.ptid
        for mention in prediction.mentions
        if mention.ptid is not None and names.has_name(sentence, mention)
    }


def choices(
    classifier: float, normalizer: float, names: Mapping[str, list[tuple[str, str]]], sure: Iterable[float]
) -> dict[str, Choice]:
    """Return all choices by their names.

    Args:
        classifier: the threshold of the bundle's Classifier.
        normalizer: the threshold of its codes.
        names: code and name of PTs, by what they are called, such as "PT names".
        sure: probabilities from which a code counts.
    """
    chosen: dict[str, Choice] = {
        "as for tweets": lambda sentence, p: codes(p, normalizer) if p.probability >= classifier else set(),
        "spans alone": lambda sentence, p: codes(p, normalizer),
    }
    for least in sure:
        chosen[f"spans, code >= {least}"] = _at_least(least)
        for title, pairs in names.items():
            chosen[f"spans, code >= {least} or {title}"] = _sure_or_named(least, DictionaryNames(pairs))
    for title, pairs in names.items():
        lookup = NameLookup(pairs)
        chosen[f"{title} alone"] = _lookup_alone(lookup)
        chosen[f"spans alone, and {title}"] = _both(normalizer, lookup)
    return chosen


def _at_least(least: float) -> Choice:
    return lambda sentence, prediction: codes(prediction, least)


def _sure_or_named(least: float, names: DictionaryNames) -> Choice:
    return lambda sentence, prediction: codes(prediction, least) | named_codes(sentence, prediction, names)


def _lookup_alone(lookup: NameLookup) -> Choice:
    return lambda sentence, prediction: lookup.find(sentence)


def _both(least: float, lookup: NameLookup) -> Choice:
    return lambda sentence, prediction: codes(prediction, least) | lookup.find(sentence)


def counts(chosen: Mapping[str, Set[str]], right: Mapping[str, Set[str]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of pairs of label and PT.

    Args:
        chosen: codes by label.
        right: the codes that people found, of the labels that count.
    """
    hits = sum(len(chosen[label] & ptids) for label, ptids in right.items())
    all_found = sum(len(chosen[label]) for label in right)
    all_right = sum(map(len, right.values()))
    precision, recall = hits / max(all_found, 1), hits / max(all_right, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)

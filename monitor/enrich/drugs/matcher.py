"""Find the drugs that a text names. The one matcher of drugs: stream, connectors and commands all use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from monitor.enrich.drugs.ambiguity import AmbiguousNames
from monitor.enrich.drugs.dictionary import Dictionary, DrugName, name_key
from monitor.enrich.drugs.misspellings import MisspellingSearch
from monitor.enrich.drugs.name_search import FoundName, NameSearch, longest, padded_words, word_spans
from monitor.findings import DrugMention, DrugNaming, DrugPlace
from monitor.records import Post

_ADDRESSES: Final = re.compile(r"https?://\S+|\bwww\.\S+|[@＠]\w+", re.IGNORECASE)
"""Names in addresses and in names of accounts are not mentions."""

_SPELLED: Final = (DrugNaming.GENERIC, DrugNaming.BRAND)
"""The kinds of names that people misspell; what is left is short, or misspelled on purpose."""


class DrugMatcher:
    """Finds drugs in texts. Safe to call from several threads at once.

    Args:
        dictionary: names of drugs.
        ambiguous: names that also mean something else, and when they are drugs.
        other_words: words that are not misspellings of a name.
    """

    def __init__(
        self, dictionary: Dictionary, ambiguous: AmbiguousNames, other_words: Iterable[str] = ()
    ) -> None:
        self._by_key = dict(chain(_plurals(dictionary), dictionary.items()))
        self._names = list(self._by_key.values())
        self._keys = list(self._by_key)
        self._search = NameSearch(self._keys)
        self._ambiguous = ambiguous
        spelled = [
            key for key, name in dictionary.items() if name.naming in (DrugNaming.GENERIC, DrugNaming.BRAND)
        ]
        self._misspellings = MisspellingSearch(spelled, {*other_words, *self._by_key})

    def drug_of(self, name: str) -> DrugName | None:
        """Return the drug that a name stands for, or None if the dictionary does not have it."""
        return self._by_key.get(name_key(name))

    def find(self, text: str) -> list[DrugMention]:
        """Return the drugs that a text names, in their order; they do not overlap."""
        words = padded_words(text)
        found = self._search.find(words)
        misspelled = list(self._misspellings.find(words))
        if not found and not misspelled:
            return []
        return list(self._mentions(text, words, found, misspelled))

    def find_in_post(self, post: Post) -> tuple[DrugMention, ...]:
        """Return the drugs that a post names, and those of the parts of its context."""
        mentions = self.find(post.text)
        for number, part in enumerate(post.context):
            place = DrugPlace(part.kind.value)
            for mention in self.find(part.text):
                mentions.append(_moved(mention, place, number))
        return tuple(mentions)

    def _mentions(
        self, text: str, words: str, found: list[FoundName], misspelled: list[tuple[int, str]]
    ) -> Iterator[DrugMention]:
        spans = word_spans(text)
        addresses = [match.span() for match in _ADDRESSES.finditer(text)]
        named: dict[int, tuple[int, DrugName]] = {}
        for match in longest(found):
            named[match.first] = match.end, self._names[match.name]
        taken = {place for first, (end, _) in named.items() for place in range(first, end)}
        for place, correct in misspelled:
            if place not in taken:
                name = self._by_key[correct]
                named[place] = place + 1, DrugName(name.name, name.drug, DrugNaming.MISSPELLING, name.atc)
        in_order = words.split()
        for first, (end, name) in sorted(named.items()):
            start, stop = spans[first][0], spans[end - 1][1]
            if any(begin <= start < finish for begin, finish in addresses):
                continue
            if self._ambiguous.means_drug(
                " ".join(in_order[first:end]), in_order, first, end, text[start:stop]
            ):
                yield DrugMention(start, stop, text[start:stop], name.drug, name.naming, name.atc)


def _plurals(dictionary: Dictionary) -> Iterator[tuple[str, DrugName]]:
    """Yield the plural of each name of one word."""
    for key, name in dictionary.items():
        if len(key) > 3 and key.isalpha() and not key.endswith("s") and name.naming is not DrugNaming.CLASS:
            yield f"{key}s", name


def _moved(mention: DrugMention, place: DrugPlace, part: int) -> DrugMention:
    return DrugMention(
        mention.start, mention.end, mention.text, mention.drug, mention.naming, mention.atc, place, part
    )

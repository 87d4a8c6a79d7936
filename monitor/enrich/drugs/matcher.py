"""Find the drugs that a text names. The one matcher of drugs: stream, connectors and commands all use it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Final

from monitor.enrich.drugs.ambiguity import AmbiguousNames
from monitor.enrich.drugs.drug_dictionary import Dictionary, DrugName, name_key
from monitor.enrich.drugs.hashtags import names_in_hashtags
from monitor.enrich.drugs.misspellings import MisspellingSearch
from monitor.enrich.drugs.name_search import (
    FoundName,
    NameSearch,
    longest,
    padded_words,
    spaced_words,
    word_spans,
)
from monitor.enrich.drugs.spellings import further_spellings
from monitor.findings import DrugMention, DrugNaming, DrugPlace
from monitor.records import Post

_ADDRESSES: Final = re.compile(r"https?://\S+|\bwww\.\S+|[@＠]\w+", re.IGNORECASE)
"""Names in addresses and in names of accounts are not mentions."""

MOST_NAMES: Final = 2_000
"""Most names that are looked at in a text, and so most mentions; a longer list of drugs is not a report."""

_Place = tuple[int, int]
"""Positions of the first word of a name, and after its last one."""
_by_place: Final = itemgetter(0)


class DrugMatcher:
    """Finds drugs in texts. Safe to call from several threads at once.

    Args:
        dictionary: names of drugs.
        ambiguous: names that also mean something else, and when they are drugs.
        misspellings: searches for misspelled names of the dictionary.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        ambiguous: AmbiguousNames,
        misspellings: Sequence[MisspellingSearch] = (),
    ) -> None:
        self._by_key = dict(further_spellings(dictionary, ambiguous)) | dict(dictionary)
        self._names = list(self._by_key.values())
        self._search = NameSearch(list(self._by_key))
        self._ambiguous = ambiguous
        self._clear = {key for key in self._by_key if key not in ambiguous}
        self._misspellings = tuple(misspellings)

    @cached_property
    def drugs(self) -> Mapping[str, str | None]:
        """The canonical names of all drugs and classes of the dictionary, each with its ATC code or None."""
        return {name.drug: name.atc for name in self._names}

    @property
    def names(self) -> Collection[str]:
        """All names of the dictionary, as `name_key` returns them."""
        return self._by_key.keys()

    def drug_of(self, name: str) -> DrugName | None:
        """Return the drug that a name stands for, or None if the dictionary does not have it."""
        return self._by_key.get(name_key(name))

    def find(self, text: str) -> list[DrugMention]:
        """Return the drugs that a text names, in their order; they do not overlap.

        Of more than `MOST_NAMES` names, the first ones count. The time is linear in the length of the text.
        """
        spaced = spaced_words(text)
        words = padded_words(spaced)
        matches = self._search.find(words)
        misspelled = [pair for search in self._misspellings for pair in search.find(words)]
        mentions = self._in_words(text, spaced, matches, misspelled) if matches or misspelled else []
        if "#" in text or "＃" in text:
            mentions = self._with_hashtags(text, mentions)[:MOST_NAMES]
        return mentions

    def find_in_post(self, post: Post) -> tuple[DrugMention, ...]:
        """Return the drugs that a post names, and those of the parts of its context."""
        mentions = self.find(post.text)
        for number, part in enumerate(post.context):
            place = DrugPlace(part.kind.value)
            mentions += [replace(mention, place=place, part=number) for mention in self.find(part.text)]
        return tuple(mentions)

    def _in_words(
        self, text: str, spaced: str, matches: list[FoundName], misspelled: list[tuple[int, str]]
    ) -> list[DrugMention]:
        """Return the mentions that are whole words."""
        spans = word_spans(spaced)
        places = self._named(matches, misspelled)
        if "@" in text or "＠" in text or "://" in text or "www." in text.lower():
            addresses = _Spans([match.span() for match in _ADDRESSES.finditer(text)])
            places = {place: name for place, name in places.items() if not addresses.have(spans[place[0]][0])}
        named = dict(sorted(places.items(), key=_by_place)[:MOST_NAMES])
        in_order = spaced.split()
        keys = {(first, end): " ".join(in_order[first:end]) for first, end in named}
        ambiguous = self._ambiguous
        clear = {name.drug for place, name in named.items() if keys[place] not in ambiguous}
        mentions = []
        for (first, end), name in named.items():
            other = not clear <= {name.drug}
            if ambiguous.means_drug(keys[first, end], in_order, first, end, names_other_drug=other):
                mentions.append(_mention(text, spans[first][0], spans[end - 1][1], name))
        return mentions

    def _named(self, matches: list[FoundName], misspelled: list[tuple[int, str]]) -> dict[_Place, DrugName]:
        """Return the names by their places. A misspelled name yields to a name of the dictionary."""
        named = {(match.first, match.end): self._names[match.name] for match in longest(matches)}
        taken = {place for first, end in named for place in range(first, end)}
        for place, correct in misspelled:
            if place not in taken:
                named[place, place + 1] = replace(self._by_key[correct], naming=DrugNaming.MISSPELLING)
        return named

    def _with_hashtags(self, text: str, mentions: list[DrugMention]) -> list[DrugMention]:
        """Return the mentions, and those that are a part of a hashtag."""
        known = _Spans([(mention.start, mention.end) for mention in mentions])
        inside = [
            _mention(text, tagged.start, tagged.end, self._by_key[tagged.name])
            for tagged in names_in_hashtags(text, self._clear)
            if not known.meet(tagged.start, tagged.end)
        ]
        return sorted([*mentions, *inside], key=lambda mention: mention.start) if inside else mentions


def _mention(text: str, start: int, end: int, name: DrugName) -> DrugMention:
    return DrugMention(start, end, text[start:end], name.drug, name.naming, name.atc)


class _Spans:
    """Spans of a text, in code points.

    Args:
        spans: in their order; they do not overlap.
    """

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = spans
        self._ends = [end for _, end in spans]

    def have(self, position: int) -> bool:
        """Return True if a position is in one of them."""
        return self.meet(position, position + 1)

    def meet(self, start: int, end: int) -> bool:
        """Return True if one of them overlaps another span."""
        following = bisect_right(self._ends, start)
        return following < len(self._spans) and self._spans[following][0] < end

"""Whether a post names a drug of the drug list, by a name of the list or by another name of the same drug."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.enrich.drugs import (
    DrugChoice,
    DrugMatcher,
    NameSearch,
    choose_drug,
    name_key,
    padded_words,
    spaced_words,
)
from monitor.enrich.drugs.errors import UnknownDrugError
from monitor.records import ComplianceEvent, Post


class DrugFilter:
    """Finds the drugs of a list in texts.

    The names of the list are found as whole words, by the rules of `monitor.word_search`, whatever they mean.
    The matcher knows more names of the same drugs: brands, slang, misspellings. Where these are ambiguous,
    the words around them decide.

    Args:
        names: the names of the drug list. It may name drugs and words that the matcher does not know.
        matcher: knows the other names; None for the names of the list alone.
    """

    def __init__(self, names: Iterable[str], matcher: DrugMatcher | None = None) -> None:
        names = list(names)
        self._search = NameSearch(list({name_key(name) for name in names}))
        self._matcher = matcher
        self._choices = [] if matcher is None else list(_known(matcher, names))

    def names_a_drug(self, text: str) -> bool:
        """Return True if the text names a drug of the list."""
        if self._search.find(padded_words(spaced_words(text))):
            return True
        if self._matcher is None or not self._choices:
            return False
        return any(
            choice.includes(mention.drug, mention.atc)
            for mention in self._matcher.find(text)
            for choice in self._choices
        )

    def passes(self, item: Post | ComplianceEvent) -> bool:
        """Return True for what has to go to the topic.

        Deletions and other compliance events always pass. So do edited posts: the version before may have
        named a drug, and its text must not stay. Other posts pass if they, or the text that they answer or
        quote, name a drug.
        """
        if isinstance(item, ComplianceEvent) or item.edited_at is not None:
            return True
        return self.names_a_drug(item.text) or any(self.names_a_drug(part.text) for part in item.context)


def _known(matcher: DrugMatcher, names: Iterable[str]) -> set[DrugChoice]:
    """Return the drugs of the names that the matcher knows."""
    choices = set()
    for name in names:
        try:
            choices.add(choose_drug(matcher, name))
        except UnknownDrugError:
            continue
    return choices

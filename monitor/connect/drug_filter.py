"""Whether a post names a drug: a search for whole words that does not slow down with the number of names."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.records import ComplianceEvent, Post
from monitor.word_search import words_of


class DrugFilter:
    """Finds names of drugs in texts, by the rules of `monitor.word_search`.

    Every word of a text is looked up once, however many names there are. Names of several words are found by
    their first word.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._single: set[str] = set()
        self._rest_by_first: dict[str, list[list[str]]] = {}
        for name in names:
            first, *rest = words_of(name)
            if rest:
                self._rest_by_first.setdefault(first, []).append(rest)
            else:
                self._single.add(first)

    def names_a_drug(self, text: str) -> bool:
        """Return True if the text contains one of the names."""
        words = words_of(text)
        if not self._single.isdisjoint(words):
            return True
        for position, word in enumerate(words):
            for rest in self._rest_by_first.get(word, ()):
                if words[position + 1 : position + 1 + len(rest)] == rest:
                    return True
        return False

    def passes(self, item: Post | ComplianceEvent) -> bool:
        """Return True for what has to go to the topic.

        Deletions and other compliance events always pass. So do edited posts: the version before may have
        named a drug, and its text must not stay. Other posts pass if they, or the text that they answer or
        quote, name a drug.
        """
        if isinstance(item, ComplianceEvent) or item.edited_at is not None:
            return True
        return self.names_a_drug(item.text) or any(self.names_a_drug(part.text) for part in item.context)

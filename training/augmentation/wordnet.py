"""Synonyms of WordNet (Miller 1995)."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, cached_property
from typing import Any, Final

from training.augmentation.inflection import Form, inflected
from training.errors import RunError

# The parts of speech, each with the forms that it has beside its base; the first is that of irregular forms.
_FORMS: Final[dict[str, tuple[Form, ...]]] = {
    "n": ("plural",),
    "v": ("past", "participle", "third person"),
    "a": (),
    "r": (),
}


class WordNet:
    """Gives synonyms in the senses that a word is used in most; a `Synonyms`.

    Args:
        reader: nltk's `WordNetCorpusReader`, see `open_wordnet`.
        place: where its files lie, for messages.
    """

    def __init__(self, reader: Any, place: str) -> None:
        self._reader = reader
        self._place = place
        self.of = cache(self._of)
        """Gives the synonyms of a word in lower case, in its own inflection; a RunError where the files are
        broken."""

    def _of(self, word: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for part, base, sense in self._usual_senses(word):
            for name in sense.lemma_names():
                # Upper case marks proper names and acronyms; an underline, several words.
                if name != base and name.isalpha() and name.islower():
                    formed = self._formed_as(word, base, name, part)
                    if formed is not None and formed != word:
                        found[formed] = None
        return tuple(found)

    def _usual_senses(self, word: str) -> list[tuple[str, str, Any]]:
        """Give (part of speech, base form, synset) of the senses used at least half as often as the first.

        How often is counted in WordNet's own tagged texts; a word that is not in those has its first sense.
        """
        senses = []
        try:
            for part in _FORMS:
                for base in self._reader._morphy(word, part):
                    for synset in self._reader.synsets(base, part, check_exceptions=False):
                        uses = [lemma.count() for lemma in synset.lemmas() if lemma.name().lower() == base]
                        if uses:
                            senses.append((max(uses), part, base, synset))
        except Exception as error:
            # nltk meets a broken file with whatever its parser stumbles over.
            raise RunError(
                f"the WordNet in {self._place} cannot be read at {word!r} ({type(error).__name__}: {error}): "
                "its files are damaged, or of several versions; install it anew"
            ) from None
        most = max((uses for uses, *_ in senses), default=0)
        usual = [(part, base, synset) for uses, part, base, synset in senses if uses * 2 >= most]
        return usual if most else usual[:1]

    def _formed_as(self, word: str, base: str, synonym: str, part: str) -> str | None:
        if word == base:
            return synonym
        irregular, of_synonym = self._irregular[part, base], self._irregular[part, synonym]
        for form in _FORMS[part]:
            if inflected(base, form, irregular) == word:
                return inflected(synonym, form, of_synonym)
        if word in irregular and _FORMS[part]:
            # "felt" is to "feel" as "sensed" is to "sense".
            return inflected(synonym, _FORMS[part][0], of_synonym)
        return None

    @cached_property
    def _irregular(self) -> defaultdict[tuple[str, str], list[str]]:
        forms: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for part in _FORMS:
            for form, bases in self._reader._exception_map[part].items():
                for base in bases:
                    forms[part, base].append(form)
        return forms

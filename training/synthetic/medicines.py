"""The medicines of the tweets: their names, what they are taken for, and others of the same kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from training.wordlists import read_wordlist

_NOT_A_LETTER = re.compile(r"[\W_]+")
_VOWEL = re.compile(r"[aeio]", re.IGNORECASE)
_ARTICLE = re.compile(r"(?<![\w'])(an?) $", re.IGNORECASE)
_DETERMINER = re.compile(r"(?<![\w'])(my|this|that|the|a|an|his|her|their|your|some|these) $", re.IGNORECASE)
_OWN_ARTICLE = re.compile(r"^(the|my|these|this) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine.

    Attributes:
        name: in lower case.
        kind: the section of `data/drugs.ini`; medicines of one kind can replace each other in a tweet.
        conditions: what it is taken for, in lay words.
        desired: names of the PTs that are its desired effect, and so never an adverse one.
        treats: names of the PTs that it is taken against.
    """

    name: str
    kind: str
    conditions: tuple[str, ...]
    desired: frozenset[str] = frozenset()
    treats: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MedicineIndex:
    """All medicines, by name and by kind."""

    medicines: Sequence[Medicine]

    @cached_property
    def _by_name(self) -> Mapping[str, Medicine]:
        return {_letters_of(medicine.name): medicine for medicine in self.medicines}

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Medicine]]:
        kinds: dict[str, list[Medicine]] = {}
        for medicine in self.medicines:
            kinds.setdefault(medicine.kind, []).append(medicine)
        return kinds

    def find(self, written: str) -> Medicine | None:
        """Return the medicine with a name as somebody wrote it (`#Zoloft`), or None if it is unknown."""
        return self._by_name.get(_letters_of(written))

    def draw_same_kind(self, medicine: Medicine, rng: Random) -> Medicine:
        """Draw a medicine of the same kind; it may be the same one."""
        return rng.choice(self._by_kind[medicine.kind])


def read_medicines() -> list[Medicine]:
    """Read `data/drugs.ini`."""
    return [
        Medicine(
            name,
            kind,
            lists["conditions"],
            frozenset(lists.get("desired", ())),
            frozenset(lists.get("treats", ())),
        )
        for kind, lists in read_wordlist(__package__, "drugs").items()
        for name in lists["names"]
    ]


def match_style(name: str, model: str) -> str:
    """Write a name with the hashtag and capitals of another: `#Zoloft` makes `#Lexapro`."""
    if model.startswith("#"):
        return "#" + match_style(_NOT_A_LETTER.sub("", name), model[1:])
    if len(model) > 1 and model.isupper():
        return name.upper()
    return name[:1].upper() + name[1:] if model[:1].isupper() else name


def fit_name(before: str, name: str) -> tuple[str, str]:
    """Fit a name and the text before it to each other: no "my the pill", and "an" before a vowel."""
    if _DETERMINER.search(before):
        name = _OWN_ARTICLE.sub("", name)
    if (article := _ARTICLE.search(before)) and name.strip("#"):
        n = "n" if _VOWEL.match(name.strip("#")) else ""
        before = before[: article.start(1)] + article[1][0] + n + " "
    return before, name


def _letters_of(name: str) -> str:
    return _NOT_A_LETTER.sub("", name.lower())

"""The medicines of the tweets: their names, what they are taken for, and others of the same kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from training.synthetic.wordlists import Wordlist, read_wordlist

_NO_LETTER = re.compile(r"[\W_]+")
_VOWEL = re.compile(r"[aeio]", re.IGNORECASE)
_ARTICLE = re.compile(r"(?<![\w'])(an?) $", re.IGNORECASE)
_DETERMINER = re.compile(r"(?<![\w'])(my|this|that|the|a|an|his|her|their|your|some|these) $", re.IGNORECASE)
_OWN_ARTICLE = re.compile(r"^(the|my|these|this) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine's name and its kind.

    Attributes:
        name: in lower case.
        kind: the section of `data/drugs.ini`; medicines of one kind can stand for each other.
        conditions: what it is taken for, in people's words.
        desired: names of the PTs that are its wanted effect: never made into an adverse one.
        treats: names of the PTs that it is taken against.
    """

    name: str
    kind: str
    conditions: tuple[str, ...]
    desired: frozenset[str] = frozenset()
    treats: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pharmacy:
    """All medicines, to be found by name and by kind."""

    medicines: Sequence[Medicine]

    @cached_property
    def _by_name(self) -> Mapping[str, Medicine]:
        return {_plain(medicine.name): medicine for medicine in self.medicines}

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Medicine]]:
        kinds: dict[str, list[Medicine]] = {}
        for medicine in self.medicines:
            kinds.setdefault(medicine.kind, []).append(medicine)
        return kinds

    def named(self, written: str) -> Medicine | None:
        """Find a medicine by its name as somebody wrote it: `#Zoloft`; None where it is not known."""
        return self._by_name.get(_plain(written))

    def another(self, medicine: Medicine, rng: Random) -> Medicine:
        """Draw a medicine of the same kind."""
        return rng.choice(self._by_kind[medicine.kind])


def read_medicines() -> list[Medicine]:
    """Read `data/drugs.ini`."""
    words: Wordlist = read_wordlist("drugs")
    return [
        Medicine(
            name,
            kind,
            entry["conditions"],
            frozenset(entry.get("desired", ())),
            frozenset(entry.get("treats", ())),
        )
        for kind, entry in words.items()
        for name in entry["names"]
    ]


def written_like(name: str, model: str) -> str:
    """Write a name with the hashtag and the capitals of another: `#Zoloft` makes `#Lexapro`."""
    if model.startswith("#"):
        return "#" + written_like(_NO_LETTER.sub("", name), model[1:])
    if len(model) > 1 and model.isupper():
        return name.upper()
    return name[:1].upper() + name[1:] if model[:1].isupper() else name


def fitted(before: str, name: str) -> tuple[str, str]:
    """Fit a name to the text before it: no "my the pill", and "an" before a vowel."""
    if _DETERMINER.search(before):
        name = _OWN_ARTICLE.sub("", name)
    if (article := _ARTICLE.search(before)) and name.strip("#"):
        n = "n" if _VOWEL.match(name.strip("#")) else ""
        before = before[: article.start(1)] + article[1][0] + n + " "
    return before, name


def _plain(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())

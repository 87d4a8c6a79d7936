"""The words of the sentences: effects in their forms, medicines by kind, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from training.wordlists import read_wordlist

FORMS: Final = ("noun", "bare", "make", "adj", "past", "clause")
"""The forms of an effect; `data/effects.ini` explains them."""

# The three pronouns of a person, by the key of the list: they, them, their.
_PRONOUNS: Final = {"she": ("she", "her", "her"), "he": ("he", "him", "his")}


@dataclass(frozen=True, slots=True)
class EffectWords:
    """An effect of `data/effects.ini`: its Preferred Terms, and the phrases for it by form."""

    names: tuple[str, ...]
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class MedicineKind:
    """A kind of `data/medicines.ini`.

    Attributes:
        drugs: names of medicines.
        conditions: what they are taken for.
        treats: effects that they are taken for, so that these are illnesses here.
        side_effects: effects that only they can have caused.
    """

    drugs: tuple[str, ...]
    conditions: tuple[str, ...]
    treats: tuple[EffectWords, ...]
    side_effects: tuple[EffectWords, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the writer knows: "my sister", she, her, her."""

    name: str
    they: str
    them: str
    their: str


def read_list(file: str, section: str, key: str = "list") -> tuple[str, ...]:
    """Read one list of `data/<file>.ini`; it is empty if there is no such section or key."""
    return read_wordlist(__package__, file).get(section, {}).get(key, ())


@cache
def read_effects() -> Mapping[str, EffectWords]:
    """Read all effects, by their key."""
    return {
        key: EffectWords(lists["names"], {form: lists[form] for form in FORMS if form in lists})
        for key, lists in read_wordlist(__package__, "effects").items()
    }


@cache
def read_medicine_kinds() -> tuple[MedicineKind, ...]:
    """Read all kinds of medicines.

    Raises:
        KeyError: a kind treats an effect that is not in `data/effects.ini`.
    """
    kinds = []
    effects = read_effects()
    for lists in read_wordlist(__package__, "medicines").values():
        excluded = {*lists["treats"], *lists["never"]}
        unknown = excluded - set(effects)
        if unknown:
            raise KeyError(f"medicines.ini names {sorted(unknown)}, which effects.ini does not have")
        kinds.append(
            MedicineKind(
                lists["drugs"],
                lists["conditions"],
                tuple(effects[key] for key in lists["treats"]),
                tuple(effect for key, effect in effects.items() if key not in excluded),
            )
        )
    return tuple(kinds)


@cache
def read_people() -> tuple[Person, ...]:
    """Read all people."""
    return tuple(
        Person(name, *_PRONOUNS[pronoun])
        for pronoun in _PRONOUNS
        for name in read_list("people", "people", pronoun)
    )

"""The words of the sentences: effects in their forms, medicines by kind, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from training.checklist.wordlists import read_lists

FORMS: Final = ("noun", "bare", "make", "adj", "past", "clause")
"""The forms of an effect, explained in `data/effects.ini`."""

# of whom the section's people are spoken: they, them, their
_PRONOUNS: Final = {"she": ("she", "her", "her"), "he": ("he", "him", "his")}


@dataclass(frozen=True, slots=True)
class Complaint:
    """An effect of `data/effects.ini`: its Preferred Terms, and for each form how it may be put."""

    names: tuple[str, ...]
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Medicines:
    """A kind of `data/medicines.ini`.

    Attributes:
        drugs: names of medicines.
        conditions: what they are taken for.
        treats: complaints that they are taken for.
        side_effects: complaints that are effects of them and nothing else.
    """

    drugs: tuple[str, ...]
    conditions: tuple[str, ...]
    treats: tuple[Complaint, ...]
    side_effects: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the writer knows: "my sister", she, her, her."""

    name: str
    they: str
    them: str
    their: str


@cache
def complaints() -> Mapping[str, Complaint]:
    """Read all effects, by their key."""
    return {
        key: Complaint(lists["names"], {form: lists[form] for form in FORMS if form in lists})
        for key, lists in read_lists("effects").items()
        if lists
    }


@cache
def medicines() -> tuple[Medicines, ...]:
    """Read all kinds of medicines.

    Raises:
        KeyError: one is said to treat an effect that is not in `data/effects.ini`.
    """
    kinds = []
    for lists in read_lists("medicines").values():
        if lists:
            excluded = {*lists["treats"], *lists["never"]}
            unknown = excluded - set(complaints())
            if unknown:
                raise KeyError(f"medicines.ini names {sorted(unknown)}, which effects.ini does not have")
            kinds.append(
                Medicines(
                    lists["drugs"],
                    lists["conditions"],
                    tuple(complaints()[key] for key in lists["treats"]),
                    tuple(one for key, one in complaints().items() if key not in excluded),
                )
            )
    return tuple(kinds)


@cache
def people() -> tuple[Person, ...]:
    """Read all people."""
    lists = read_lists("people")["people"]
    return tuple(Person(name, *_PRONOUNS[pronoun]) for pronoun in _PRONOUNS for name in lists[pronoun])

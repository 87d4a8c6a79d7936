"""Putting a word into the form of another: plural, -s, -ed and -ing, as far as English is regular."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

Form = Literal["plural", "third person", "past", "participle"]

_ENDING: Final[dict[Form, str]] = {"plural": "s", "third person": "s", "past": "ed", "participle": "ing"}
_VOWELS: Final = "aeiou"
_HISSES: Final = ("s", "x", "z", "ch", "sh")


def inflected(base: str, form: Form, irregular: Sequence[str] = ()) -> str | None:
    """Form a word's plural, third person (-s), past (-ed) or participle (-ing).

    Args:
        base: the word, in lower case.
        form: which form.
        irregular: forms of the word that the rules do not give, as WordNet's lists of exceptions have them:
            "stopped" and "stopping" for "stop", "felt" for "feel".

    Returns:
        The form; None where it is irregular and does not have the regular ending ("felt", "women").
    """
    for known in irregular:
        if known.endswith(_ENDING[form]):
            return known
    if form == "plural" and irregular:
        return None
    if form == "past" and any(not known.endswith(("ing", "s")) for known in irregular):
        return None
    return _regular(base, _ENDING[form])


def _regular(base: str, ending: str) -> str:
    if base.endswith("y") and ending != "ing" and base[-2:-1] not in _VOWELS:
        return base[:-1] + ("ies" if ending == "s" else "ied")
    if ending == "s":
        return base + ("es" if base.endswith(_HISSES) else "s")
    if ending == "ed":
        return base + ("d" if base.endswith("e") else "ed")
    if base.endswith("ie"):
        return base[:-2] + "ying"
    silent = base.endswith("e") and not base.endswith(("ee", "oe", "ye"))
    return (base[:-1] if silent else base) + "ing"

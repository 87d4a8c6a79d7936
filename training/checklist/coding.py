"""Cases of the Normalizer: plain reports whose effect must get one of its Preferred Terms."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from training.checklist.cases import Draft
from training.checklist.filling import fillings
from training.checklist.vocabulary import FORMS, complaints
from training.checklist.wordlists import read_list


def coded(random: Random) -> Iterator[Draft]:
    """Make an MFT case of each effect in each of its forms, with the templates that need that form."""
    for template in read_list("coding", "ADE", "templates"):
        [form] = (form for form in FORMS if f"{{{form}}}" in template)
        left = {one.names for one in complaints().values() if form in one.forms}
        for sentence in fillings(template, random, reports=True):
            [effect] = sentence.effects
            if effect.names in left:
                left.remove(effect.names)
                yield Draft("MFT", sentence)
            if not left:
                break

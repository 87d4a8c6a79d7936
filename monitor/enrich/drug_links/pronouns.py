"""The drug that "it" or "this med" means: "started lexapro, still on adderall. It makes me sleepy"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from monitor.enrich.drug_links.drug_leads import Lead
from monitor.enrich.drug_links.masked_text import FIRST_DRUG, FIRST_EFFECT, MaskedText

PRONOUN_WEIGHT: Final = 18.0
"""Points for the drug that the pronoun means; see `LinkRule.weight`."""

_PRONOUN: Final = re.compile(
    r" (?:it|it's|its|they|they're|Fthese|Fthose|which|F(?:this|that) (?:stuff|med|meds|medicine|medication|"
    r"drug|Fpill|crap|one|shit|thing)) (?:[^ .]+ ){0,3}?V\S+ (?:[^ .]+ ){0,6}$"
)
_IN_BACKGROUND: Final = frozenset(
    {Lead.COMPANION, Lead.COMPARED, Lead.STOPPED, Lead.SWITCHED_FROM, Lead.PRAISED}
)
_READ: Final = 120
"""Characters between drug and effect in which the pronoun is looked for."""


def drug_of_pronoun(masked: MaskedText, leads: Sequence[Lead], effect: int) -> int | None:
    """Return the drug that a pronoun before an effect means, or None if no pronoun is its subject.

    It is the last drug before it that is not in the background of the story: another drug that was taken
    along with it, that was given up, or that it is compared with.

    Args:
        masked: the post.
        leads: the leads of its drugs.
        effect: index of the effect.
    """
    place = masked.places[chr(FIRST_EFFECT + effect)]
    before = [drug for drug in range(len(leads)) if masked.places[chr(FIRST_DRUG + drug)] < place]
    if not before:
        return None
    after_drug = masked.places[chr(FIRST_DRUG + before[-1])] + 1
    if place - after_drug > _READ or not _PRONOUN.search(masked.text[after_drug:place]):
        return None
    in_front = [drug for drug in before[-3:] if leads[drug] not in _IN_BACKGROUND]
    return in_front[-1] if in_front else before[-1]

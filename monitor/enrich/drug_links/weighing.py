"""What the rules say about each pair of a drug and an effect of a post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from re import Match
from typing import Final

from monitor.enrich.drug_links.drug_leads import Lead, lead_of
from monitor.enrich.drug_links.link_rules import LEAD_WEIGHTS, RULES, LinkRule
from monitor.enrich.drug_links.link_scores import PRONOUN
from monitor.enrich.drug_links.masked_text import FIRST_DRUG, FIRST_EFFECT, MaskedText
from monitor.enrich.drug_links.pronouns import PRONOUN_WEIGHT, drug_of_pronoun

_RULES_OF_LEAD: Final = {
    lead: tuple(
        rule for rule in RULES if rule.starts_with_drug and (rule.leads is None or lead in rule.leads)
    )
    for lead in Lead
}
_IN_LIST: Final = (["or"], ["and"], ["&"], ["/"], ["+"])
_RULES_OF_EFFECT: Final = tuple(rule for rule in RULES if not rule.starts_with_drug)


@dataclass(slots=True)
class Weights:
    """The strongest rules for and against each pair, by the indexes of drug and effect in the masked text.

    Attributes:
        for_pair: weight and name of the rule, and the drugs of the list that it matched.
        against_pair: weight, below zero.
        of_drug: weight of the drug for every effect; below zero if a rule speaks against it.
    """

    for_pair: dict[tuple[int, int], tuple[float, str, frozenset[int]]] = field(default_factory=dict)
    against_pair: dict[tuple[int, int], float] = field(default_factory=dict)
    of_drug: dict[int, float] = field(default_factory=dict)

    def add(self, rule: str, weight: float, drugs: Sequence[int], effects: Sequence[int]) -> None:
        """Add what a rule says about each of the pairs."""
        for drug in drugs:
            for effect in effects:
                pair = drug, effect
                if weight < 0:
                    self.against_pair[pair] = min(weight, self.against_pair.get(pair, 0.0))
                elif pair not in self.for_pair or weight > self.for_pair[pair][0]:
                    self.for_pair[pair] = weight, rule, frozenset(drugs)

    def add_to_drugs(self, weight: float, drugs: Sequence[int]) -> None:
        """Add what a rule says about drugs as the cause of any effect."""
        for drug in drugs:
            self.of_drug[drug] = min(weight, self.of_drug.get(drug, weight))

    def against(self, drug: int, effect: int) -> float:
        """Return the weight against a pair, zero or below."""
        return min(self.against_pair.get((drug, effect), 0.0), self.of_drug.get(drug, 0.0))


def weigh(masked: MaskedText) -> Weights:
    """Return what all rules say about a post."""
    weights = Weights()
    leads = _leads(masked)
    for drug, lead in enumerate(leads):
        if lead in LEAD_WEIGHTS:
            weights.add_to_drugs(LEAD_WEIGHTS[lead], [drug])
    for rule, match in _matches(masked, leads):
        drugs = _indexes(match["drugs"], FIRST_DRUG)
        if "effects" in rule.pattern.groupindex:
            weights.add(rule.name, rule.weight, drugs, _indexes(match["effects"], FIRST_EFFECT))
        else:
            weights.add_to_drugs(rule.weight, drugs)
    for effect in range(len(masked.effects)):
        pronoun_drug = drug_of_pronoun(masked, leads, effect)
        if pronoun_drug is not None:
            weights.add(PRONOUN, PRONOUN_WEIGHT, [pronoun_drug], [effect])
    return weights


def _leads(masked: MaskedText) -> list[Lead]:
    """Return the lead of each drug; in a list such as "than A or B", all have that of the first."""
    leads: list[Lead] = []
    for drug in range(len(masked.drugs)):
        words = masked.words_before(masked.places[chr(FIRST_DRUG + drug)])
        leads.append(leads[-1] if leads and words in _IN_LIST else lead_of(words))
    return leads


def _matches(masked: MaskedText, leads: Sequence[Lead]) -> Iterator[tuple[LinkRule, Match[str]]]:
    """Yield what the rules match at each drug and at each effect."""
    for drug, lead in enumerate(leads):
        place = masked.places[chr(FIRST_DRUG + drug)]
        for rule in _RULES_OF_LEAD[lead]:
            if match := rule.pattern.match(masked.text, place):
                yield rule, match
    for effect in range(len(masked.effects)):
        place = masked.places[chr(FIRST_EFFECT + effect)]
        for rule in _RULES_OF_EFFECT:
            match = rule.pattern.match(masked.text, place)
            if match and (rule.leads is None or leads[ord(match["drugs"][0]) - FIRST_DRUG] in rule.leads):
                yield rule, match


def _indexes(text: str, first: int) -> list[int]:
    return [ord(char) - first for char in text if first <= ord(char) < first + 0x1000]

"""The choice of a drug for each effect of a post.

Each drug gets a sum for each effect: the weight of the strongest rule that speaks for it and of the strongest
one that speaks against it, minus the distance in words. The largest sum wins. A drug that treats the effect,
or that the author excludes, is not the cause unless a rule speaks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from models import Mention
from monitor.enrich.drug_links.context_drugs import link_to_context
from monitor.enrich.drug_links.link_scores import (
    DOUBTED,
    DOUBTED_FROM,
    NEAREST,
    ONLY_DRUG,
    SAME_CLAUSE,
    SAME_SENTENCE,
    SCORES,
    SEVERAL,
)
from monitor.enrich.drug_links.masked_text import DRUG, FIRST_DRUG, FIRST_EFFECT, MOST, MaskedText, mask_text
from monitor.enrich.drug_links.remedies import is_remedy
from monitor.enrich.drug_links.weighing import Weights, weigh
from monitor.findings import DrugLink, DrugMention, DrugNaming, DrugPlace, Span
from monitor.records import Post

EXCLUDED_FROM: Final = -24
"""A drug with this weight against it, and none for it, is not the cause."""

CLOSE: Final = 8.0
"""If the sums of two drugs of a list differ by less, in words, the link is one of several."""

NEIGHBOURS: Final = 12
"""Drugs before and after an effect that are candidates."""

AFTER: Final = 1.5
TRAILING: Final = 8.0
CLASS: Final = 14.0
CLASS_OF_ANOTHER: Final = 60.0
REMEDY: Final = 8.0
"""Words of distance that are added: for a drug that comes after the effect, for one of the hashtags that end
a post, for a class if the post names a concrete drug, for one that only says more generally what another name
says, and for a usual remedy."""

_APPOSITION: Final = re.compile(
    rf"{DRUG} (?:(?:drugs?|meds?|agent|inhibitor|antagonist|called|named|like|such|as|Fthe|[,(:]) ){{0,3}}"
    rf"(?P<drug>{DRUG})"
)

LONGEST_READ: Final = 20_000
"""Characters of a post whose effects are linked to its drugs."""


class Choice(NamedTuple):
    """A drug of the post, the rule that chose it, and its score."""

    drug: DrugMention
    rule: str
    score: float


class _Candidate(NamedTuple):
    total: float
    drug: int
    rule: str
    is_doubted: bool
    list_of: frozenset[int]


def link_drugs(post: Post, drugs: Sequence[DrugMention], mentions: Sequence[Mention]) -> dict[Span, DrugLink]:
    """Return the drug that caused each effect of a post, by the span of the effect.

    A drug of the post comes first. If there is none, or if all of them are excluded, it is the drug of the
    post's context: of the title or the place, else of the quoted post, else of the answered one.

    If the post names a drug, only the first `MOST` effects in its first `LONGEST_READ` characters are linked.

    Args:
        post: the post.
        drugs: the drugs that the post and its context name, in any order.
        mentions: the effects that the post mentions, in any order; spans outside the text have no drug.

    Returns:
        a link for each span that has a drug. Its score is about the share of right links that its rule makes.
    """
    if not drugs:
        return {}
    length = len(post.text)
    spans = sorted({(mention.start, mention.end) for mention in mentions})
    spans = [span for span in spans if 0 <= span[0] < span[1] <= length]
    in_post = [drug for drug in drugs if drug.place is DrugPlace.POST]
    if in_post:
        spans = [span for span in spans if span[1] <= LONGEST_READ][:MOST]
    choices = choose_drugs(post.text[:LONGEST_READ], in_post, spans)
    context = link_to_context(drugs)
    links: dict[Span, DrugLink] = {}
    for span in spans:
        if choice := choices.get(span):
            links[span] = DrugLink(choice.drug, choice.score)
        elif context is not None:
            links[span] = context
    return links


def choose_drugs(text: str, drugs: Sequence[DrugMention], effects: Sequence[Span]) -> dict[Span, Choice]:
    """Return the drug of each effect, and the rule that chose it; without a drug, no entry."""
    if not drugs or not effects:
        return {}
    masked = mask_text(text, drugs, effects)
    weights = weigh(masked)
    extra = _extra_distances(masked)
    choices: dict[Span, Choice] = {}
    for index, span in enumerate(masked.effects):
        candidates = sorted(
            _candidates(masked, weights, extra, index, text[span[0] : span[1]]),
            key=lambda candidate: -candidate.total,
        )
        if candidates:
            choices[span] = _choice(masked, candidates)
    return choices


def _extra_distances(masked: MaskedText) -> list[float]:
    """Return the words that are added to the distance of each drug, from whatever effect."""
    start_of_trailing = _start_of_trailing(masked.text)
    has_concrete = any(drug.naming is not DrugNaming.CLASS for drug in masked.drugs)
    extra = []
    for index, drug in enumerate(masked.drugs):
        words = TRAILING if masked.places[chr(FIRST_DRUG + index)] > start_of_trailing else 0.0
        if drug.naming is DrugNaming.CLASS and has_concrete:
            words += CLASS_OF_ANOTHER if _says_more_generally(masked, index) else CLASS
        extra.append(words)
    return extra


def _start_of_trailing(masked: str) -> int:
    """Return where the hashtags begin that end a masked text; its length if it does not end with one."""
    words = masked.split()
    start = len(masked)
    while len(words) > 1 and words[-2] in ("#", "F#"):
        start -= len(words.pop()) + 1
        start -= len(words.pop()) + 1
    return start


def _says_more_generally(masked: MaskedText, index: int) -> bool:
    """Return True if a class says more generally what a concrete drug says, or is part of an effect's name.

    Such a drug belongs to the class, or follows it at once ("the antiviral drug nevirapine").
    """
    drug = masked.drugs[index]
    place = masked.places[chr(FIRST_DRUG + index)]
    following = _APPOSITION.match(masked.text, place)
    if following and masked.drugs[ord(following["drug"]) - FIRST_DRUG].naming is not DrugNaming.CLASS:
        return True
    if any(start <= drug.start < end for start, end in masked.effects):
        return True
    return drug.atc is not None and any(
        other.naming is not DrugNaming.CLASS and (other.atc or "").startswith(drug.atc)
        for other in masked.drugs
    )


def _candidates(
    masked: MaskedText, weights: Weights, extra: Sequence[float], effect: int, words: str
) -> Iterator[_Candidate]:
    effect_distance = masked.distances[chr(FIRST_EFFECT + effect)]
    for drug in _nearest(masked, effect):
        distance = masked.distances[chr(FIRST_DRUG + drug)] - effect_distance
        cost = abs(distance) + (AFTER if distance > 0 else 0.0) + extra[drug]
        weight, rule, list_of = weights.for_pair.get((drug, effect), (0.0, "", frozenset[int]()))
        against = weights.against(drug, effect)
        if against <= EXCLUDED_FROM and not weight:
            continue
        if is_remedy(masked.drugs[drug], words):
            cost += REMEDY
        bonus = max(0.0, weights.of_drug.get(drug, 0.0))
        yield _Candidate(
            weight + bonus + against - cost, drug, rule or _nearness(cost), against <= DOUBTED_FROM, list_of
        )


def _nearest(masked: MaskedText, effect: int) -> range:
    place = masked.places[chr(FIRST_EFFECT + effect)]
    before = sum(masked.places[chr(FIRST_DRUG + drug)] < place for drug in range(len(masked.drugs)))
    return range(max(0, before - NEIGHBOURS), min(len(masked.drugs), before + NEIGHBOURS))


def _nearness(cost: float) -> str:
    """Return what a distance in words most often is; a comma counts 3, a full stop 7."""
    if cost < 5:
        return SAME_CLAUSE
    return SAME_SENTENCE if cost < 10 else NEAREST


def _choice(masked: MaskedText, candidates: Sequence[_Candidate]) -> Choice:
    best = candidates[0]
    drug = masked.drugs[best.drug]
    others = [other for other in candidates if masked.drugs[other.drug].drug != drug.drug]
    rule = best.rule
    if not others and all(other.drug == drug.drug for other in masked.drugs):
        rule = ONLY_DRUG
    elif others and others[0].drug in best.list_of and best.total - others[0].total < CLOSE:
        rule = SEVERAL
    score = SCORES[rule] * (DOUBTED if best.is_doubted else 1.0)
    return Choice(drug, rule, round(score, 3))

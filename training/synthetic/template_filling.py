"""Filling templates: medicines, people and effects, down to pieces of text."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from random import Random

from training.synthetic.lexicon import EffectPhrase, Lexicon
from training.synthetic.medicines import Medicine, fitted
from training.synthetic.pieces import Piece
from training.synthetic.spelling import write_medicine
from training.synthetic.templates import EFFECT_FORMS, SLOT, Template, expand
from training.synthetic.wordlists import read_wordlist

# What the span leaves out of a phrase: annotators mark "head is pounding" in "my head is pounding".
_LEAD = re.compile(r"^(?:(?:my|the|these|this|that|a|an|so|such) )+")
# Phrases that have their amount, and what asks for one before them.
_QUALIFIED = re.compile(
    r"^(?:no|zero|some|more|most|all|like|too|wide|as|so|\d+|super|crazy|really|constant|extreme|worst)\b"
)
_QUALIFIER = re.compile(r"(?<![\w'])(?:so|such|really|very|super|too|an?|some|more|(?:so )?much) $")
# After these a thing has no article and no amount of its own: "no headache", not "no a headache".
_DETERMINER = re.compile(
    r"(?<![\w'])(?:no|any|less|more|such|the|this|that|these|my|your|his|her|their|zero|some|of|without) $",
    re.IGNORECASE,
)
_STARTING_I = re.compile(r"(?:^|[.,!?:] )i $", re.IGNORECASE)
_AFTER_I = re.compile(r"(?:^|(?<=[^\w']))i $", re.IGNORECASE)


class NoPhraseError(LookupError):
    """No phrase fits a slot of the template; another template or medicine may do."""


@dataclass(frozen=True)
class Scene:
    """What all sentences of one tweet share.

    Attributes:
        medicine: the one that the tweet is about.
        other: one to compare it with.
        person: somebody else, as in "my mom", with the pronouns they, them and their of that person.
    """

    medicine: Medicine
    other: Medicine
    person: tuple[str, str, str, str] = ("my mom", "she", "her", "her")


@dataclass(frozen=True)
class Choosing:
    """Which effects a template may be filled with.

    Attributes:
        only: names of the PTs that are wanted; None for any.
        without: names of PTs, or phrases without one, that are not.
    """

    only: Set[str] | None = None
    without: Set[str] = frozenset()

    def fits(self, phrase: EffectPhrase) -> bool:
        """Tell whether a phrase may be drawn."""
        if phrase.pt_name in self.without or phrase.text in self.without:
            return False
        return self.only is None or phrase.pt_name in self.only


def draw_scene(lexicon: Lexicon, rng: Random) -> Scene:
    """Draw medicines and a person."""
    people = read_wordlist("grammar")["people"]
    pronouns = rng.choice(list(people))
    they, them, their = pronouns.split(" ")
    medicine, other = rng.sample(lexicon.pharmacy.medicines, 2)
    return Scene(medicine, other, (rng.choice(people[pronouns]), they, them, their))


def fill(
    template: Template, scene: Scene, lexicon: Lexicon, rng: Random, choosing: Choosing, used: set[str]
) -> list[Piece]:
    """Make the pieces of one sentence.

    Effects become pieces with a PT; the caller drops the marks where the sentence reports none.

    Args:
        template: what to fill.
        scene: the medicines and the person.
        lexicon: where effects are drawn from.
        rng: the source of chance.
        choosing: which effects may be drawn.
        used: PTs that the tweet has already; those drawn are added.

    Raises:
        NoPhraseError: there is no phrase for one of the slots.
    """
    text = expand(template.text, rng)
    pieces: list[Piece] = []
    at = 0
    for slot in SLOT.finditer(text):
        pieces.append(Piece(text[at : slot.start()]))
        at = slot.end()
        if slot[2] in EFFECT_FORMS:
            phrase = _draw(slot[2], lexicon, choosing, used, rng)
            used.update({phrase.pt_name, phrase.text} - {""})
            added = _effect(phrase, pieces, rng)
            pieces += [Piece(piece.text) for piece in added] if slot[1] else added
        elif slot[2] in ("drug", "other"):
            medicine = scene.medicine if slot[2] == "drug" else scene.other
            before, name = fitted(pieces[-1].text, write_medicine(medicine.name, rng))
            if before.endswith("#"):
                name = re.sub(r"\W", "", name)
            pieces[-1:] = [Piece(before), Piece(name)]
        else:
            pieces.append(Piece(_told(slot[2], scene, rng)))
    pieces.append(Piece(text[at:]))
    return pieces


def _told(slot: str, scene: Scene, rng: Random) -> str:
    if slot == "cond":
        return rng.choice(scene.medicine.conditions).removeprefix("my ")
    return dict(zip(("person", "they", "them", "their"), scene.person, strict=True))[slot]


def _draw(form: str, lexicon: Lexicon, choosing: Choosing, used: Set[str], rng: Random) -> EffectPhrase:
    phrases = lexicon.effects.get(form, ())

    def fits(phrase: EffectPhrase) -> bool:
        return choosing.fits(phrase) and phrase.pt_name not in used and phrase.text not in used

    # Most phrases fit most sentences, so that a few draws find one; else all are looked through.
    for phrase in rng.choices(phrases, cum_weights=lexicon.weights[form], k=4) if phrases else ():
        if fits(phrase):
            return phrase
    fitting = [phrase for phrase in phrases if fits(phrase)]
    if not fitting:
        raise NoPhraseError
    return rng.choices(fitting, [phrase.weight for phrase in fitting])[0]


def _effect(phrase: EffectPhrase, before: list[Piece], rng: Random) -> list[Piece]:
    """Give the pieces of an effect, and fit the words before it: "i am tired" to "i'm tired"."""
    said = before[-1].text
    text = phrase.text
    if phrase.form == "verb":
        if text.startswith("am "):
            text = text.removeprefix("am ")
            said = said[:-1] + "'m " if _AFTER_I.search(said) else said
        elif _STARTING_I.search(said) and rng.random() < 0.3:
            said = said[:-2]
    lead = _lead(text, phrase.form)
    text = text[len(lead) :]
    if _QUALIFIED.match(text):
        said, lead = _QUALIFIER.sub("", said), ""
    elif _DETERMINER.search(said) and phrase.form in ("noun", "lay", "adj"):
        lead = ""
    elif lead == "" and phrase.form in ("noun", "adj") and rng.random() < 0.2:
        lead = expand("<worst> " if phrase.form == "noun" else "<very> ", rng)
    elif phrase.form == "clause" and rng.random() < 0.25:
        lead = ""
    before[-1] = Piece(said)
    return [Piece(lead), Piece(text, phrase.ptid)]


def _lead(text: str, form: str) -> str:
    """Give the articles and owners that a phrase begins with, which are no part of a span."""
    lead = _LEAD.match(text)
    # "so shaky i can't write": what follows belongs to the "so".
    if lead is None or (form != "clause" and "so " in lead[0] and text.count(" ") > 2):
        return ""
    return lead[0]

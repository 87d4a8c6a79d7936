"""Filling templates with medicines, people and effects, into pieces of text."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from random import Random

from training.synthetic.lexicon import EffectPhrase, Lexicon
from training.synthetic.medicines import Medicine, fit_name
from training.synthetic.pieces import Piece
from training.synthetic.spelling import write_medicine
from training.synthetic.templates import EFFECT_FORMS, SLOT, Template, expand_rules
from training.wordlists import read_wordlist

# Words that a span leaves out of a phrase: annotators mark "head is pounding" in "my head is pounding".
_LEAD = re.compile(r"^(?:(?:my|the|these|this|that|a|an|so|such) )+")
# Phrases that begin with an amount, and words before a phrase that call for one.
_QUALIFIED = re.compile(
    r"^(?:no|zero|some|more|most|all|like|too|wide|as|so|\d+|super|crazy|really|constant|extreme|worst)\b"
)
_QUALIFIER = re.compile(r"(?<![\w'])(?:so|such|really|very|super|too|an?|some|more|(?:so )?much) $")
# After these, a noun has no article and no amount: "no headache", not "no a headache".
_DETERMINER = re.compile(
    r"(?<![\w'])(?:no|any|less|more|such|the|this|that|these|my|your|his|her|their|zero|some|of|without) $",
    re.IGNORECASE,
)
_STARTING_I = re.compile(r"(?:^|[.,!?:] )i $", re.IGNORECASE)
_AFTER_I = re.compile(r"(?:^|(?<=[^\w']))i $", re.IGNORECASE)


class NoPhraseError(LookupError):
    """No phrase fits a slot of the template; another template or medicine may work."""


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
class EffectChoice:
    """The effects that a template may be filled with.

    Attributes:
        only: names of the PTs to choose from; None for any.
        without: names of PTs, or phrases without one, to leave out.
    """

    only: Set[str] | None = None
    without: Set[str] = frozenset()

    def allows(self, phrase: EffectPhrase) -> bool:
        """Return True if a phrase may be drawn."""
        if phrase.pt_name in self.without or phrase.text in self.without:
            return False
        return self.only is None or phrase.pt_name in self.only


def draw_scene(lexicon: Lexicon, rng: Random) -> Scene:
    """Draw medicines and a person."""
    people = read_wordlist(__package__, "grammar")["people"]
    pronouns = rng.choice(list(people))
    they, them, their = pronouns.split(" ")
    medicine, other = rng.sample(lexicon.medicines.medicines, 2)
    return Scene(medicine, other, (rng.choice(people[pronouns]), they, them, their))


def fill_template(
    template: Template, scene: Scene, lexicon: Lexicon, rng: Random, choice: EffectChoice, used: set[str]
) -> list[Piece]:
    """Return the pieces of one sentence.

    Effects become pieces with a PT; the caller drops the marks if the sentence reports none.

    Args:
        template: the template.
        scene: the medicines and the person.
        lexicon: the source of phrases for effects.
        rng: the random number generator.
        choice: which effects may be drawn.
        used: PTs that the tweet has already; those drawn are added.

    Raises:
        NoPhraseError: there is no phrase for one of the slots.
    """
    text = expand_rules(template.text, rng)
    pieces: list[Piece] = []
    at = 0
    for slot in SLOT.finditer(text):
        pieces.append(Piece(text[at : slot.start()]))
        at = slot.end()
        if slot[2] in EFFECT_FORMS:
            phrase = _draw_phrase(slot[2], lexicon, choice, used, rng)
            used.update({phrase.pt_name, phrase.text} - {""})
            added = _effect_pieces(phrase, pieces, rng)
            pieces += [Piece(piece.text) for piece in added] if slot[1] else added
        elif slot[2] in ("drug", "other"):
            medicine = scene.medicine if slot[2] == "drug" else scene.other
            before, name = fit_name(pieces[-1].text, write_medicine(medicine.name, rng))
            if before.endswith("#"):
                name = re.sub(r"\W", "", name)
            pieces[-1:] = [Piece(before), Piece(name)]
        else:
            pieces.append(Piece(_scene_words(slot[2], scene, rng)))
    pieces.append(Piece(text[at:]))
    return pieces


def _scene_words(slot: str, scene: Scene, rng: Random) -> str:
    if slot == "cond":
        return rng.choice(scene.medicine.conditions).removeprefix("my ")
    return dict(zip(("person", "they", "them", "their"), scene.person, strict=True))[slot]


def _draw_phrase(
    form: str, lexicon: Lexicon, choice: EffectChoice, used: Set[str], rng: Random
) -> EffectPhrase:
    phrases = lexicon.effects.get(form, ())

    def fits(phrase: EffectPhrase) -> bool:
        return choice.allows(phrase) and phrase.pt_name not in used and phrase.text not in used

    # Most phrases fit most sentences, so a few draws usually find one; otherwise all are looked through.
    weights = lexicon.cumulative_weights
    for phrase in rng.choices(phrases, cum_weights=weights[form], k=4) if phrases else ():
        if fits(phrase):
            return phrase
    fitting = [phrase for phrase in phrases if fits(phrase)]
    if not fitting:
        raise NoPhraseError
    return rng.choices(fitting, [phrase.weight for phrase in fitting])[0]


def _effect_pieces(phrase: EffectPhrase, before: list[Piece], rng: Random) -> list[Piece]:
    """Return the pieces of an effect, and fit the words before it: "i am tired" to "i'm tired"."""
    preceding = before[-1].text
    text = phrase.text
    if phrase.form == "verb":
        if text.startswith("am "):
            text = text.removeprefix("am ")
            preceding = preceding[:-1] + "'m " if _AFTER_I.search(preceding) else preceding
        elif _STARTING_I.search(preceding) and rng.random() < 0.3:
            preceding = preceding[:-2]
    lead = _lead_of(text, phrase.form)
    text = text[len(lead) :]
    if _QUALIFIED.match(text):
        preceding, lead = _QUALIFIER.sub("", preceding), ""
    elif _DETERMINER.search(preceding) and phrase.form in ("noun", "lay", "adj"):
        lead = ""
    elif lead == "" and phrase.form in ("noun", "adj") and rng.random() < 0.2:
        lead = expand_rules("<worst> " if phrase.form == "noun" else "<very> ", rng)
    elif phrase.form == "clause" and rng.random() < 0.25:
        lead = ""
    before[-1] = Piece(preceding)
    return [Piece(lead), Piece(text, phrase.ptid)]


def _lead_of(text: str, form: str) -> str:
    """Return the articles and possessives that a phrase begins with, which are not part of a span."""
    lead = _LEAD.match(text)
    # "so shaky i can't write": what follows depends on the "so".
    if lead is None or (form != "clause" and "so " in lead[0] and text.count(" ") > 2):
        return ""
    return lead[0]

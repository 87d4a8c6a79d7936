"""The content of a tweet: a filled template, maybe with a second effect or sentence, or a written tweet.

The tables give how often each section of the templates is drawn, and which effects fit its sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from training.synthetic.lexicon import Lexicon
from training.synthetic.medicines import Medicine
from training.synthetic.pieces import Piece, join_pieces
from training.synthetic.template_filling import EffectChoice, Scene, draw_scene, fill_template
from training.synthetic.templates import Template
from training.synthetic.written_tweets import WrittenTweet, swap_medicines

# Relative weights within a class. `extras` is left out: its sentences are not complete.
SECTION_WEIGHTS: Mapping[int, Mapping[str, float]] = {
    1: {
        "direct": 5.0,
        "implicit": 4.5,
        "stopped": 1.5,
        "mixed": 1.5,
        "personal": 1.5,
        "asking": 2.2,
        "others": 1.4,
        "blame": 1.4,
        "confirmed": 1.1,
        "useless": 1.1,
        "reply": 1.0,
        "listed": 1.0,
        "withdrawal": 0.8,
    },
    0: {
        "indication": 4.0,
        "relief": 3.5,
        "chatter": 3.5,
        "negation": 2.0,
        "hearsay": 2.2,
        "joke": 1.8,
        "fear": 1.5,
        "question": 2.4,
        "wish": 1.2,
        "missed": 1.2,
        "news": 1.5,
        "other_cause": 2.0,
        "others": 1.4,
        "listed_for": 1.0,
        "advert": 0.7,
        "wanted": 0.7,
        "name": 0.3,
        "nodrug": 0.7,
    },
}

# Sections that report an effect without a word that blames the medicine. An effect that the medicine is taken
# for would read as the illness here.
_UNBLAMED = frozenset({"implicit", "listed", "asking", "withdrawal", "others", "useless", "blame"})
# Sections in which an effect is an illness; with this chance it is one that the medicine is really taken for.
_ILLNESS = frozenset({"indication", "relief", "wish", "listed_for", "others"})
_TRUE_INDICATION = 0.45
# Sections in which nobody had the effect, so that nothing can have followed from it.
_UNREAL = frozenset({"news", "advert", "hearsay", "fear", "question", "negation", "name"})
# Chances of a second effect and of an aftermath, by class. In negatives they fit less often, so their chances
# are higher.
_EXTRA = {1: 0.16, 0: 0.4}
_AFTERMATH = {1: 0.16, 0: 0.24}
# In most templates illnesses are nouns. More weight for the other forms makes each form as frequent in one
# class as in the other.
_FORM_WEIGHTS: Mapping[int, Mapping[str, float]] = {
    1: {"noun": 0.9},
    0: {"verb": 2.4, "clause": 2.4, "ing": 1.5, "adj": 1.3, "make": 1.3, "does": 1.3},
}
# Sections whose sentences fit next to any other without making it true or false.
_COMPANIONS = ("indication", "chatter")
# The same chance for both classes, so that a companion tells nothing about the class.
_COMPANION = 0.12
_SWAPPED = 0.6


@dataclass(frozen=True)
class Core:
    """The content of a tweet, before anything is put around it.

    Attributes:
        pieces: its text; effects that it reports are marked.
        document: the template that it was made from, which starts with its section.
        scene: its medicines; None for written tweets.
        companion: a sentence to put next to it; empty for none.
        context: what the tweet answers or belongs to; empty for nothing.
    """

    pieces: list[Piece]
    document: str
    scene: Scene | None
    companion: list[Piece]
    context: str = ""


def draw_core(label: int, lexicon: Lexicon, rng: Random) -> Core:
    """Draw and fill a template.

    Raises:
        NoPhraseError: the drawn parts do not fit together; another draw may.
    """
    template = _draw_template(lexicon.templates(label), label, rng)
    scene = draw_scene(lexicon, rng)
    if template.section == "wanted":
        medicines = [medicine for medicine in lexicon.medicines.medicines if medicine.desired]
        scene = replace(scene, medicine=rng.choice(medicines))
    used: set[str] = set()
    pieces = _fill(template, label, scene, lexicon, rng, used)
    if _gets_extra(template, label, rng) and (extras := lexicon.templates(label).get("extras")):
        extra = replace(rng.choice(extras), section=template.section)
        pieces += [Piece(" "), *_fill(extra, label, scene, lexicon, rng, used)]
    if _gets_aftermath(template, label, rng) and (aftermaths := lexicon.asides.get("aftermath")):
        pieces += [Piece(" "), *_fill(rng.choice(aftermaths), 0, scene, lexicon, rng, used)]
    companion: list[Piece] = []
    companions = lexicon.negatives.get(rng.choice(_COMPANIONS))
    if companions and rng.random() < _COMPANION:
        companion = _fill(rng.choice(companions), 0, scene, lexicon, rng, used)
    return Core(pieces, template.document, scene, companion)


def core_of_written(tweet: WrittenTweet, lexicon: Lexicon, rng: Random, *, verbatim: bool) -> Core:
    """Return a written tweet as it is, or, if it need not be verbatim, maybe with other medicines."""
    is_swapped = not verbatim and rng.random() < _SWAPPED
    drawn = swap_medicines(tweet, lexicon.medicines, rng) if is_swapped else tweet
    context, _ = join_pieces(drawn.context.pieces)
    return Core(list(drawn.pieces), tweet.document, None, [], context)


def _fill(
    template: Template, label: int, scene: Scene, lexicon: Lexicon, rng: Random, used: set[str]
) -> list[Piece]:
    """Fill a template; a negative one reports no effect, so none is marked."""
    choice = _choose_effects(template.section, label, scene.medicine, rng)
    pieces = fill_template(template, scene, lexicon, rng, choice, used)
    return pieces if label else [Piece(piece.text) for piece in pieces]


def _choose_effects(section: str, label: int, medicine: Medicine, rng: Random) -> EffectChoice:
    """Return the effects that the sentences of a section may be filled with."""
    if section == "wanted":
        return EffectChoice(only=medicine.desired)
    if section == "missed" and medicine.treats:
        return EffectChoice(only=medicine.treats)
    if label:
        illnesses = medicine.treats if section in _UNBLAMED else frozenset()
        return EffectChoice(without=medicine.desired | illnesses)
    if section in _ILLNESS and medicine.treats and rng.random() < _TRUE_INDICATION:
        return EffectChoice(only=medicine.treats)
    return EffectChoice(without=medicine.desired)


def _gets_extra(template: Template, label: int, rng: Random) -> bool:
    """Return True if a sentence gets a second effect at its end."""
    fits = template.text.endswith("}") if label else template.text.endswith(("{noun}", "{lay}"))
    return fits and rng.random() < _EXTRA[label]


def _gets_aftermath(template: Template, label: int, rng: Random) -> bool:
    """Return True if a sentence goes on with when it happened and what it led to."""
    if template.section in _UNREAL or template.text.endswith(("?", '"')):
        return False
    return rng.random() < _AFTERMATH[label]


def _draw_template(sections: Mapping[str, Sequence[Template]], label: int, rng: Random) -> Template:
    """Draw a section by weight, then one of its templates; empty sections are skipped."""
    weights = SECTION_WEIGHTS[label]
    names = [name for name in weights if sections.get(name)]
    section = rng.choices(names, [weights[name] for name in names])[0]
    templates = sections[section]
    return rng.choices(templates, [_weight(template, label) for template in templates])[0]


def _weight(template: Template, label: int) -> float:
    return max(
        (weight for form, weight in _FORM_WEIGHTS[label].items() if f"{{{form}}}" in template.text),
        default=1.0,
    )

"""The sections of the templates: how often each is drawn, and what may be put into its sentences.

What a tweet says: a template or a written tweet, maybe a second effect, maybe another sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from training.synthetic.lexicon import Lexicon
from training.synthetic.medicines import Medicine
from training.synthetic.pieces import Piece
from training.synthetic.template_filling import Choosing, Scene, draw_scene, fill
from training.synthetic.templates import Template
from training.synthetic.written_tweets import WrittenTweet, retold

# Relative to the others of their class. `extras` is no sentence of its own.
WEIGHTS: Mapping[int, Mapping[str, float]] = {
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

# Here an effect is reported without a word that blames the medicine: what it is taken for would read as that.
_UNTOLD = frozenset({"implicit", "listed", "asking", "withdrawal", "others", "useless", "blame"})
# Here an effect is an illness; in a good part of these it is one that the medicine is really taken for.
_ILLNESS = frozenset({"indication", "relief", "wish", "listed_for", "others"})
_TRUE_TO_KIND = 0.45
# Here nobody had the effect, so that nothing can have followed from it.
_UNREAL = frozenset({"news", "advert", "hearsay", "fear", "question", "negation", "name"})
# Chances of a second effect and of what followed, by class: less often possible, they are drawn more often.
_EXTRA = {1: 0.16, 0: 0.4}
_AFTERMATH = {1: 0.16, 0: 0.24}
# Illnesses are things that one has, in most templates; more weight for others makes the forms of effects as
# frequent in one class as in the other.
_FORMS: Mapping[int, Mapping[str, float]] = {
    1: {"noun": 0.9},
    0: {"verb": 2.4, "clause": 2.4, "ing": 1.5, "adj": 1.3, "make": 1.3, "does": 1.3},
}
# Sentences of these may stand beside any other: no sentence beside them is made true or false.
COMPANIONS = ("indication", "chatter")


def choosing(section: str, label: int, medicine: Medicine, rng: Random) -> Choosing:
    """Tell which effects a section's sentences may be filled with."""
    if section == "wanted":
        return Choosing(only=medicine.desired)
    if section == "missed" and medicine.treats:
        return Choosing(only=medicine.treats)
    if label:
        return Choosing(without=medicine.desired | (medicine.treats if section in _UNTOLD else frozenset()))
    if section in _ILLNESS and medicine.treats and rng.random() < _TRUE_TO_KIND:
        return Choosing(only=medicine.treats)
    return Choosing(without=medicine.desired)


def has_extra(template: Template, label: int, rng: Random) -> bool:
    """Tell whether a sentence gets a second effect at its end."""
    fits = template.text.endswith("}") if label else template.text.endswith(("{noun}", "{lay}"))
    return fits and rng.random() < _EXTRA[label]


def has_aftermath(template: Template, label: int, rng: Random) -> bool:
    """Tell whether a sentence goes on with when it was and what it led to."""
    if template.section in _UNREAL or template.text.endswith(("?", '"')):
        return False
    return rng.random() < _AFTERMATH[label]


def pick(sections: Mapping[str, Sequence[Template]], label: int, rng: Random) -> Template:
    """Draw a section by weight, then one of its templates; empty sections are passed over."""
    weights = WEIGHTS[label]
    names = [name for name in weights if sections.get(name)]
    section = rng.choices(names, [weights[name] for name in names])[0]
    templates = sections[section]
    return rng.choices(templates, [_weight(template, label) for template in templates])[0]


def _weight(template: Template, label: int) -> float:
    return max(
        (weight for form, weight in _FORMS[label].items() if f"{{{form}}}" in template.text), default=1.0
    )


# The same for both classes: what they add tells nothing.
_COMPANION = 0.12
_RETOLD = 0.6


@dataclass(frozen=True)
class Core:
    """What a tweet says, before anything is put around it.

    Attributes:
        pieces: its text; effects that it reports are marked.
        document: the template that it was made from, its section first.
        scene: its medicines; None for written tweets.
        companion: a sentence to stand beside it; empty for none.
    """

    pieces: list[Piece]
    document: str
    scene: Scene | None
    companion: list[Piece]


def say(label: int, lexicon: Lexicon, rng: Random) -> Core:
    """Draw and fill a template.

    Raises:
        NoPhraseError: what was drawn does not fit together; another draw may.
    """
    template = pick(lexicon.templates(label), label, rng)
    scene = draw_scene(lexicon, rng)
    if template.section == "wanted":
        scene = replace(scene, medicine=rng.choice([m for m in lexicon.pharmacy.medicines if m.desired]))
    used: set[str] = set()
    said = _filled(template, label, scene, lexicon, rng, used)
    if has_extra(template, label, rng) and (extras := lexicon.templates(label).get("extras")):
        extra = replace(rng.choice(extras), section=template.section)
        said += [Piece(" "), *_filled(extra, label, scene, lexicon, rng, used)]
    if has_aftermath(template, label, rng) and (aftermaths := lexicon.asides.get("aftermath")):
        said += [Piece(" "), *_filled(rng.choice(aftermaths), 0, scene, lexicon, rng, used)]
    companion: list[Piece] = []
    others = lexicon.negatives.get(rng.choice(COMPANIONS))
    if others and rng.random() < _COMPANION:
        companion = _filled(rng.choice(others), 0, scene, lexicon, rng, used)
    return Core(said, template.document, scene, companion)


def retell(tweet: WrittenTweet, lexicon: Lexicon, rng: Random, *, verbatim: bool) -> Core:
    """Tell a written tweet, as it stands or maybe about other medicines."""
    swapped = not verbatim and rng.random() < _RETOLD
    pieces = retold(tweet, lexicon.pharmacy, rng) if swapped else list(tweet.pieces)
    return Core(pieces, tweet.document, None, [])


def _filled(
    template: Template, label: int, scene: Scene, lexicon: Lexicon, rng: Random, used: set[str]
) -> list[Piece]:
    """Fill a template; no effect of a negative one is reported, so none is marked."""
    pieces = fill(template, scene, lexicon, rng, choosing(template.section, label, scene.medicine, rng), used)
    return pieces if label else [Piece(piece.text) for piece in pieces]

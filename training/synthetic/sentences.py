"""What a tweet says: a template or a written tweet, maybe a second effect, maybe another sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from training.synthetic.filling import Scene, draw_scene, fill
from training.synthetic.lexicon import Lexicon
from training.synthetic.pieces import Piece
from training.synthetic.sections import COMPANIONS, choosing, has_aftermath, has_extra, pick
from training.synthetic.templates import Template
from training.synthetic.written import WrittenTweet, retold

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

"""The generator: sentences put together to tweets; some report an adverse effect, most do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from training.corpora.terminology import Terminology
from training.examples import CodedPhrase, Example
from training.tweets.grammar import NoPhraseError, Scene, draw_scene, expand, fill
from training.tweets.lexicon import Lexicon, Template, read_lexicon
from training.tweets.noise import roughen, write_medicine
from training.tweets.pieces import Piece, join
from training.tweets.wordlists import read_wordlist

# How often each section of the templates is drawn, relative to the others of its kind.
_POSITIVE_WEIGHTS = {"direct": 5.0, "scattered": 4.0, "personal": 1.5, "listed": 1.0}
_NEGATIVE_WEIGHTS = {
    "indication": 5.0,
    "cure": 4.0,
    "negation": 2.0,
    "fear": 1.5,
    "question": 1.5,
    "hearsay": 2.0,
    "news": 2.0,
    "joke": 2.0,
    "chatter": 5.0,
    "desired": 0.7,
    "neutral": 1.0,
    "nodrug": 2.0,
}


@dataclass(frozen=True)
class GeneratedTweets:
    """Tweets in two sides that share neither a template nor a phrase for an effect."""

    training: list[Example]
    validation: list[Example]


def generate_tweets(
    terminology: Terminology, lay_phrases: Sequence[CodedPhrase], *, positives: int, negatives: int, seed: int
) -> GeneratedTweets:
    """Write tweets; the same arguments give the same tweets.

    Validation gets a tenth of the numbers on top.

    Args:
        terminology: gives the codes of the PTs.
        lay_phrases: patients' own phrases, used beside ours.
        positives: training tweets that report an adverse effect.
        negatives: training tweets that do not.
        seed: of the split and of all that is drawn.
    """
    sides = read_lexicon(terminology, lay_phrases, seed=seed)
    made = []
    for side, lexicon, scale in zip(("train", "valid"), sides, (1.0, 0.1), strict=True):
        rng = Random(f"{side} {seed}")  # noqa: S311 - reproducible, not secret
        labels = [1] * round(positives * scale) + [0] * round(negatives * scale)
        rng.shuffle(labels)
        made.append(
            [_tweet(f"tweet:{side}:{number}", label, lexicon, rng) for number, label in enumerate(labels)]
        )
    return GeneratedTweets(*made)


def _tweet(identifier: str, label: int, lexicon: Lexicon, rng: Random) -> Example:
    write = _positive if label else _negative
    while True:
        try:
            pieces = write(lexicon, rng)
            break
        except NoPhraseError:
            continue  # another draw; every lexicon fills most of its templates
    framed = [_frame("openers", 0.2, rng), *pieces, _frame("closers", 0.35, rng)]
    text, spans = join(roughen(framed, rng))
    return Example(identifier, text, label, spans)


def _positive(lexicon: Lexicon, rng: Random) -> list[Piece]:
    scene = draw_scene(lexicon, rng)
    template = _pick(lexicon.positives, _POSITIVE_WEIGHTS, rng)
    pieces = _written(fill(template, scene, lexicon, rng), scene, rng)
    extras = lexicon.positives["extras"]
    if rng.random() < 0.4 and extras and not template.text.endswith("?"):
        pieces += fill(rng.choice(extras), scene, lexicon, rng)
    return _with_neutral(pieces, scene, lexicon, rng, 0.12)


def _negative(lexicon: Lexicon, rng: Random) -> list[Piece]:
    template = _pick(lexicon.negatives, _NEGATIVE_WEIGHTS, rng)
    desired = template.section == "desired"
    scene = draw_scene(lexicon, rng, with_desired=desired)
    pieces = fill(template, scene, lexicon, rng, desired=desired)
    unmarked = [Piece(piece.text) for piece in _written(pieces, scene, rng)]
    return _with_neutral(unmarked, scene, lexicon, rng, 0.12)


def _with_neutral(
    pieces: list[Piece], scene: Scene, lexicon: Lexicon, rng: Random, chance: float
) -> list[Piece]:
    """Put a sentence that says nothing of effects before or after the others."""
    neutral = lexicon.negatives["neutral"]
    if not neutral or rng.random() >= chance:
        return pieces
    sentence = _written(fill(rng.choice(neutral), scene, lexicon, rng), scene, rng)
    stop = Piece(rng.choice((".", ".", "!", "...", ",", " ")))
    return [*sentence, stop, *pieces] if rng.random() < 0.6 else [*pieces, stop, *sentence]


def _written(pieces: list[Piece], scene: Scene, rng: Random) -> list[Piece]:
    return [
        replace(piece, text=write_medicine(piece.text, rng)) if piece.text == scene.medicine.name else piece
        for piece in pieces
    ]


def _frame(kind: str, chance: float, rng: Random) -> Piece:
    return Piece(
        expand(rng.choice(read_wordlist("grammar")[kind]["any"]), rng) if rng.random() < chance else ""
    )


def _pick(sections: Mapping[str, Sequence[Template]], weights: Mapping[str, float], rng: Random) -> Template:
    """Draw a section by weight, then one of its templates; empty sections are passed over."""
    names = [name for name in weights if sections.get(name)]
    section = rng.choices(names, [weights[name] for name in names])[0]
    return rng.choice(sections[section])

"""The generator: tweets that report an adverse effect and tweets that do not, on three sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from models.terminology import Terminology
from training.examples import CodedPhrase, Example
from training.synthetic.framing import framed, lightly_framed
from training.synthetic.lexicon import Lexicon, read_lexicon
from training.synthetic.noise import roughen
from training.synthetic.pieces import Piece, join
from training.synthetic.sentences import Core, retell, say
from training.synthetic.sides import SIDES, Side, phrase_name, plain
from training.synthetic.template_filling import NoPhraseError
from training.synthetic.written_tweets import WrittenTweet

# Of both classes, the share that somebody wrote whole.
WRITTEN_SHARE = 0.5
# Validation and test have so many tweets for each of training.
_HELD_BACK = 0.1
# People's own noise is in a written tweet already.
_WRITTEN_NOISE = 0.35


@dataclass(frozen=True)
class GeneratedTweets:
    """Tweets on three sides that share no template, no written tweet and no phrase for an effect.

    The `document` of a tweet names what it was made of, its section first: "indication:12", or
    "written:long_illness:7" for one that somebody wrote whole.

    Attributes:
        training: to be trained on.
        validation: to choose by.
        test: to judge by.
        held_back: names of the phrases (see `phrase_name`) that validation and test may have and training
            has not.
    """

    training: list[Example]
    validation: list[Example]
    test: list[Example]
    held_back: frozenset[str]

    def is_held_back(self, phrase: str) -> bool:
        """Tell whether a phrase is kept for validation or test, so that nothing else may teach it."""
        return phrase_name(phrase) in self.held_back


def section_of(tweet: Example) -> str:
    """Name the section of a generated tweet, such as "indication" or "written"."""
    return tweet.document.split(":")[0]


def generate_tweets(
    terminology: Terminology, lay_phrases: Sequence[CodedPhrase], *, positives: int, negatives: int, seed: int
) -> GeneratedTweets:
    """Write tweets; the same arguments give the same tweets.

    Validation and test each get a tenth of the numbers on top. No text is there twice.

    Args:
        terminology: gives the codes of the PTs.
        lay_phrases: patients' own phrases, used beside ours.
        positives: training tweets that report an adverse effect.
        negatives: training tweets that do not.
        seed: of the split and of all that is drawn.

    Raises:
        CorpusError: the terminology lacks most PTs, or a list of words is malformed.
    """
    lexicons = read_lexicon(terminology, lay_phrases, seed=seed)
    seen: set[str] = set()
    made: dict[Side, list[Example]] = {}
    for side in SIDES:
        scale = 1.0 if side == "train" else _HELD_BACK
        rng = Random(f"{side} {seed}")  # noqa: S311 - reproducible, not secret
        labels = [1] * round(positives * scale) + [0] * round(negatives * scale)
        rng.shuffle(labels)
        writer = _Writer(lexicons[side], rng, seen)
        made[side] = [writer.write(f"tweet:{side}:{number}", label) for number, label in enumerate(labels)]
    held_back = frozenset(
        phrase_name(text) for side in ("valid", "test") for text in _phrases(lexicons[side])
    )
    return GeneratedTweets(made["train"], made["valid"], made["test"], held_back)


class _Writer:
    """Writes the tweets of one side, none whose text is in `seen`."""

    def __init__(self, lexicon: Lexicon, rng: Random, seen: set[str]) -> None:
        self._lexicon = lexicon
        self._rng = rng
        self._seen = seen
        self._whole: Mapping[int, Iterator[tuple[WrittenTweet, int]]] = {
            label: _in_turn(lexicon.written[label], rng) for label in (0, 1)
        }

    def write(self, identifier: str, label: int) -> Example:
        while True:
            try:
                core, pieces = self._pieces(label)
            except NoPhraseError:
                continue  # another draw; every lexicon fills most of its templates
            text, spans = join(pieces)
            if plain(text) not in self._seen:
                self._seen.add(plain(text))
                return Example(identifier, text, label, spans, core.document)

    def _pieces(self, label: int) -> tuple[Core, list[Piece]]:
        rng = self._rng
        if self._lexicon.written[label] and rng.random() < WRITTEN_SHARE:
            tweet, turn = next(self._whole[label])
            core = retell(tweet, self._lexicon, rng, verbatim=turn == 0)
            if turn == 0:
                return core, core.pieces
            return core, roughen(lightly_framed(core, self._lexicon, rng), rng, amount=_WRITTEN_NOISE)
        core = say(label, self._lexicon, rng)
        return core, roughen(framed(core, self._lexicon, rng), rng)


def _in_turn(tweets: Sequence[WrittenTweet], rng: Random) -> Iterator[tuple[WrittenTweet, int]]:
    """Go through all tweets, and again in another order, with the number of the turn from 0."""
    for turn in count():
        for tweet in rng.sample(tweets, len(tweets)):
            yield tweet, turn


def _phrases(lexicon: Lexicon) -> Iterator[str]:
    for phrases in lexicon.effects.values():
        for phrase in phrases:
            yield phrase.text
    for tweet in lexicon.written[1]:
        yield from tweet.effects

"""The generator: tweets that report an adverse effect and tweets that do not, on three sides of a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from models.terminology import Terminology
from training.examples import CodedPhrase, Example
from training.synthetic.framing import add_frame, add_light_frame
from training.synthetic.lexicon import SIDES, Lexicon, Side, phrase_name, plain_words, read_lexicons
from training.synthetic.noise import add_noise
from training.synthetic.pieces import Piece, join_pieces
from training.synthetic.sentences import Core, core_of_written, draw_core
from training.synthetic.template_filling import NoPhraseError
from training.synthetic.written_tweets import WrittenTweet

# Share of whole written tweets in both classes.
WRITTEN_SHARE = 0.5
# Size of validation and of test, relative to training.
_HELD_BACK = 0.1
# Written tweets imitate some of the noise of people already.
_WRITTEN_NOISE = 0.35


@dataclass(frozen=True)
class GeneratedTweets:
    """Tweets on three sides that share no template, no written tweet and no phrase for an effect.

    The `document` of a tweet names its template or written tweet, starting with its section: "indication:12",
    or "written:long_illness:7".

    Attributes:
        training: the tweets to train on.
        validation: the tweets to choose epochs and thresholds by.
        test: the tweets to evaluate on.
        held_back: names of the phrases (see `phrase_name`) that are kept for validation and test.
    """

    training: list[Example]
    validation: list[Example]
    test: list[Example]
    held_back: frozenset[str]

    def is_held_back(self, phrase: str) -> bool:
        """Return True if a phrase is kept for validation or test, so that training must not contain it."""
        return phrase_name(phrase) in self.held_back


def generate_tweets(
    terminology: Terminology, lay_phrases: Sequence[CodedPhrase], *, positives: int, negatives: int, seed: int
) -> GeneratedTweets:
    """Generate tweets; the same arguments give the same tweets.

    Validation and test each get a tenth of the numbers in addition. All texts are different.

    Args:
        terminology: the source of the codes of PTs.
        lay_phrases: phrases of patients, used in addition to ours.
        positives: training tweets that report an adverse effect.
        negatives: training tweets that do not.
        seed: of the split and of everything that is drawn.

    Raises:
        CorpusError: the terminology lacks most of the PTs, or a word list is malformed.
    """
    lexicons = read_lexicons(terminology, lay_phrases, seed=seed)
    seen: set[str] = set()
    tweets: dict[Side, list[Example]] = {}
    for side in SIDES:
        scale = 1.0 if side == "train" else _HELD_BACK
        rng = Random(f"{side} {seed}")  # noqa: S311 - reproducible, not secret
        labels = [1] * round(positives * scale) + [0] * round(negatives * scale)
        rng.shuffle(labels)
        writer = _Writer(lexicons[side], rng, seen)
        tweets[side] = [writer.write(f"tweet:{side}:{number}", label) for number, label in enumerate(labels)]
    held_back = frozenset(
        phrase_name(text) for side in ("valid", "test") for text in _phrases(lexicons[side])
    )
    return GeneratedTweets(tweets["train"], tweets["valid"], tweets["test"], held_back)


class _Writer:
    """Writes the tweets of one side, without the texts in `seen`."""

    def __init__(self, lexicon: Lexicon, rng: Random, seen: set[str]) -> None:
        self._lexicon = lexicon
        self._rng = rng
        self._seen = seen
        self._written: Mapping[int, Iterator[tuple[WrittenTweet, int]]] = {
            label: _in_rounds(lexicon.written[label], rng) for label in (0, 1)
        }

    def write(self, identifier: str, label: int) -> Example:
        while True:
            try:
                core, pieces = self._draw_pieces(label)
            except NoPhraseError:
                continue  # draw again: every lexicon fills most of its templates
            text, spans = join_pieces(pieces)
            if plain_words(text) not in self._seen:
                self._seen.add(plain_words(text))
                return Example(identifier, text, label, spans, core.document, core.context)

    def _draw_pieces(self, label: int) -> tuple[Core, list[Piece]]:
        rng = self._rng
        if self._lexicon.written[label] and rng.random() < WRITTEN_SHARE:
            tweet, number = next(self._written[label])
            core = core_of_written(tweet, self._lexicon, rng, verbatim=number == 0)
            if number == 0:
                return core, core.pieces
            return core, add_noise(add_light_frame(core, self._lexicon, rng), rng, amount=_WRITTEN_NOISE)
        core = draw_core(label, self._lexicon, rng)
        return core, add_noise(add_frame(core, self._lexicon, rng), rng)


def _in_rounds(tweets: Sequence[WrittenTweet], rng: Random) -> Iterator[tuple[WrittenTweet, int]]:
    """Yield all tweets, then all again in another order, and so on, with the number of the round from 0."""
    for number in count():
        for tweet in rng.sample(tweets, len(tweets)):
            yield tweet, number


def _phrases(lexicon: Lexicon) -> Iterator[str]:
    for phrases in lexicon.effects.values():
        for phrase in phrases:
            yield phrase.text
    for tweet in lexicon.written[1]:
        yield from tweet.effects

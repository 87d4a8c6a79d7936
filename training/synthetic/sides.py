"""The side of the split that a template, a phrase or a written tweet is on; each is on one side only.

The words of an effect in a written tweet are phrases too. Words that occur in several tweets are on the
training side, and so are those tweets. Words that occur in one tweet only are on the side of that tweet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from training.corpora import hash_position
from training.synthetic.written_tweets import WrittenTweet

Side = Literal["train", "valid", "test"]
SIDES: tuple[Side, ...] = ("train", "valid", "test")

# Share of the templates, phrases and written tweets that is on the side of validation, and again of test.
HELD_BACK_SHARE = 0.08

_ARTICLES = re.compile(r"^(?:(?:a|an|the|my|so|such|this|that|these) )+")


@dataclass(frozen=True)
class Sides:
    """A split that depends only on names and a seed, so that additions move little of it.

    Attributes:
        seed: another seed gives another split.
        claimed: phrases whose side a written tweet decides.
    """

    seed: int
    claimed: Mapping[str, Side]

    def of_phrase(self, text: str) -> Side:
        """Return the side of a phrase, whatever its form, its capitals and its blanks."""
        name = phrase_name(text)
        return self.claimed.get(name) or _draw_side(name, HELD_BACK_SHARE, f"phrase {self.seed}")

    def of_template(self, text: str) -> Side:
        """Return the side of a template."""
        return _draw_side(plain_words(text), HELD_BACK_SHARE, f"template {self.seed}")

    def of_written(self, tweet: WrittenTweet) -> Side:
        """Return the side of a written tweet."""
        if effects := tweet.effects:
            return self.of_phrase(effects[0])
        return self.of_template(tweet.text)


def divide_written(tweets: Sequence[WrittenTweet], *, seed: int) -> Sides:
    """Divide written tweets so that no words of an effect are on two sides."""
    texts = {plain_words(tweet.text): [phrase_name(effect) for effect in tweet.effects] for tweet in tweets}
    uses = Counter(phrase for phrases in texts.values() for phrase in set(phrases))
    free = {
        text for text, phrases in texts.items() if phrases and all(uses[phrase] == 1 for phrase in phrases)
    }
    positives = sum(bool(phrases) for phrases in texts.values())
    # Only some tweets may be held back, so a larger share of those makes the intended share of all.
    share = min(0.4, HELD_BACK_SHARE * positives / len(free)) if free else 0.0
    claimed: dict[str, Side] = {}
    for text, phrases in texts.items():
        side = _draw_side(text, share, f"written {seed}") if text in free else "train"
        claimed.update(dict.fromkeys(phrases, side))
    return Sides(seed, claimed)


def phrase_name(text: str) -> str:
    """Return the name of a phrase: "A headache" and "the headache" are the same one."""
    return _ARTICLES.sub("", plain_words(text))


def plain_words(text: str) -> str:
    """Return the words of a text without capitals, hash signs and superfluous blanks."""
    return " ".join(text.casefold().replace("#", "").replace("’", "'").split())


def _draw_side(name: str, share: float, salt: str) -> Side:
    place = hash_position(name, salt=salt) / 2**64
    return "valid" if place < share else "test" if place < 2 * share else "train"

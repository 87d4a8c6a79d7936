"""Which side of the split a template, a phrase and a written tweet are on: each is on one alone.

The words of a written tweet's effects are phrases too. Words that are in several tweets are trained on, and
so are those tweets; words that are in one tweet alone go where that tweet goes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from training.corpora.splits import place_of
from training.synthetic.written_tweets import WrittenTweet

Side = Literal["train", "valid", "test"]
SIDES: tuple[Side, ...] = ("train", "valid", "test")

# How much of the templates, phrases and written tweets is on either side that is not trained on.
HELD_BACK_SHARE = 0.08

_ARTICLES = re.compile(r"^(?:(?:a|an|the|my|so|such|this|that|these) )+")


@dataclass(frozen=True)
class Sides:
    """A split, by names and seed alone, so that what is added elsewhere moves little of it.

    Attributes:
        seed: another one gives another split.
        claimed: phrases whose side a written tweet decides.
    """

    seed: int
    claimed: Mapping[str, Side]

    def of_phrase(self, text: str) -> Side:
        """Give the side of a phrase, whatever its form, its capitals and its blanks."""
        name = phrase_name(text)
        return self.claimed.get(name) or _drawn(name, HELD_BACK_SHARE, f"phrase {self.seed}")

    def of_template(self, text: str) -> Side:
        """Give the side of a template."""
        return _drawn(plain(text), HELD_BACK_SHARE, f"template {self.seed}")

    def of_written(self, tweet: WrittenTweet) -> Side:
        """Give the side of a written tweet."""
        if effects := tweet.effects:
            return self.of_phrase(effects[0])
        return self.of_template(tweet.text)


def divide(written: Sequence[WrittenTweet], *, seed: int) -> Sides:
    """Divide the written tweets so that no words of an effect are on two sides."""
    texts = {plain(tweet.text): [phrase_name(effect) for effect in tweet.effects] for tweet in written}
    uses = Counter(phrase for phrases in texts.values() for phrase in set(phrases))
    alone = {
        text for text, phrases in texts.items() if phrases and all(uses[phrase] == 1 for phrase in phrases)
    }
    reporting = sum(bool(phrases) for phrases in texts.values())
    # Those that may be held back are some; a larger share of them is the wanted share of all.
    share = min(0.4, HELD_BACK_SHARE * reporting / len(alone)) if alone else 0.0
    claimed: dict[str, Side] = {}
    for text, phrases in texts.items():
        side = _drawn(text, share, f"written {seed}") if text in alone else "train"
        claimed.update(dict.fromkeys(phrases, side))
    return Sides(seed, claimed)


def phrase_name(text: str) -> str:
    """Give what makes a phrase another one: "A headache" and "the headache" are the same."""
    return _ARTICLES.sub("", plain(text))


def plain(text: str) -> str:
    """Give the words of a text without capitals, hashes and needless blanks."""
    return " ".join(text.casefold().replace("#", "").replace("’", "'").split())


def _drawn(name: str, share: float, salt: str) -> Side:
    place = place_of(name, salt=salt) / 2**64
    return "valid" if place < share else "test" if place < 2 * share else "train"

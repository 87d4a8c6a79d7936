"""The lexicon of each side of the split: phrases for effects, medicines, templates and written tweets.

A template, a phrase or a written tweet is on one side only. The words of an effect in a written tweet are
phrases too. Words that occur in several tweets are on the training side, and so are those tweets. Words that
occur in one tweet only are on the side of that tweet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

from models.terminology import Terminology
from training.corpora import hash_position
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.synthetic.medicines import MedicineIndex, read_medicines
from training.synthetic.templates import Template, read_templates
from training.synthetic.written_tweets import WrittenTweet, read_written
from training.wordlists import read_wordlist

Side = Literal["train", "valid", "test"]
SIDES: tuple[Side, ...] = ("train", "valid", "test")
Sections = Mapping[str, Sequence[Template]]

# Share of the templates, phrases and written tweets that is on the side of validation, and again of test.
HELD_BACK_SHARE = 0.08
# Phrases of PTs with this many phrases or more are drawn equally often. A phrase of a PT with half as many is
# drawn a quarter as often.
_COMMON = 8

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
    """Return the words of a text without capitals, hash signs and repeated blanks."""
    return " ".join(text.casefold().replace("#", "").replace("’", "'").split())


def _draw_side(name: str, share: float, salt: str) -> Side:
    place = hash_position(name, salt=salt) / 2**64
    return "valid" if place < share else "test" if place < 2 * share else "train"


@dataclass(frozen=True, slots=True)
class EffectPhrase:
    """A lay phrase for an effect.

    Attributes:
        text: the phrase.
        form: how it fits into a sentence, as explained at the top of the files in `data/effects`; "lay" for
            phrases of a corpus.
        ptid: code of the PT; empty if the PT is not in the terminology.
        pt_name: name of the PT; empty if the code of a corpus phrase is not in the terminology.
        weight: how often it is drawn, relative to others: less often if there are few phrases for its PT,
            since people then seldom tweet about it.
    """

    text: str
    form: str
    ptid: str
    pt_name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Lexicon:
    """Phrases, templates and whole tweets of one side.

    Attributes:
        effects: phrases by form.
        medicines: all medicines; the sides share them.
        positives: templates that report an adverse effect, by section.
        negatives: templates that report none, by section.
        asides: sentences that fit next to any other, by section.
        written: whole tweets, by label (0 or 1).
    """

    effects: Mapping[str, Sequence[EffectPhrase]]
    medicines: MedicineIndex
    positives: Sections
    negatives: Sections
    asides: Sections
    written: Mapping[int, Sequence[WrittenTweet]]

    @cached_property
    def cumulative_weights(self) -> Mapping[str, Sequence[float]]:
        """The cumulative weights of the phrases of each form."""
        return {form: list(accumulate(p.weight for p in phrases)) for form, phrases in self.effects.items()}

    def templates(self, label: int) -> Sections:
        """Return the templates of a class."""
        return self.positives if label else self.negatives


def read_lexicons(
    terminology: Terminology, lay_phrases: Sequence[CodedPhrase], *, seed: int
) -> dict[Side, Lexicon]:
    """Read all lists and divide phrases, templates and written tweets; the sides have none in common.

    Raises:
        CorpusError: a template or a written tweet is malformed, or the terminology lacks most of the PTs.
    """
    written = read_written(terminology)
    sides = divide_written(written, seed=seed)
    phrases: dict[Side, dict[str, list[EffectPhrase]]] = {side: {} for side in SIDES}
    for phrase in _read_phrases(terminology, lay_phrases):
        phrases[sides.of_phrase(phrase.text)].setdefault(phrase.form, []).append(phrase)
    tweets: dict[Side, dict[int, list[WrittenTweet]]] = {side: {0: [], 1: []} for side in SIDES}
    for tweet in written:
        tweets[sides.of_written(tweet)][tweet.label].append(tweet)
    medicines = MedicineIndex(read_medicines())
    folders = {folder: read_templates(folder) for folder in ("positives", "negatives", "asides")}

    def sections_of(folder: str, side: Side) -> Sections:
        sections: dict[str, list[Template]] = {}
        for template in folders[folder]:
            if sides.of_template(template.text) == side:
                sections.setdefault(template.section, []).append(template)
        return sections

    return {
        side: Lexicon(
            phrases[side],
            medicines,
            positives=sections_of("positives", side),
            negatives=sections_of("negatives", side),
            asides=sections_of("asides", side),
            written=tweets[side],
        )
        for side in SIDES
    }


def _read_phrases(terminology: Terminology, lay_phrases: Sequence[CodedPhrase]) -> list[EffectPhrase]:
    """Read `data/effects`, and add the patients' phrases that are short enough for a tweet."""
    names = terminology.pt_names
    lay = (
        EffectPhrase(phrase.text, "lay", phrase.ptid, names.get(phrase.ptid, ""))
        for phrase in lay_phrases
        if 2 < len(phrase.text) < 50
    )
    return [*_read_effects(terminology), *lay]


def _read_effects(terminology: Terminology) -> list[EffectPhrase]:
    codes = terminology.codes_by_name()
    sections = read_wordlist(__package__, "effects")
    known = sum(pt_name.lower() in codes for pt_name in sections)
    if known < len(sections) / 2:
        raise CorpusError(
            f"only {known} of the {len(sections)} PTs of the tweet generator are in the terminology: "
            "is it a MedDRA release in English?"
        )
    return [
        EffectPhrase(
            text,
            form,
            codes.get(pt_name.lower(), ""),
            pt_name,
            min(1.0, len(sum(forms.values(), ())) / _COMMON) ** 2,
        )
        for pt_name, forms in sections.items()
        for form, texts in forms.items()
        for text in texts
    ]

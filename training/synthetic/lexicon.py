"""Lay phrases for adverse effects: ours by PT name, and patients' own from a corpus.

All that the tweets of one side of the split are made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from models.terminology import Terminology
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.synthetic.medicines import Pharmacy, read_medicines
from training.synthetic.sides import SIDES, Side, divide
from training.synthetic.templates import Template, read_templates
from training.synthetic.wordlists import read_wordlist
from training.synthetic.written_tweets import WrittenTweet, read_written

# Of a PT with so many phrases, each is drawn as often as any; of one with half as many, a quarter as often.
_COMMON = 8


@dataclass(frozen=True, slots=True)
class EffectPhrase:
    """A lay phrase for an effect.

    Attributes:
        text: the phrase.
        form: how it fits into a sentence: the head of each file in `data/effects` tells; "lay" for
            phrases of a corpus.
        ptid: the PT's code; empty where the terminology lacks the PT.
        pt_name: the PT's name; empty where the terminology lacks that of a corpus phrase.
        weight: how often it is drawn, relative to others: less where we know few words for its PT, since
            people then seldom tweet about it.
    """

    text: str
    form: str
    ptid: str
    pt_name: str
    weight: float = 1.0


def read_phrases(terminology: Terminology, lay_phrases: Sequence[CodedPhrase]) -> list[EffectPhrase]:
    """Read `data/effects`, and take the patients' phrases that are as short as tweets have them.

    Raises:
        CorpusError: the terminology has so few of the PTs that it cannot be meant.
    """
    names = terminology.pt_names
    lay = (
        EffectPhrase(phrase.text, "lay", phrase.ptid, names.get(phrase.ptid, ""))
        for phrase in lay_phrases
        if 2 < len(phrase.text) < 50
    )
    return [*_own_phrases(terminology), *lay]


def _own_phrases(terminology: Terminology) -> list[EffectPhrase]:
    codes = terminology.codes_by_name()
    sections = read_wordlist("effects")
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


Sections = Mapping[str, Sequence[Template]]


@dataclass(frozen=True)
class Lexicon:
    """Words, templates and whole tweets of one side.

    Attributes:
        effects: form to phrases.
        pharmacy: all medicines; the sides share them.
        positives: section to templates that report an adverse effect.
        negatives: section to templates that report none.
        asides: section to sentences that may stand beside any other.
        written: whole tweets, by label (0 or 1).
    """

    effects: Mapping[str, Sequence[EffectPhrase]]
    pharmacy: Pharmacy
    positives: Sections
    negatives: Sections
    asides: Sections
    written: Mapping[int, Sequence[WrittenTweet]]

    @cached_property
    def weights(self) -> Mapping[str, Sequence[float]]:
        """For each form of effects, the sums of the phrases' weights up to each."""
        return {form: list(accumulate(p.weight for p in phrases)) for form, phrases in self.effects.items()}

    def templates(self, label: int) -> Sections:
        """Give the templates of a class."""
        return self.positives if label else self.negatives


def read_lexicon(
    terminology: Terminology, lay_phrases: Sequence[CodedPhrase], *, seed: int
) -> dict[Side, Lexicon]:
    """Read the lists and split phrases, templates and written tweets; no side has what another has.

    Raises:
        CorpusError: a template or a written tweet is malformed, or the terminology has so few of the PTs
            that it cannot be meant.
    """
    written = read_written(terminology)
    sides = divide(written, seed=seed)
    phrases: dict[Side, dict[str, list[EffectPhrase]]] = {side: {} for side in SIDES}
    for phrase in read_phrases(terminology, lay_phrases):
        phrases[sides.of_phrase(phrase.text)].setdefault(phrase.form, []).append(phrase)
    whole: dict[Side, dict[int, list[WrittenTweet]]] = {side: {0: [], 1: []} for side in SIDES}
    for tweet in written:
        whole[sides.of_written(tweet)][tweet.label].append(tweet)
    pharmacy = Pharmacy(read_medicines())
    folders = {name: read_templates(name) for name in ("positives", "negatives", "asides")}

    def mine(name: str, side: Side) -> Sections:
        sections: dict[str, list[Template]] = {}
        for template in folders[name]:
            if sides.of_template(template.text) == side:
                sections.setdefault(template.section, []).append(template)
        return sections

    return {
        side: Lexicon(
            phrases[side],
            pharmacy,
            positives=mine("positives", side),
            negatives=mine("negatives", side),
            asides=mine("asides", side),
            written=whole[side],
        )
        for side in SIDES
    }

"""Lay phrases for adverse effects: ours by PT name, and patients' own from a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.terminology import Terminology
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.synthetic.wordlists import read_wordlist

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

"""The words of the tweets: effects with their PTs, medicines with what they are taken for, templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.corpora.splits import is_held_back
from training.corpora.terminology import Terminology
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.tweets.wordlists import read_wordlist

# How much of the templates, and of the phrases, only ever appears in validation.
HELD_BACK_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class EffectPhrase:
    """A lay phrase for an effect.

    Attributes:
        text: the phrase.
        form: how it fits into a sentence: see the head of `data/effects.ini`; "lay" for corpus phrases.
        ptid: the PT's code; empty where the terminology lacks the PT.
        pt_name: the PT's name; empty for corpus phrases.
        weight: how often it is drawn, relative to others: less where we know few words for its PT, since
            people then seldom tweet about it.
    """

    text: str
    form: str
    ptid: str
    pt_name: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine's name, with what it is taken for and the PTs that are its wanted effect."""

    name: str
    kind: str
    conditions: tuple[str, ...]
    desired: frozenset[str]


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots, and the section of the file that it stands in."""

    text: str
    section: str


@dataclass(frozen=True)
class Lexicon:
    """All that tweets are made of, for one side of the split.

    Attributes:
        effects: form to phrases.
        medicines: all medicines; both sides share them.
        positives: section to templates that report an adverse effect.
        negatives: section to templates that report none.
    """

    effects: Mapping[str, Sequence[EffectPhrase]]
    medicines: Sequence[Medicine]
    positives: Mapping[str, Sequence[Template]]
    negatives: Mapping[str, Sequence[Template]]


def read_lexicon(
    terminology: Terminology, lay_phrases: Sequence[CodedPhrase], *, seed: int
) -> tuple[Lexicon, Lexicon]:
    """Read the word lists and split templates and phrases into (training, validation).

    Raises:
        CorpusError: the terminology has so few of the PTs that it cannot be meant.
    """
    phrases = [
        *_own_phrases(terminology),
        *(EffectPhrase(p.text, "lay", p.ptid, "") for p in lay_phrases if 2 < len(p.text) < 50),
    ]
    medicines = [
        Medicine(name, kind, entry["conditions"], frozenset(entry.get("desired", ())))
        for kind, entry in read_wordlist("drugs").items()
        for name in entry["names"]
    ]
    positives, negatives = _templates("positives"), _templates("negatives")

    def side(held_back: bool) -> Lexicon:
        def mine(kind: str, text: str) -> bool:
            return is_held_back(text, share=HELD_BACK_SHARE, salt=f"{kind} {seed}") == held_back

        effects: dict[str, list[EffectPhrase]] = {}
        for phrase in phrases:
            # By its text alone, so that a phrase with two forms stays on one side.
            if mine("phrase", phrase.text):
                effects.setdefault(phrase.form, []).append(phrase)
        return Lexicon(
            effects,
            medicines,
            {name: [t for t in all_ if mine("template", t.text)] for name, all_ in positives.items()},
            {name: [t for t in all_ if mine("template", t.text)] for name, all_ in negatives.items()},
        )

    return side(False), side(True)


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
            text, form, codes.get(pt_name.lower(), ""), pt_name, min(1.0, len(sum(forms.values(), ())) / 8)
        )
        for pt_name, forms in sections.items()
        for form, texts in forms.items()
        for text in texts
    ]


def _templates(name: str) -> dict[str, list[Template]]:
    # In these files a template is one line: its bars stand inside brackets.
    return {
        section: [Template(" | ".join(parts), section) for parts in lines.values()]
        for section, lines in read_wordlist(name).items()
    }

"""The lexicon of one side of the split: phrases for effects, medicines, templates and written tweets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from models.terminology import Terminology
from training.errors import CorpusError
from training.examples import CodedPhrase
from training.synthetic.medicines import MedicineIndex, read_medicines
from training.synthetic.sides import SIDES, Side, divide_written
from training.synthetic.templates import Template, read_templates
from training.synthetic.written_tweets import WrittenTweet, read_written
from training.wordlists import read_wordlist

# Phrases of a PT with this many are all drawn equally often; of a PT with half as many, a quarter as often.
_COMMON = 8

Sections = Mapping[str, Sequence[Template]]


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
        asides: sentences that may stand next to any other, by section.
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

"""Whether a scorer's predictions are what a case demands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.predictions import Mention, TweetPrediction
from training.checklist.cases import Case, Place, Sentence, moved
from training.printable import shown

CLEARLY: Final = 0.1
"""How much less likely a report must become for a change of direction to count."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What came of a text instead of a prediction: the exception."""

    error: str


Answer = TweetPrediction | Raised


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a case failed, or why it does not count; both are None where it passed.

    Attributes:
        fault: what is wrong with the prediction.
        uncounted: what is wrong with that of the base: nothing can be asked of the change then.
    """

    fault: str | None = None
    uncounted: str | None = None


def judge_case(case: Case, answers: Mapping[str, Answer]) -> Verdict:
    """Judge a case by the answers to its texts.

    INV: each span of the base, moved, must overlap one of the changed text, in their order, none more, and
    its likeliest PT must be the same. A span may gain or lose a word at its ends, as in the relaxed score,
    and a PT may fall below the threshold and be a candidate alone. DIR: the changed text must become NoADE,
    or its probability fall by `CLEARLY`.
    """
    draft = case.draft
    answer = answers[draft.item.text]
    fault = malformed(draft.item.text, answer)
    if fault or not isinstance(answer, TweetPrediction):
        return Verdict(fault)
    if draft.base is None:
        return Verdict(_misjudged(draft.item, answer))
    base = answers[draft.base.text]
    fault = malformed(draft.base.text, base)
    if fault or not isinstance(base, TweetPrediction):
        return Verdict(uncounted=fault)
    fault = _misjudged(draft.base, base)
    if fault:
        return Verdict(uncounted=fault)
    if draft.test == "DIR":
        return Verdict(_not_less_likely(answer, base))
    places = [moved((mention.start, mention.end), draft.edits) for mention in base.mentions]
    return Verdict(_otherwise(answer, base, places))


def malformed(text: str, answer: Answer) -> str | None:
    """Say what no prediction of a text may be: no answer, no probability, spans that are not in the text."""
    if isinstance(answer, Raised):
        return f"raised {answer.error}"
    if not _is_probability(answer.probability):
        return f"the probability is {answer.probability}"
    end = 0
    for mention in answer.mentions:
        if not end <= mention.start < mention.end <= len(text):
            return f"the span {mention.start}-{mention.end} is empty, out of order or outside the text"
        if text[mention.start : mention.end] != mention.text:
            return f"{shown(mention.text)!r} is not at {mention.start}-{mention.end}"
        if not _is_probability(mention.score):
            return f"the score of {shown(mention.text)!r} is {mention.score}"
        end = mention.end
    return None


def best_pt(mention: Mention) -> tuple[str, str] | None:
    """Give code and name of the likeliest PT, whether or not the Normalizer is sure enough of it."""
    if mention.ptid is not None:
        return mention.ptid, mention.pt_name or mention.ptid
    return (mention.runners_up[0].ptid, mention.runners_up[0].pt_name) if mention.runners_up else None


def _misjudged(sentence: Sentence, answer: TweetPrediction) -> str | None:
    if answer.label != sentence.label:
        return f"the label is {answer.label}"
    for effect in sentence.effects:
        found = [one for one in answer.mentions if _overlap((one.start, one.end), (effect.start, effect.end))]
        words = sentence.text[effect.start : effect.end]
        if not found:
            return f"no span overlaps {words!r}"
        if effect.names and not any(one.pt_name in effect.names for one in found):
            return f"{words!r} has another code, or none"
    for place in sentence.others:
        if any(_overlap((one.start, one.end), place) for one in answer.mentions):
            return f"a span overlaps {sentence.text[slice(*place)]!r}, which is no effect"
    return None


def _otherwise(answer: TweetPrediction, base: TweetPrediction, places: Sequence[Place]) -> str | None:
    if answer.label != base.label:
        return f"the label was {base.label} before the change"
    found = [(one.start, one.end) for one in answer.mentions]
    if len(found) != len(places) or not all(map(_overlap, found, places)):
        return "the spans were others before the change"
    for old, new in zip(base.mentions, answer.mentions, strict=True):
        before, after = best_pt(old), best_pt(new)
        if before != after:
            return f"the code of {shown(new.text)!r} was {before[1] if before else 'none'} before the change"
    return None


def _not_less_likely(answer: TweetPrediction, base: TweetPrediction) -> str | None:
    if answer.label == "NoADE" or answer.probability <= base.probability - CLEARLY:
        return None
    return f"the probability was {base.probability:.3f} before the change"


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _is_probability(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= 1

"""Verdicts: whether the predictions of a scorer are what a case demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from models.predictions import Mention, TweetPrediction, prediction_fault
from training.checklist.cases import Case, Place, Sentence, printable
from training.edits import move_span

CLEARLY: Final = 0.1
"""By how much the probability of a report must fall for a change of direction to count."""


@dataclass(frozen=True, slots=True)
class RaisedError:
    """The exception that a scorer raised at a text, instead of a prediction."""

    error: str


Answer = TweetPrediction | RaisedError


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """Why a case failed, or why it does not count; both are None if it passed.

    Attributes:
        fault: what is wrong with the prediction.
        uncounted: what is wrong with the prediction for the base: then the change cannot be tested.
    """

    fault: str | None = None
    uncounted: str | None = None


def check_case(case: Case, answers: Mapping[str, Answer]) -> CaseVerdict:
    """Check the answers to the texts of a case.

    INV: each span of the base, moved, must overlap one span of the changed text, in the same order, with none
    left over; its likeliest PT must be the same. A span may gain or lose a word at its ends, as in the
    relaxed score. A PT may fall below the threshold and be only a candidate. DIR: the changed text must
    become NoADE, or its probability fall by `CLEARLY`.

    Args:
        case: the case.
        answers: by text, for all texts of the case.
    """
    draft = case.draft
    answer = answers[draft.sentence.text]
    fault = find_impossible(draft.sentence.text, answer)
    if fault or not isinstance(answer, TweetPrediction):
        return CaseVerdict(fault)
    if draft.base is None:
        return CaseVerdict(_difference_from_stated(draft.sentence, answer))
    base_answer = answers[draft.base.text]
    fault = find_impossible(draft.base.text, base_answer)
    if fault or not isinstance(base_answer, TweetPrediction):
        return CaseVerdict(uncounted=fault)
    fault = _difference_from_stated(draft.base, base_answer)
    if fault:
        return CaseVerdict(uncounted=fault)
    if draft.test == "DIR":
        return CaseVerdict(_lack_of_fall(answer, base_answer))
    places = [move_span((mention.start, mention.end), draft.edits) for mention in base_answer.mentions]
    return CaseVerdict(_difference_from_base(answer, base_answer, places))


def find_impossible(text: str, answer: Answer) -> str | None:
    """Return what no answer to a text may be, or None: an exception, an impossible score or span."""
    if isinstance(answer, RaisedError):
        return f"raised {answer.error}"
    if fault := prediction_fault(answer, text):
        return f"the prediction has {fault}"
    for left, right in pairwise(answer.mentions):
        if right.start < left.end:
            return f"the span {right.start}-{right.end} overlaps the one before it, or precedes it"
    return None


def likeliest_pt(mention: Mention) -> tuple[str, str] | None:
    """Return code and name of the likeliest PT, whether or not the Normalizer is sure enough of it."""
    if mention.ptid is not None:
        return mention.ptid, mention.pt_name or mention.ptid
    return (mention.runners_up[0].ptid, mention.runners_up[0].pt_name) if mention.runners_up else None


def _difference_from_stated(sentence: Sentence, answer: TweetPrediction) -> str | None:
    if answer.label != sentence.label:
        return f"the label is {answer.label}"
    for effect in sentence.effects:
        matches = [mention for mention in answer.mentions if _overlap(mention, (effect.start, effect.end))]
        words = sentence.text[effect.start : effect.end]
        if not matches:
            return f"no span overlaps {words!r}"
        if effect.names and not any(mention.pt_name in effect.names for mention in matches):
            return f"{words!r} has another code, or none"
    for place in sentence.non_effects:
        if any(_overlap(mention, place) for mention in answer.mentions):
            return f"a span overlaps {sentence.text[slice(*place)]!r}, which is not an effect"
    return None


def _difference_from_base(
    answer: TweetPrediction, base: TweetPrediction, places: Sequence[Place]
) -> str | None:
    if answer.label != base.label:
        return f"the label was {base.label} before the change"
    if len(answer.mentions) != len(places) or not all(map(_overlap, answer.mentions, places)):
        return "the spans were different before the change"
    for old, new in zip(base.mentions, answer.mentions, strict=True):
        before, after = likeliest_pt(old), likeliest_pt(new)
        if before != after:
            name = before[1] if before else "none"
            return f"the code of {printable(new.text)!r} was {name} before the change"
    return None


def _lack_of_fall(answer: TweetPrediction, base: TweetPrediction) -> str | None:
    if answer.label == "NoADE" or answer.probability <= base.probability - CLEARLY:
        return None
    return f"the probability was {base.probability:.3f} before the change"


def _overlap(mention: Mention, place: Place) -> bool:
    return mention.start < place[1] and place[0] < mention.end

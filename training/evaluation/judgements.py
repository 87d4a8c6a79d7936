"""From annotated texts and from predictions to what the scorer compares."""

from __future__ import annotations

from collections.abc import Mapping

from models.predictions import TweetPrediction
from training.examples import Example
from training.scorer import Judgement, Mark


def annotated(example: Example) -> Judgement:
    """Give the annotations of a text; a span that is there twice counts once, as in the official files."""
    marks = dict.fromkeys(Mark(span.start, span.end, span.ptid) for span in example.spans)
    return Judgement(example.label == 1, tuple(marks))


def predicted(prediction: TweetPrediction) -> Judgement:
    """Give what was predicted for a text."""
    return Judgement(
        prediction.label == "ADE",
        tuple(Mark(mention.start, mention.end, mention.ptid) for mention in prediction.mentions),
    )


def lifted(judgement: Judgement, lift: Mapping[str, str]) -> Judgement:
    """Lift the codes of LLTs to PTs; a span that is there again with the same PT counts once."""
    marks = (Mark(m.start, m.end, lift.get(m.code, m.code) if m.code else None) for m in judgement.marks)
    return Judgement(judgement.adverse, tuple(dict.fromkeys(marks)))

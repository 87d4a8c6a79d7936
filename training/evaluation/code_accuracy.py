"""How good the codes are on spans that the Extractor found: accuracy at 1 and at 5, and near misses.

In the official scores of 1c, a span that was not found counts as badly as one with a wrong PT. These figures
look at the Normalizer alone. A near miss shares a term above the PTs with the annotated one: Sleepiness and
Somnolence are two PTs that people confuse too, and both belong to one High Level Term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from models.terminology import Terminology
from training.evaluation.prediction_files import Predictions
from training.scorer import OfficialSpan, TweetAnnotation, match_relaxed

SHORTLIST: Final = 5
"""How many candidates "accuracy at 5" looks at."""


@dataclass(frozen=True, slots=True)
class CodedSpan:
    """An annotated span with its PT and the predicted one.

    Attributes:
        gold: the annotated PT.
        code: the predicted PT, or None if the span was left uncoded.
        candidates: PTs best first, the code included; None if they are not known.
    """

    gold: str
    code: str | None
    candidates: tuple[str, ...] | None = None

    @property
    def best(self) -> str | None:
        """The best candidate, however unsure; the code if candidates are not known."""
        return self.code if self.candidates is None else next(iter(self.candidates), None)


@dataclass(frozen=True)
class CodeAccuracy:
    """Accuracy of the codes of some spans; all shares lie in [0, 1].

    Attributes:
        spans: how many.
        coded: share that got a code.
        precision: share of right codes among the spans that have one; None if none has.
        at_1: share whose best candidate is the annotated PT, however unsure; if candidates are not known,
            share whose code is.
        at_5: share whose first five candidates include it; None if candidates are not known.
        near: share whose best candidate agrees at "hlt" and "soc" level; empty without a hierarchy.
    """

    spans: int
    coded: float
    precision: float | None
    at_1: float
    at_5: float | None
    near: Mapping[str, float]

    def to_json(self) -> dict[str, float | int | None]:
        """Return all figures, rounded to four digits; None for what was not measured."""
        shares = {
            "coded": self.coded,
            "precision": self.precision,
            "accuracy_at_1": self.at_1,
            "accuracy_at_5": self.at_5,
            "hlt_agreement": self.near.get("hlt"),
            "soc_agreement": self.near.get("soc"),
        }
        return {
            "spans": self.spans,
            **{name: share if share is None else round(share, 4) for name, share in shares.items()},
        }


def measure_code_accuracy(
    spans: Sequence[CodedSpan], terminology: Terminology | None = None
) -> CodeAccuracy | None:
    """Measure the codes of spans; return None if there are no spans.

    Args:
        spans: with their annotated PTs.
        terminology: its hierarchy shows which wrong PTs are near misses.
    """
    if not spans:
        return None
    coded = [span for span in spans if span.code is not None]
    candidates_known = all(span.candidates is not None for span in spans)
    return CodeAccuracy(
        spans=len(spans),
        coded=len(coded) / len(spans),
        precision=sum(span.code == span.gold for span in coded) / len(coded) if coded else None,
        at_1=sum(span.best == span.gold for span in spans) / len(spans),
        at_5=sum(span.gold in (span.candidates or ())[:SHORTLIST] for span in spans) / len(spans)
        if candidates_known
        else None,
        near=agreement([span.best for span in spans], [span.gold for span in spans], terminology)
        if terminology
        else {},
    )


def agreement(
    predicted: Sequence[str | None], gold: Sequence[str], terminology: Terminology
) -> dict[str, float]:
    """Return the share of spans whose predicted PT agrees with the annotated one at HLT and at SOC level.

    Two PTs agree at a level if they are the same or share a term of that level on any of their paths (MedDRA
    is multi-axial: a PT may belong to several SOCs). So agreement is never below accuracy, and at SOC level
    never below that at HLT level.

    Args:
        predicted: PT of each span, or None if it was left uncoded, which agrees with nothing.
        gold: annotated PT of each span, in the same order.
        terminology: lifts LLT codes to PTs, and has the hierarchy.

    Returns:
        "hlt" and "soc", in [0, 1]; empty if the terminology has no hierarchy, or if there are no spans.

    Raises:
        ValueError: the two differ in length.
    """
    agreeing = {"hlt": 0, "soc": 0}
    for predicted_code, gold_code in zip(predicted, gold, strict=True):
        if predicted_code is None:
            continue
        a, b = (terminology.pt_of(code) or code for code in (predicted_code, gold_code))
        agreeing["hlt"] += a == b or bool(terminology.hlts(a) & terminology.hlts(b))
        agreeing["soc"] += a == b or bool(terminology.socs(a) & terminology.socs(b))
    if not gold or not terminology.paths:
        return {}
    return {level: count / len(gold) for level, count in agreeing.items()}


def code_accuracy_by_group(
    gold: Mapping[str, TweetAnnotation],
    predictions: Predictions,
    *,
    seen: Set[str] | None = None,
    terminology: Terminology | None = None,
) -> dict[str, CodeAccuracy]:
    """Measure the codes of all matched spans ("matched"), and of those with PTs not in `seen` ("unseen").

    A group without spans is left out.
    """
    return measure_groups(matched_spans(gold, predictions), "matched", seen=seen, terminology=terminology)


def measure_groups(
    spans: Sequence[CodedSpan],
    name: str,
    *,
    seen: Set[str] | None,
    terminology: Terminology | None,
) -> dict[str, CodeAccuracy]:
    """Measure all spans, as the group `name`, and those with PTs not in `seen`, as the group "unseen".

    A group without spans is left out; so is "unseen" if `seen` is None.
    """
    groups = {name: spans}
    if seen is not None:
        groups["unseen"] = [span for span in spans if span.gold not in seen]
    measured = {group: measure_code_accuracy(members, terminology) for group, members in groups.items()}
    return {group: accuracy for group, accuracy in measured.items() if accuracy is not None}


def code_accuracy_notes(predictions: Predictions, terminology: Terminology | None) -> list[str]:
    """Return notes on what could not be measured, and why."""
    notes = []
    if predictions.candidates is None:
        notes.append(
            "the predictions have no candidates.tsv: there is no accuracy at 5, and accuracy at 1 counts "
            "spans without a code as wrong"
        )
    else:
        sizes = (
            len(candidates) for spans in predictions.candidates.values() for candidates in spans.values()
        )
        if 0 < (most := max(sizes, default=0)) < SHORTLIST:
            notes.append(f"no span has more than {most} candidates, so accuracy at 5 is accuracy at {most}")
    if terminology is not None and not terminology.paths:
        notes.append("the terminology has no mdhier.asc: there is no agreement at HLT and SOC level")
    return notes


def matched_spans(gold: Mapping[str, TweetAnnotation], predictions: Predictions) -> list[CodedSpan]:
    """Return the annotated spans with a code that a predicted span matches by the relaxed rule.

    Of several predicted spans, the one with the most characters in common counts, and of these the first.
    """
    coded_spans = []
    for tweet, annotation in gold.items():
        predicted = predictions.by_tweet.get(tweet, TweetAnnotation()).spans
        by_span = None if predictions.candidates is None else predictions.candidates.get(tweet, {})
        for span in annotation.spans:
            matches = [other for other in predicted if match_relaxed(span, other)]
            if span.code is None or not matches:
                continue
            best = max(matches, key=lambda other: _characters_in_common(span, other))
            candidates = None if by_span is None else by_span.get((best.start, best.end), ())
            coded_spans.append(CodedSpan(span.code, best.code, candidates))
    return coded_spans


def _characters_in_common(a: OfficialSpan, b: OfficialSpan) -> int:
    return min(a.end, b.end) - max(a.start, b.start)

"""How good the Normalizer is on spans that the Extractor found: accuracy at 1 and at 5, and near misses.

Beside the official scores of 1c, where a span that was not found counts as badly as a wrong PT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from models.terminology import Terminology
from training.evaluation.hierarchy import agreement
from training.evaluation.prediction_files import Predictions
from training.scorer import Judgement, Mark
from training.scorer.matching import touch

SHORTLIST: Final = 5


@dataclass(frozen=True, slots=True)
class CodedSpan:
    """An annotated span with its PT, and what was predicted for it.

    Attributes:
        gold: the annotated PT.
        code: the predicted PT, or None where the span was left uncoded.
        candidates: PTs best first, the code among them; None where they are not known.
    """

    gold: str
    code: str | None
    candidates: tuple[str, ...] | None = None

    @property
    def best(self) -> str | None:
        """The best candidate, however unsure; the code where candidates are not known."""
        return self.code if self.candidates is None else next(iter(self.candidates), None)


@dataclass(frozen=True)
class Coding:
    """Accuracy of the codes of some spans; all shares lie in [0, 1].

    Attributes:
        spans: how many.
        coded: share that has a code, and was not left uncoded.
        precision: share of right codes among those that have one; None where none has.
        at_1: share whose best candidate is the annotated PT, however unsure; where candidates are not
            known, whose code is.
        at_5: share whose first five candidates have it; None where candidates are not known.
        near: share whose best candidate agrees at "hlt" and "soc" level; empty without a hierarchy.
    """

    spans: int
    coded: float
    precision: float | None
    at_1: float
    at_5: float | None
    near: Mapping[str, float]

    def to_json(self) -> dict[str, float | int | None]:
        """Give all figures, JSON-ready, rounded to four digits; None for what was not measured."""
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


def measure_coding(spans: Sequence[CodedSpan], terminology: Terminology | None = None) -> Coding | None:
    """Measure the codes of spans; None where there are no spans.

    Args:
        spans: with their annotated PTs.
        terminology: its hierarchy tells near misses.
    """
    if not spans:
        return None
    coded = [span for span in spans if span.code is not None]
    shortlists = [span.candidates for span in spans if span.candidates is not None]
    return Coding(
        len(spans),
        len(coded) / len(spans),
        sum(span.code == span.gold for span in coded) / len(coded) if coded else None,
        sum(span.best == span.gold for span in spans) / len(spans),
        sum(span.gold in (span.candidates or ())[:SHORTLIST] for span in spans) / len(spans)
        if len(shortlists) == len(spans)
        else None,
        agreement([span.best for span in spans], [span.gold for span in spans], terminology)
        if terminology
        else {},
    )


def coding_by_group(
    gold: Mapping[str, Judgement],
    predictions: Predictions,
    *,
    seen: Set[str] | None = None,
    terminology: Terminology | None = None,
) -> dict[str, Coding]:
    """Measure the codes of all matched spans ("matched"), and of those with PTs not in `seen` ("unseen")."""
    spans = matched_spans(gold, predictions)
    groups = {"matched": spans}
    if seen is not None:
        groups["unseen"] = [span for span in spans if span.gold not in seen]
    measured = {name: measure_coding(own, terminology) for name, own in groups.items()}
    return {name: coding for name, coding in measured.items() if coding is not None}


def coding_notes(predictions: Predictions, terminology: Terminology | None) -> list[str]:
    """Say what could not be measured, and why."""
    notes = []
    if predictions.candidates is None:
        notes.append(
            "the predictions have no candidates.tsv: there is no accuracy at 5, and that at 1 takes spans "
            "without a code for wrong ones"
        )
    else:
        sizes = (len(own) for spans in predictions.candidates.values() for own in spans.values())
        if 0 < (most := max(sizes, default=0)) < SHORTLIST:
            notes.append(f"no span has more than {most} candidates, so that accuracy at 5 is that at {most}")
    if terminology is not None and not terminology.paths:
        notes.append("the terminology has no mdhier.asc: there is no agreement at HLT and SOC level")
    return notes


def matched_spans(gold: Mapping[str, Judgement], predictions: Predictions) -> list[CodedSpan]:
    """Give the annotated spans with a code that a predicted one matches by the relaxed rule.

    Of several, the one counts that has the most characters in common, and of these the first.
    """
    found = []
    for id_, annotated in gold.items():
        said = predictions.judgements.get(id_, Judgement()).marks
        own = None if predictions.candidates is None else predictions.candidates.get(id_, {})
        for mark in annotated.marks:
            matches = [other for other in said if touch(mark, other)]
            if mark.code is None or not matches:
                continue
            best = max(matches, key=lambda other: _in_common(mark, other))
            candidates = None if own is None else own.get((best.start, best.end), ())
            found.append(CodedSpan(mark.code, best.code, candidates))
    return found


def _in_common(one: Mark, other: Mark) -> int:
    return min(one.end, other.end) - max(one.start, other.start)

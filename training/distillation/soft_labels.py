"""Soft labels: what a teacher thinks of a text, and how several teachers are combined.

Words and spans are stored by their characters, because the student may have another tokenizer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.normalizer import Labels
from models.predictions import Candidate
from models.scoring.readings import ReadWord
from training.examples import Example
from training.loop import Relations

_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class SoftSpan:
    """A span `text[start:end]`, annotated or extracted by the teacher, and the PTs that it may mean.

    Attributes:
        start: first character.
        end: one past the last character.
        candidates: the likeliest PTs, best first.
    """

    start: int
    end: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class SoftLabel:
    """What a teacher thinks of a text.

    Attributes:
        log_odds: of ADE (subtask 1a).
        words: all words with their AE probabilities (subtask 1b), in the order of the text.
        spans: with their candidates (subtask 1c), in the order of the text.
    """

    log_odds: float
    words: tuple[ReadWord, ...]
    spans: tuple[SoftSpan, ...]

    def to_line(self, identifier: str) -> str:
        """Return a line of JSON.

        Args:
            identifier: of the text, for people who read the file.
        """
        words = [(word.start, word.end, round(word.score, _DIGITS)) for word in self.words]
        spans = [
            {
                "start": span.start,
                "end": span.end,
                "candidates": [(c.ptid, c.pt_name, round(c.score, _DIGITS)) for c in span.candidates],
            }
            for span in self.spans
        ]
        record = {
            "id": identifier,
            "log_odds": round(self.log_odds, _DIGITS),
            "words": words,
            "spans": spans,
        }
        return json.dumps(record, ensure_ascii=True, separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> SoftLabel:
        """Parse what `to_line` wrote.

        Raises:
            ValueError: the line is something else.
        """
        try:
            record: dict[str, Any] = json.loads(line)
            spans = [
                SoftSpan(span["start"], span["end"], tuple(Candidate(*c) for c in span["candidates"]))
                for span in record["spans"]
            ]
            words = tuple(ReadWord(*word) for word in record["words"])
            return cls(float(record["log_odds"]), words, tuple(spans))
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"the line is not a soft label ({error})") from None


@dataclass(frozen=True)
class SoftLabels:
    """Texts with their soft labels.

    Attributes:
        examples: the texts. Their annotations count where they are trained on as annotated texts; otherwise
            only the text and its context do.
        labels: one for each text.
        teachers: the versions of the bundles that read them.
        classes: the PTs that the teachers' Normalizers know.
        threshold: the log-odds from which the teachers call a text positive.
        relations: of the words of each text that has them, by the number of the text.
    """

    examples: Sequence[Example]
    labels: Sequence[SoftLabel]
    teachers: tuple[str, ...]
    classes: Labels
    threshold: float = 0.0
    relations: Mapping[int, Relations] = field(default_factory=dict)

    def of(self, rows: Sequence[int]) -> SoftLabels:
        """Return some of the texts, in the order of `rows`."""
        examples = [self.examples[row] for row in rows]
        relations = {number: self.relations[row] for number, row in enumerate(rows) if row in self.relations}
        return replace(
            self, examples=examples, labels=[self.labels[row] for row in rows], relations=relations
        )


def combine_soft_labels(teachers: Sequence[Sequence[SoftLabel]]) -> list[SoftLabel]:
    """Combine what several teachers think of the same texts.

    The log-odds of each teacher are divided by their standard deviation over all texts, so that a teacher
    that is surer of everything does not outvote the others. Their mean is multiplied by the mean of the
    standard deviations. A word gets the mean of the probabilities that each teacher gave to its characters;
    the words are those of the first teacher. A span gets the mean of the candidates of all teachers that have
    it.

    Args:
        teachers: `[teachers, texts]`; at least one teacher.
    """
    if len(teachers) == 1:
        return list(teachers[0])
    log_odds = np.array([[label.log_odds for label in labels] for labels in teachers])
    combined = combine_log_odds(log_odds, log_odds)
    return [
        SoftLabel(
            float(value),
            _combine_words([label.words for label in labels]),
            _combine_spans([label.spans for label in labels]),
        )
        for value, labels in zip(combined, zip(*teachers, strict=True), strict=True)
    ]


def combine_log_odds(values: NDArray[np.float64], log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Combine the log-odds of several teachers, as `combine_soft_labels` explains.

    Args:
        values: `[teachers, values]`, what is combined: all log-odds, or a threshold of each teacher.
        log_odds: `[teachers, texts]`, all log-odds, whose standard deviations count.

    Returns:
        `[values]`.
    """
    deviations = log_odds.std(axis=1, keepdims=True) if log_odds.size else np.ones((len(log_odds), 1))
    deviations = np.where(deviations > 0, deviations, 1.0)
    combined: NDArray[np.float64] = (values / deviations).mean(axis=0) * deviations.mean()
    return combined


def mean_score(words: Sequence[ReadWord], start: int, end: int) -> float | None:
    """Return the mean AE probability of the words that overlap the characters `start` to `end`.

    Returns:
        None if no word overlaps them.
    """
    scores = [word.score for word in words if word.start < end and start < word.end]
    return sum(scores) / len(scores) if scores else None


def _combine_words(teachers: Sequence[Sequence[ReadWord]]) -> tuple[ReadWord, ...]:
    combined = []
    for word in teachers[0]:
        scores = [mean_score(words, word.start, word.end) for words in teachers]
        known = [score for score in scores if score is not None]
        combined.append(ReadWord(word.start, word.end, sum(known) / len(known)))
    return tuple(combined)


def _combine_spans(teachers: Sequence[Sequence[SoftSpan]]) -> tuple[SoftSpan, ...]:
    by_place: dict[tuple[int, int], list[SoftSpan]] = {}
    for spans in teachers:
        for span in spans:
            by_place.setdefault((span.start, span.end), []).append(span)
    return tuple(
        SoftSpan(start, end, _mean_candidates([span.candidates for span in spans]))
        for (start, end), spans in sorted(by_place.items())
    )


def _mean_candidates(candidates_of: Sequence[Sequence[Candidate]]) -> tuple[Candidate, ...]:
    teachers = [candidates for candidates in candidates_of if candidates]
    if len(teachers) <= 1:
        return tuple(teachers[0]) if teachers else ()
    sums: dict[str, float] = {}
    names: dict[str, str] = {}
    for candidates in teachers:
        for candidate in candidates:
            sums[candidate.ptid] = sums.get(candidate.ptid, 0.0) + candidate.score
            names.setdefault(candidate.ptid, candidate.pt_name)
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    return tuple(Candidate(ptid, names[ptid], total / len(teachers)) for ptid, total in ranked)

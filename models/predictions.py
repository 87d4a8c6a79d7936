"""What the model says about a tweet: plain records that pass from stage to stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Label = Literal["ADE", "NoADE"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A MedDRA Preferred Term that the Normalizer considered for a span.

    Attributes:
        ptid: the PT's code, as in `pt.asc`.
        pt_name: the PT's name.
        score: probability in [0, 1].
    """

    ptid: str
    pt_name: str
    score: float


@dataclass(frozen=True, slots=True)
class Mention:
    """An adverse effect mentioned in a tweet (subtasks 1b and 1c).

    Attributes:
        start: first character of the span, an index into the tweet's text.
        end: one past the last character, so that `text[start:end]` is the span.
        text: the span itself.
        score: the Extractor's mean probability over the span's tokens, in [0, 1].
        ptid: code of the best PT, or None where the Normalizer is not sure enough ("uncoded").
        pt_name: name of that PT, or None.
        pt_score: its probability, or None.
        runners_up: further candidates, best first; the chosen PT is not repeated.
    """

    start: int
    end: int
    text: str
    score: float
    ptid: str | None
    pt_name: str | None
    pt_score: float | None
    runners_up: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class TweetPrediction:
    """The outcome of Algorithm 2 for one tweet.

    Attributes:
        label: "ADE" where the tweet reports an adverse effect (subtask 1a).
        probability: the Classifier's probability of ADE, in [0, 1]; it is kept as it was
            where the feedback of line 12 turns the label into NoADE.
        mentions: the spans, in the order of their offsets; empty where the label is NoADE.
    """

    label: Label
    probability: float
    mentions: tuple[Mention, ...] = ()


class Scorer(Protocol):
    """Anything that judges tweets: the pipeline of a bundle, or the dummy of load tests."""

    @property
    def version(self) -> str:
        """Identity of the weights and settings behind the predictions, written to every row."""
        ...

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Judge each text; the result has the order and the length of `texts`.

        Any text is legal: empty, 100 kB, odd unicode. Blocking, and safe to call from several
        threads at once: one call computes while another is tokenized or decoded.
        """
        ...

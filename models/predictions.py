"""What a scorer returns: plain records that pass from stage to stage, and the check that they are valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

TweetLabel = Literal["ADE", "NoADE"]

NoAdeReason = Literal["improbable", "no_span", "no_code"]
"""Why a tweet is NoADE: its probability is below the threshold; no span was found in it (Algorithm 2, line
12); or spans were found, but none got a code, and the bundle drops spans without one."""


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
        start: index of the first character of the span in the tweet's text.
        end: one past the last character, so that `text[start:end]` is the span.
        text: the span itself.
        score: the Extractor's mean probability over the span's tokens, in [0, 1].
        ptid: code of the best PT, or None where its probability is below the threshold ("uncoded").
        pt_name: name of that PT, or None.
        pt_score: its probability, or None.
        runners_up: further candidates, best first, without the chosen PT.
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
    """The result of Algorithm 2 for one tweet.

    Attributes:
        label: "ADE" where the tweet reports an adverse effect (subtask 1a).
        probability: the Classifier's probability of ADE, in [0, 1]. It does not change where the feedback of
            line 12 turns the label into NoADE.
        mentions: the spans, in the order of their offsets; empty where the label is NoADE.
        reason: why the label is NoADE; None where it is ADE, and where a scorer does not know.
        windows: number of windows that a long text was read in; 1 for a text that fits into one.
        unread: number of characters at the end of a very long text that were not read.
        first_probability: of a bundle with two readers, the first one's own probability; else None.
        second_probability: of a bundle with two readers, the second one's own probability; None where it did
            not read the tweet.
    """

    label: TweetLabel
    probability: float
    mentions: tuple[Mention, ...] = ()
    reason: NoAdeReason | None = None
    windows: int = 1
    unread: int = 0
    first_probability: float | None = None
    second_probability: float | None = None


class Scorer(Protocol):
    """Anything that scores tweets: the pipeline of a bundle, or the dummy of load tests."""

    @property
    def version(self) -> str:
        """Identity of the weights and settings behind the predictions, written to every row."""
        ...

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        """Score each text; the predictions have the order and the length of `texts`.

        Any text is valid: empty, 100 kB, odd unicode. The call blocks, and several threads may call at once:
        one call computes while another is tokenized or decoded.

        Args:
            texts: of the posts; spans lie in them alone.
            contexts: for each text what it answers or belongs to, such as a thread's title or the name of a
                drug; empty where there is nothing. Bundles that were not trained with contexts ignore them.

        Raises:
            TypeError: texts or contexts are not sequences of strings.
            ValueError: there are not as many contexts as texts.
        """
        ...


def require_texts(texts: Sequence[str], contexts: Sequence[str] | None = None) -> None:
    """Check the arguments of `Scorer.score`.

    Raises:
        TypeError: texts or contexts are a single string, which is a sequence of letters, or have an element
            that is not a string.
        ValueError: there are not as many contexts as texts.
    """
    for name, strings in (("texts", texts), ("contexts", contexts or ())):
        if isinstance(strings, str):
            raise TypeError(f"{name} is a single string: pass a list of strings, even for one post")
        for place, string in enumerate(strings):
            if not isinstance(string, str):
                raise TypeError(f"{name}[{place}] is of type {type(string).__name__}: pass a string")
    if contexts is not None and len(contexts) != len(texts):
        raise ValueError(
            f"there are {len(contexts)} contexts for {len(texts)} texts: pass one for each, empty for none"
        )


ROUNDING: Final = 1e-6
"""By how much the float32 sum behind a probability may lie outside [0, 1]."""


def is_probability(value: float) -> bool:
    """Return True if `value` lies in [0, 1], up to a rounding error; NaN does not."""
    return -ROUNDING < value < 1 + ROUNDING


def clamp_probability(value: float) -> float:
    """Return `value` without its rounding error; a value that is not a probability stays as it is."""
    return min(max(value, 0.0), 1.0) if is_probability(value) else value


def clamp_optional(value: float | None) -> float | None:
    """Return `clamp_probability` of a value, or None if there is none."""
    return None if value is None else clamp_probability(value)


def is_span_of(text: str, start: int, end: int) -> bool:
    """Return True if `text[start:end]` is a non-empty span that lies within `text`."""
    return 0 <= start < end <= len(text)


def prediction_fault(prediction: TweetPrediction, text: str) -> str | None:
    """Return what makes a prediction for `text` impossible, or None if it is valid.

    A score must be a probability. A span must lie within the text, and have the words at its offsets.
    """
    scores = [prediction.probability]
    for probability in (prediction.first_probability, prediction.second_probability):
        scores += [] if probability is None else [probability]
    for mention in prediction.mentions:
        scores += [mention.score] if mention.pt_score is None else [mention.score, mention.pt_score]
        start, end = mention.start, mention.end
        if not is_span_of(text, start, end) or text[start:end] != mention.text:
            return f"a span from {start} to {end} that is not in the text"
    wrong = [score for score in scores if not is_probability(score)]
    return f"a score of {wrong[0]}" if wrong else None

"""Scorers without a model: one that knows all answers, and some that know none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.predictions import Mention, TweetPrediction
from training.checklist.cases import Case, Sentence


def right_prediction(sentence: Sentence) -> TweetPrediction:
    """Return the prediction that a sentence demands."""
    mentions = []
    for effect in sentence.effects:
        name = effect.names[0] if effect.names else "Some effect"
        words = sentence.text[effect.start : effect.end]
        mentions.append(Mention(effect.start, effect.end, words, 0.9, "90000001", name, 0.9))
    return TweetPrediction("ADE", 0.9, tuple(mentions)) if mentions else TweetPrediction("NoADE", 0.1)


class PerfectScorer:
    """Returns the right prediction for each text of some cases."""

    version = "perfect-1"

    def __init__(self, cases: Iterable[Case]) -> None:
        self.predictions: dict[str, TweetPrediction] = {}
        for case in cases:
            for sentence in (case.draft.sentence, case.draft.base):
                if sentence is not None:
                    self.predictions[sentence.text] = right_prediction(sentence)

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        return [self.predictions[text] for text in texts]


class FunctionScorer:
    """Scores each text by a function."""

    version = "function-1"

    def __init__(self, predict: Callable[[str], TweetPrediction]) -> None:
        self.predict = predict

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        return [self.predict(text) for text in texts]


def predict_nothing(text: str) -> TweetPrediction:
    """Find nothing in any text."""
    return TweetPrediction("NoADE", 0.0)


def predict_everything(text: str) -> TweetPrediction:
    """Take all of any text for an adverse effect."""
    whole = (Mention(0, len(text), text, 1.0, "90000001", "Nausea", 1.0),) if text else ()
    return TweetPrediction("ADE", 1.0, whole)

"""Scorers that are made, not trained: one that knows all answers, and some that know none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.predictions import Mention, TweetPrediction
from training.checklist.cases import Case, Sentence


def right(sentence: Sentence) -> TweetPrediction:
    """Judge a sentence as it is meant."""
    mentions = []
    for effect in sentence.effects:
        name = effect.names[0] if effect.names else "Some effect"
        words = sentence.text[effect.start : effect.end]
        mentions.append(Mention(effect.start, effect.end, words, 0.9, "90000001", name, 0.9))
    return TweetPrediction("ADE", 0.9, tuple(mentions)) if mentions else TweetPrediction("NoADE", 0.1)


class Knowing:
    """Gives each text of some cases the answer that is right."""

    version = "knowing-1"

    def __init__(self, cases: Iterable[Case]) -> None:
        self.answers: dict[str, TweetPrediction] = {}
        for case in cases:
            for sentence in (case.draft.item, case.draft.base):
                if sentence is not None:
                    self.answers[sentence.text] = right(sentence)

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        return [self.answers[text] for text in texts]


class Judging:
    """Judges by a function."""

    version = "judging-1"

    def __init__(self, judge: Callable[[str], TweetPrediction]) -> None:
        self.judge = judge

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        return [self.judge(text) for text in texts]


def nothing(text: str) -> TweetPrediction:
    """Find nothing in any text."""
    return TweetPrediction("NoADE", 0.0)


def everything(text: str) -> TweetPrediction:
    """Take all of any text for an adverse effect."""
    whole = (Mention(0, len(text), text, 1.0, "90000001", "Nausea", 1.0),) if text else ()
    return TweetPrediction("ADE", 1.0, whole)

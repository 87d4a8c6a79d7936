"""Scorers without a model, for tests of the stages."""

from __future__ import annotations

from collections.abc import Sequence

from models import Scorer, TweetPrediction
from monitor.enrich import LanguageFilter
from monitor.stream.scoring import ScorePosts
from monitor.stream.scoring_journal import ScoringJournal
from monitor.stream.served_bundle import CurrentBundle, ServedBundle


class PickyScorer:
    """Scores all texts except those that contain one of its words."""

    version = "picky-1"

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        if any(word in text for text in texts for word in self.refused):
            raise ValueError("refused")
        return [TweetPrediction("NoADE", len(text) / 1000) for text in texts]


class FaultyScorer:
    """Returns an impossible prediction for texts with the word "odd", or for all texts."""

    version = "faulty-1"

    def __init__(self, fault: TweetPrediction, *, always: bool = False) -> None:
        self.fault = fault
        self.always = always

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        return [
            self.fault if self.always or "odd" in text else TweetPrediction("NoADE", 0.1) for text in texts
        ]


def scoring_with(scorer: Scorer) -> ScorePosts:
    """Return the scoring stage of a worker with one thread of the model."""
    return ScorePosts(current_bundle(scorer), at_once=2)


def scoring_with_journal(scorer: Scorer, journal: ScoringJournal) -> ScorePosts:
    """Return the same with a journal."""
    return ScorePosts(current_bundle(scorer), at_once=2, journal=journal)


def current_bundle(scorer: Scorer, *languages: str) -> CurrentBundle:
    """Return the owner of a bundle that scores posts in some languages, or in all."""
    return CurrentBundle(ServedBundle(scorer, LanguageFilter(languages)))

"""Compares the predictions of a pipeline with those of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from models.predictions import Mention, TweetPrediction
from models.scoring import decode_spans, read_words
from tests.reference import Reference, ReferenceScores

TOLERANCE = 1e-4  # of probabilities, in fp32


class Agreement:
    """Compares predictions with those of a reference, which scores each text only once.

    Args:
        reference: plain and slow.
        tolerance: how far probabilities may differ. If the reference is within it of a threshold, both
            results are right, and only the probability is compared.
    """

    def __init__(self, reference: Reference, tolerance: float = TOLERANCE) -> None:
        self.reference = reference
        self.tolerance = tolerance
        self._score = cache(reference.score_text)
        self._rank = cache(reference.rank)

    def check(self, texts: Sequence[str], predictions: Sequence[TweetPrediction]) -> None:
        """Fail if a prediction is not the reference's."""
        assert len(predictions) == len(texts)
        for text, prediction in zip(texts, predictions, strict=True):
            scores = self._score(text)
            expected = scores.prediction
            assert prediction.probability == pytest.approx(expected.probability, abs=self.tolerance)
            if not self._is_settled(text, scores):
                continue
            assert prediction.label == expected.label
            assert [(m.start, m.end, m.text) for m in prediction.mentions] == [
                (m.start, m.end, m.text) for m in expected.mentions
            ]
            for mention, other in zip(prediction.mentions, expected.mentions, strict=True):
                assert mention.score == pytest.approx(other.score, abs=self.tolerance)
                self._check_candidates(text, mention, other)

    def _is_settled(self, text: str, scores: ReferenceScores) -> bool:
        """Return True if label and spans are the same with slightly different probabilities."""
        off = self.tolerance
        threshold = self.reference.thresholds.classifier
        if threshold > 0 and abs(scores.prediction.probability - threshold) <= off:
            return False
        if scores.token_probabilities is None:
            return True
        encoding = self.reference.tokenizer.text(text)
        fewest, most = (
            [
                (span.start, span.end)
                for span in decode_spans(
                    text, read_words(text, encoding, [p + d for p in scores.token_probabilities])
                )
            ]
            for d in (-off, off)
        )
        return fewest == most

    def _check_candidates(self, text: str, mention: Mention, expected: Mention) -> None:
        """Compare candidates by their scores, since two of nearly equal scores may change places."""
        score_of = {candidate.ptid: candidate.score for candidate in self._rank(mention.text, text)}
        ranking = [(candidate.ptid, candidate.score) for candidate in mention.runners_up]
        if mention.ptid is not None and mention.pt_score is not None:
            ranking.insert(0, (mention.ptid, mention.pt_score))
        scores = [score for _, score in ranking]
        assert scores == pytest.approx([score_of[ptid] for ptid, _ in ranking], abs=self.tolerance)
        best = sorted(score_of.values(), reverse=True)[: len(scores)]
        assert scores == pytest.approx(best, abs=self.tolerance)
        assert len(ranking) == len(expected.runners_up) + (expected.ptid is not None)
        threshold = self.reference.thresholds.normalizer
        if best and abs(best[0] - threshold) > self.tolerance:
            assert (mention.ptid is None) == (expected.ptid is None)

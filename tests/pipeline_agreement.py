"""Whether a pipeline says what the reference says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from models.predictions import Mention, TweetPrediction
from models.scoring.decode import spans_of
from tests.reference import Judged, Reference

TOLERANCE = 1e-4  # of probabilities, in fp32


class Agreement:
    """Holds predictions against those of a reference, which judges a text that comes again only once.

    Args:
        reference: plain and slow.
        tolerance: how far probabilities may be off. A text about which the reference decides by less than
            that may come out either way, and then its probability alone is compared.
    """

    def __init__(self, reference: Reference, tolerance: float = TOLERANCE) -> None:
        self.reference = reference
        self.tolerance = tolerance
        self._judge = cache(reference.judge)
        self._rank = cache(reference.rank)

    def holds(self, texts: Sequence[str], predictions: Sequence[TweetPrediction]) -> None:
        """Fail where a prediction is not the reference's."""
        assert len(predictions) == len(texts)
        for text, found in zip(texts, predictions, strict=True):
            judged = self._judge(text)
            wanted = judged.prediction
            assert found.probability == pytest.approx(wanted.probability, abs=self.tolerance)
            if not self._is_settled(text, judged):
                continue
            assert found.label == wanted.label
            assert [(m.start, m.end, m.text) for m in found.mentions] == [
                (m.start, m.end, m.text) for m in wanted.mentions
            ]
            for mention, other in zip(found.mentions, wanted.mentions, strict=True):
                assert mention.score == pytest.approx(other.score, abs=self.tolerance)
                self._is_coded_alike(text, mention, other)

    def _is_settled(self, text: str, judged: Judged) -> bool:
        """Whether the label and the spans would be the same with probabilities a little off."""
        off = self.tolerance
        threshold = self.reference.thresholds.classifier
        if threshold > 0 and abs(judged.prediction.probability - threshold) <= off:
            return False
        if judged.adverse is None:
            return True
        encoding = self.reference.tokenizer.text(text)
        fewest, most = (
            [(span.start, span.end) for span in spans_of(text, encoding, [p + d for p in judged.adverse])]
            for d in (-off, off)
        )
        return fewest == most

    def _is_coded_alike(self, text: str, found: Mention, wanted: Mention) -> None:
        """Compare candidates by their scores: two of about the same may change places."""
        every = {candidate.ptid: candidate.score for candidate in self._rank(found.text, text)}
        ranking = [(candidate.ptid, candidate.score) for candidate in found.runners_up]
        if found.ptid is not None and found.pt_score is not None:
            ranking.insert(0, (found.ptid, found.pt_score))
        scores = [score for _, score in ranking]
        assert scores == pytest.approx([every[ptid] for ptid, _ in ranking], abs=self.tolerance)
        best = sorted(every.values(), reverse=True)[: len(scores)]
        assert scores == pytest.approx(best, abs=self.tolerance)
        assert len(ranking) == len(wanted.runners_up) + (wanted.ptid is not None)
        threshold = self.reference.thresholds.normalizer
        if best and abs(best[0] - threshold) > self.tolerance:
            assert (found.ptid is None) == (wanted.ptid is None)

"""A scorer without weights, for load tests and for tests of everything around the model."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from models.predictions import Mention, TweetPrediction

# The codes are of MedDRA's form, but lie outside the range that MedDRA uses.
_CUES = {
    "headache": ("90000001", "Headache"),
    "nausea": ("90000002", "Nausea"),
    "nauseous": ("90000002", "Nausea"),
    "dizzy": ("90000003", "Dizziness"),
    "insomnia": ("90000004", "Insomnia"),
    "shaking": ("90000005", "Tremor"),
}
_CUE = re.compile(rf"\b(?:{'|'.join(_CUES)})\b", re.ASCII | re.IGNORECASE)
_NOTHING = TweetPrediction("NoADE", 0.1)


class DummyScorer:
    """Finds a few fixed words and codes them; always the same answer, about 1 µs a tweet.

    Args:
        delay: seconds that each tweet is made to take, for tests of a slow model.
    """

    version = "dummy-1"

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    def score(self, texts: Sequence[str]) -> list[TweetPrediction]:
        """Judge each text, in order."""
        if self.delay:
            time.sleep(self.delay * len(texts))
        return [_judge(text) for text in texts]


def _judge(text: str) -> TweetPrediction:
    mentions = tuple(
        Mention(found.start(), found.end(), found[0], 0.9, *_CUES[found[0].lower()], pt_score=0.9)
        for found in _CUE.finditer(text)
    )
    return TweetPrediction("ADE", 0.9, mentions) if mentions else _NOTHING

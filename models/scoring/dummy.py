"""A scorer without weights, for load tests and for tests of everything around the model."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Final

from models.errors import BundleError
from models.predictions import Mention, TweetPrediction, require_texts

DUMMY: Final = "dummy"
"""The name of the dummy; `dummy:SECONDS` takes that long for each tweet."""

# The codes have MedDRA's form, but lie outside the range that MedDRA uses.
_EFFECTS = {
    "headache": ("90000001", "Headache"),
    "nausea": ("90000002", "Nausea"),
    "nauseous": ("90000002", "Nausea"),
    "dizzy": ("90000003", "Dizziness"),
    "insomnia": ("90000004", "Insomnia"),
    "shaking": ("90000005", "Tremor"),
}
_EFFECT = re.compile(rf"\b(?:{'|'.join(_EFFECTS)})\b", re.ASCII | re.IGNORECASE)
_NO_EFFECT = TweetPrediction("NoADE", 0.1)
_MAX_DELAY: Final = 60.0


class DummyScorer:
    """Finds a few fixed words and codes them; deterministic, about 1 µs a tweet.

    Args:
        delay: seconds that each tweet takes, for tests of a slow model.
    """

    version = "dummy-1"

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay

    def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
        """Score each text, in order."""
        require_texts(texts, contexts)
        if self.delay:
            time.sleep(self.delay * len(texts))
        return [_predict(text) for text in texts]


def is_dummy(name: str) -> bool:
    """Return True if `name` stands for the dummy and not for a bundle."""
    return name.partition(":")[0] == DUMMY


def dummy_delay(name: str) -> float:
    """Return the seconds that `dummy` or `dummy:SECONDS` takes for each tweet.

    Raises:
        BundleError: they are not a number from 0 to 60.
    """
    _, _, seconds = name.partition(":")
    try:
        delay = float(seconds or 0)
    except ValueError:
        delay = -1
    if not 0 <= delay <= _MAX_DELAY:
        raise BundleError(
            f"{name!r} is not a valid dummy: it takes 0 to {_MAX_DELAY:.0f} seconds a tweet, for example "
            "dummy:0.01"
        )
    return delay


def _predict(text: str) -> TweetPrediction:
    mentions = tuple(
        Mention(match.start(), match.end(), match[0], 0.9, *_EFFECTS[match[0].lower()], pt_score=0.9)
        for match in _EFFECT.finditer(text)
    )
    return TweetPrediction("ADE", 0.9, mentions) if mentions else _NO_EFFECT

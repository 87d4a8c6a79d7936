"""`ade-monitor` with a dummy that ends the process, or hangs, at certain words, like faulty native code."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Final

from models import DummyScorer, TweetPrediction
from monitor.cli import main

DEADLY: Final = "deadly"
"""A word that ends the process when its post is scored."""

HANGING: Final = "endless"
"""A word that makes scoring hang."""


def make_dummy_deadly() -> None:
    """Replace what all dummies of this process do."""
    usual = DummyScorer.score

    def score(
        scorer: DummyScorer, texts: Sequence[str], contexts: Sequence[str] | None = None
    ) -> list[TweetPrediction]:
        if any(DEADLY in text for text in texts):
            os.abort()
        if any(HANGING in text for text in texts):
            time.sleep(3600)
        return usual(scorer, texts, contexts)

    DummyScorer.score = score  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    make_dummy_deadly()
    main()

"""The self-test of a bundle before it scores: invented posts, as short, long and odd as real ones.

It shows that the bundle runs on this machine. It cannot show that its predictions are good: `ade-train
evaluate` measures that before a bundle is rolled out.
"""

from __future__ import annotations

from typing import Final

from models import Scorer
from models.errors import ModelError
from models.predictions import prediction_fault
from models.scoring import CachingScorer

CHECK_TEXTS: Final = (
    "",
    "day two on this new pill and i feel fine",
    "this pill gives me a headache and i can't sleep, so dizzy",
    "NEVER again!!! #sick 🤢 https://example.org/a @someone",
    "Ich kann seit der Tablette nicht schlafen. 薬を飲んでから頭が痛い",
    "a\u0301\u200b\u202e ½ 𝐛𝐨𝐥𝐝 \x00 ~",
    "i took it with food. my stomach hurts. " * 100,
)
CHECK_CONTEXT: Final = "a thread about side effects"


def check_scorer(scorer: Scorer) -> None:
    """Score `CHECK_TEXTS`, alone and together, with and without a context.

    Args:
        scorer: if it has a cache, that is left out, because it would answer in its place.

    Raises:
        ModelError: it raised an error, or a prediction is impossible, such as NaN.
    """
    if isinstance(scorer, CachingScorer):
        scorer = scorer.scorer
    calls: list[tuple[list[str], list[str] | None]] = [([text], None) for text in CHECK_TEXTS]
    calls += [([*CHECK_TEXTS], None), ([*CHECK_TEXTS], [CHECK_CONTEXT] * len(CHECK_TEXTS))]
    for texts, contexts in calls:
        try:
            predictions = scorer.score(texts, contexts)
        except Exception as error:
            raise _refusal(scorer, f"{type(error).__name__} while scoring") from error
        if len(predictions) != len(texts):
            raise _refusal(scorer, f"{len(predictions)} predictions for {len(texts)} posts")
        for text, prediction in zip(texts, predictions, strict=True):
            if fault := prediction_fault(prediction, text):
                raise _refusal(scorer, fault)


def _refusal(scorer: Scorer, problem: str) -> ModelError:
    return ModelError(
        f"the bundle {scorer.version} fails its self-test: {problem}. Put another bundle in its place"
    )

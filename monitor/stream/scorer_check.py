"""The self-test of a bundle before it scores: invented posts, as short, long and odd as real ones.

It shows that the bundle runs on this machine. It cannot show that its predictions are good: `ade-train
evaluate` measures that before a bundle is rolled out.
"""

from __future__ import annotations

from typing import Final

from models import Scorer
from models.errors import ModelError
from models.predictions import prediction_fault

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
        scorer: without a cache, which would answer in its place.

    Raises:
        ModelError: it raised an error, or a prediction is impossible, such as NaN.
    """
    calls: list[tuple[list[str], list[str] | None]] = [([text], None) for text in CHECK_TEXTS]
    calls += [([*CHECK_TEXTS], None), ([*CHECK_TEXTS], [CHECK_CONTEXT] * len(CHECK_TEXTS))]
    for texts, contexts in calls:
        try:
            predictions = scorer.score(texts, contexts)
        except Exception as error:
            raise ModelError(
                f"the bundle {scorer.version} fails its self-test: {type(error).__name__} while scoring"
            ) from error
        if len(predictions) != len(texts):
            raise ModelError(
                f"the bundle {scorer.version} fails its self-test: {len(predictions)} predictions for "
                f"{len(texts)} posts"
            )
        for text, prediction in zip(texts, predictions, strict=True):
            if fault := prediction_fault(prediction, text):
                raise ModelError(f"the bundle {scorer.version} fails its self-test: {fault}")

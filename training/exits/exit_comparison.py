"""A bundle with and without its early exit on the same texts: labels, scores and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.bundle import Bundle
from models.predictions import TweetPrediction
from models.scoring import Pipeline
from training.evaluation import predict_examples, score_predictions
from training.examples import Example
from training.exits.exit_states import serving_precision
from training.scorer import Scores

_CHUNK: Final = 512  # texts scored at a time


@dataclass(frozen=True)
class ExitComparison:
    """The effect of an exit.

    Attributes:
        texts: number of texts.
        changed: number of texts with another label.
        before: scores without the exit; None if the texts are not annotated.
        after: scores with it.
        speedup: how many times as fast all texts were scored, by CPU time, at their own share of positives.
    """

    texts: int
    changed: int
    before: Scores | None
    after: Scores | None
    speedup: float

    def f1(self) -> dict[str, tuple[float, float]]:
        """Return F1 of the subtasks before and after, in [0, 1]."""
        if self.before is None or self.after is None:
            return {}
        return {
            "1a": (self.before.classifier.f1, self.after.classifier.f1),
            "1b": (self.before.extractor.f1, self.after.extractor.f1),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the figures, ready for JSON."""
        return {
            "texts": self.texts,
            "changed_labels": self.changed,
            "measured_speedup": round(self.speedup, 3),
            "f1": {task: [round(figure, 4) for figure in pair] for task, pair in self.f1().items()},
        }


def compare_exit(
    bundle: Bundle, examples: Sequence[Example], *, advance: Callable[[int], None] = lambda texts: None
) -> ExitComparison:
    """Score texts with and without the exit of a bundle, in the precision that serving chooses.

    Args:
        bundle: with an exit.
        examples: texts that its head was not trained on. If they are of both classes, they are also compared
            with their annotations.
        advance: called with the number of texts scored since the last call; each text counts twice.
    """
    precision = serving_precision(bundle)
    pipelines = [
        Pipeline.of(bundle, precision=precision, lanes=1, early_exit=exits) for exits in (False, True)
    ]
    seconds = [0.0, 0.0]
    predictions: list[list[TweetPrediction]] = [[], []]
    for first in range(0, len(examples), _CHUNK):
        chunk = examples[first : first + _CHUNK]
        for number, pipeline in enumerate(pipelines):  # alternately, so that other work slows both
            started = time.process_time()
            predictions[number].extend(predict_examples(pipeline, chunk))
            seconds[number] += time.process_time() - started
            advance(len(chunk))
    before, after = predictions
    is_annotated = len({example.label for example in examples}) == 2
    return ExitComparison(
        len(examples),
        sum(first.label != second.label for first, second in zip(before, after, strict=True)),
        score_predictions(before, examples) if is_annotated else None,
        score_predictions(after, examples) if is_annotated else None,
        seconds[0] / seconds[1] if seconds[1] else 1.0,
    )

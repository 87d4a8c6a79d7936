"""How networks are judged in training: as Algorithm 2 would with the threshold that is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.encoder.tokenization import TweetTokenizer
from models.runtime import Engine
from tests.tiny import LABELS, Trained, train_tiny
from tests.training.tiny_methods import PLAIN, corpus, tiny_method
from training.evaluation import evaluate
from training.examples import Example
from training.methods.validation import Evaluator


@pytest.fixture(scope="module")
def trained(tiny_encoder: Path) -> Trained:
    return train_tiny(tiny_encoder, steps=30)


def judge(trained: Trained, encoder: Path, *, threshold: str, feedback: bool = True) -> Evaluator:
    """A judge by distinct texts; half of the negatives end as positives do."""
    method = tiny_method("full", encoder, f"threshold={threshold}", f"feedback={feedback}")
    positives = [example for example in corpus().train if example.label]
    misleading = [Example(f"m{n}", f"{one.text} no", 0) for n, one in enumerate(positives[::2])]
    plain = [Example(f"p{n}", text, 0) for n, text in enumerate(PLAIN)]
    return Evaluator(method, [*positives, *misleading, *plain], trained.encoder.tokenizer, LABELS)


@pytest.mark.parametrize("feedback", [True, False])
@pytest.mark.parametrize("prevalence", [None, 0.05])
def test_scores_are_those_of_algorithm_2_with_the_chosen_threshold(
    trained: Trained, tiny_encoder: Path, feedback: bool, prevalence: float | None
) -> None:
    judging = judge(trained, tiny_encoder, threshold="f1", feedback=feedback)
    judging = replace(judging, prevalence=prevalence)
    judged = judging.judge(trained.network)
    wanted = evaluate(judging.pipeline(trained.network, threshold=judged.threshold), judging.examples)
    assert judged.scores.to_json() == wanted.to_json()
    assert 0 < judged.threshold < 1
    assert judged.scores.extractor.hits


@pytest.mark.parametrize("threshold", ["half", "f1"])
def test_no_text_goes_through_the_network_twice(
    trained: Trained, tiny_encoder: Path, threshold: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Counter[tuple[int, ...]] = Counter()
    whole = Engine.judge

    def watched(self: Engine, encodings: Sequence[Any], **options: Any) -> list[Any]:
        seen.update(tuple(encoding.ids) for encoding in encodings)
        return whole(self, encodings, **options)

    monkeypatch.setattr(Engine, "judge", watched)
    judging = judge(trained, tiny_encoder, threshold=threshold)
    judging.judge(trained.network)
    tokenizer = TweetTokenizer(judging.tokenizer, judging.method.training.max_tokens)
    texts = [example.text for example in judging.examples]
    assert seen == Counter(tuple(encoding.ids) for encoding in tokenizer.encode(texts))

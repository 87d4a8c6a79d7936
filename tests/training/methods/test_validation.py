"""Networks are scored in training as Algorithm 2 would score with the chosen threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.encoder import TweetTokenizer
from models.normalizer import Labels, SpanInText
from models.predictions import Candidate
from models.runtime import Engine
from tests.tiny import LABELS, Trained, train_tiny
from tests.training.tiny_methods import PLAIN, corpus, tiny_method
from training.evaluation import evaluate
from training.examples import Example
from training.methods.validation import Evaluator


@pytest.fixture(scope="module")
def trained(tiny_encoder: Path) -> Trained:
    return train_tiny(tiny_encoder, steps=30)


def make_evaluator(trained: Trained, encoder: Path, *, threshold: str, feedback: bool = True) -> Evaluator:
    """Return an evaluator with distinct texts. Half of the negatives end like positives."""
    method = tiny_method("full", encoder, f"threshold={threshold}", f"feedback={feedback}")
    positives = [example for example in corpus().train if example.label]
    misleading = [Example(f"m{n}", f"{example.text} no", 0) for n, example in enumerate(positives[::2])]
    plain = [Example(f"p{n}", text, 0) for n, text in enumerate(PLAIN)]
    return Evaluator(method, [*positives, *misleading, *plain], trained.encoder.tokenizer, LABELS)


@pytest.mark.parametrize("feedback", [True, False])
@pytest.mark.parametrize("prevalence", [None, 0.05])
def test_scores_are_those_of_algorithm_2_with_the_chosen_threshold(
    trained: Trained, tiny_encoder: Path, feedback: bool, prevalence: float | None
) -> None:
    evaluator = make_evaluator(trained, tiny_encoder, threshold="f1", feedback=feedback)
    evaluator = replace(evaluator, prevalence=prevalence)
    evaluation = evaluator.evaluate(trained.network)
    pipeline = evaluator.make_pipeline(trained.network, threshold=evaluation.threshold)
    expected = evaluate(pipeline, evaluator.examples)
    assert evaluation.scores.to_json() == expected.to_json()
    assert 0 < evaluation.threshold < 1
    assert evaluation.scores.extractor.hits


@pytest.mark.parametrize("threshold", ["half", "f1"])
def test_no_text_goes_through_the_network_twice(
    trained: Trained, tiny_encoder: Path, threshold: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Counter[tuple[int, ...]] = Counter()
    score = Engine.score

    def watched(self: Engine, encodings: Sequence[Any], **options: Any) -> list[Any]:
        seen.update(tuple(encoding.ids) for encoding in encodings)
        return score(self, encodings, **options)

    monkeypatch.setattr(Engine, "score", watched)
    evaluator = make_evaluator(trained, tiny_encoder, threshold=threshold)
    evaluator.evaluate(trained.network)
    tokenizer = TweetTokenizer(evaluator.tokenizer, evaluator.method.training.max_tokens)
    texts = [example.text for example in evaluator.examples]
    assert seen == Counter(tuple(encoding.ids) for encoding in tokenizer.encode(texts))


def test_the_fingerprint_depends_on_the_texts_and_how_they_are_scored(
    trained: Trained, tiny_encoder: Path
) -> None:
    evaluator = make_evaluator(trained, tiny_encoder, threshold="f1")
    others = [
        replace(evaluator, examples=evaluator.examples[1:]),
        replace(evaluator, prevalence=0.07),
        replace(evaluator, prevalence=0.16),
        make_evaluator(trained, tiny_encoder, threshold="half"),
        make_evaluator(trained, tiny_encoder, threshold="f1", feedback=False),
        replace(evaluator, method=replace(evaluator.method, drop_uncoded="always")),
    ]
    fingerprints = {evaluator.fingerprint, *(other.fingerprint for other in others)}
    assert len(fingerprints) == len(others) + 1


class CodesBut:
    """Codes all spans but those of some texts; a `Normalizer`."""

    def __init__(self, uncoded: Callable[[str], bool]) -> None:
        self._uncoded = uncoded

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        best = LABELS.classes[0]
        return [
            [] if self._uncoded(span.text) else [Candidate(best.ptid, best.pt_name, 0.9)] for span in spans
        ]


@pytest.mark.parametrize("threshold", ["half", "f1"])
def test_uncoded_spans_are_dropped_where_validation_gains_by_it(
    trained: Trained, tiny_encoder: Path, threshold: str
) -> None:
    evaluator = make_evaluator(trained, tiny_encoder, threshold=threshold)
    assert evaluator.method.drop_uncoded == "f1"
    codes_positives = CodesBut(lambda text: text.endswith(" no"))
    gain = evaluator.evaluate(trained.network, codes_positives)
    assert gain.drop_uncoded
    assert gain.scores.classifier.extra == 0
    codes_negatives = CodesBut(lambda text: not text.endswith(" no"))
    loss = evaluator.evaluate(trained.network, codes_negatives)
    assert not loss.drop_uncoded
    assert loss.scores.classifier.hits


@pytest.mark.parametrize(("choice", "dropped"), [("never", False), ("always", True)])
def test_uncoded_spans_are_always_or_never_dropped_if_the_setting_says_so(
    trained: Trained, tiny_encoder: Path, choice: Any, dropped: bool
) -> None:
    evaluator = make_evaluator(trained, tiny_encoder, threshold="half")
    evaluator = replace(evaluator, method=replace(evaluator.method, drop_uncoded=choice))
    evaluation = evaluator.evaluate(trained.network, CodesBut(lambda text: True))
    assert evaluation.drop_uncoded is dropped
    assert bool(evaluation.scores.classifier.hits) is not dropped  # without a span, a text is NoADE
    without_labels = replace(evaluator, labels=Labels.of([]))
    assert not without_labels.evaluate(trained.network, CodesBut(lambda text: True)).drop_uncoded

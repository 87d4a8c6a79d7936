"""The pipeline makes the same predictions as the reference: labels, exact offsets, codes and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import Pipeline, load_bundle
from models.bundle import Calibration
from models.encoder import TweetTokenizer
from models.options import NormalizerChoice
from tests.pipeline_agreement import Agreement
from tests.random_networks import POSITIONS, Shape, random_network, save_random_bundle, text_of
from tests.reference import Reference
from tests.wild_texts import AWKWARD, WILD

STRANGE = [
    "",
    " ",
    "\n\t ",
    "\x00",
    "\x00a\x00b c",
    "\ud83d a",
    "\u0301",
    "a\u0301b",
    "頭痛a b",
    "a\u0301" * 80,
]


@dataclass(frozen=True)
class Kind:
    """A bundle, and the choice of its Normalizer."""

    name: str
    shape: Shape
    options: dict[str, Any]
    choice: NormalizerChoice = "classifier"

    def __str__(self) -> str:
        return self.name


KINDS = [
    Kind("one classifier", Shape(), {}),
    Kind(
        "an ensemble, the tweet as context",
        Shape(frozen_layers=0, classifiers=3, pooling="mean"),
        {"context": True, "vote": "mean", "calibration": Calibration(temperature=1.3, bias=0.4)},
    ),
    Kind("retrieval", Shape(retriever_layers=1), {"retrieval_context": True}, "retrieval"),
    Kind("hybrid, on the span alone", Shape(2, 3, "mean", retriever_layers=1), {}, "hybrid"),
    Kind("hybrid, the classifier in context", Shape(retriever_layers=2), {"context": True}, "hybrid"),
]


@dataclass(frozen=True)
class Subject:
    """A pipeline, and the check against the reference."""

    pipeline: Pipeline
    agreement: Agreement

    def check(self, texts: Sequence[str]) -> None:
        self.agreement.check(texts, self.pipeline.score(texts))


@pytest.fixture(scope="module", params=KINDS, ids=str)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    kind: Kind = request.param
    folder = tmp_path_factory.mktemp("random")
    trained = random_network(folder / "encoder", kind.shape)
    bundle = load_bundle(save_random_bundle(folder / "bundle", trained, **kind.options))
    bundle = replace(bundle, config=bundle.config.with_normalizer(kind.choice, bundle.path))
    with pytest.MonkeyPatch.context() as patch:
        # In bfloat16 the search for names would round cosines, which does not concern the engine.
        patch.setattr("models.normalizer.dense.prefers_bfloat16", lambda device: False)
        yield Subject(Pipeline.of(bundle, lanes=2), Agreement(Reference.of(bundle)))


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(WILD, max_size=8))
@example(STRANGE)
def test_any_text_gets_the_prediction_of_the_reference(subject: Subject, texts: list[str]) -> None:
    subject.check(texts)


def test_hundreds_of_texts_get_the_same_predictions_as_one_by_one(subject: Subject) -> None:
    texts = [text_of(words, variant) for words in (0, 1, 2, 5, 9, 20, 60) for variant in range(6)]
    subject.check([*texts, text_of(150), *AWKWARD] * 4)


def test_texts_of_100_kb_are_cut_where_the_reference_cuts_them(subject: Subject) -> None:
    long = ["abc " * 25_000, "\x00頭" * 50_000, f"{' ' * 100_000}a b c"]
    subject.check([text for long_text in long for text in (long_text, long_text[:10], "")])


def test_concurrent_callers_get_the_predictions_of_their_own_texts(subject: Subject) -> None:
    batches = [[text_of(words, variant) for words in range(12)] * 4 for variant in range(6)]
    with ThreadPoolExecutor(3) as callers:
        for texts, predictions in zip(batches, callers.map(subject.pipeline.score, batches), strict=True):
            subject.agreement.check(texts, predictions)


def test_the_compared_predictions_are_of_every_kind(subject: Subject) -> None:
    texts = [text_of(words, variant) for words in (2, 9, 20) for variant in range(12)]
    predictions = subject.pipeline.score(texts)
    mentions = [mention for prediction in predictions for mention in prediction.mentions]
    assert {prediction.label for prediction in predictions} == {"ADE", "NoADE"}
    assert len({mention.text for mention in mentions}) > 10
    assert {mention.ptid is None for mention in mentions} == {True, False}
    assert len({mention.ptid for mention in mentions}) > 2


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(WILD, min_size=1, max_size=5))
@example(STRANGE)
def test_encoding_twice_returns_the_same_tokens(tokenizer: TweetTokenizer, texts: list[str]) -> None:
    for first, second in zip(tokenizer.encode(texts), tokenizer.encode(texts), strict=True):
        assert first.ids == second.ids
        assert first.type_ids == second.type_ids


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TweetTokenizer:
    trained = random_network(tmp_path_factory.mktemp("random") / "encoder", Shape())
    return TweetTokenizer(trained.encoder.tokenizer, POSITIONS)

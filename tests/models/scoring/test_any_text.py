"""Each Normalizer scores any text without an exception, with valid offsets and scores."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Pipeline, TweetPrediction, load_bundle
from models.bundle import Options, Thresholds
from models.options import NormalizerChoice
from models.terminology import Terminology, read_release
from tests.release import write_release
from tests.tiny import LABELS, Trained, write_checkpoint
from tests.tiny_retrieval import RETRIEVAL, save_tiny_hybrid, train_tiny_retriever
from tests.wild_texts import WILD

CHOICES: tuple[NormalizerChoice, ...] = get_args(NormalizerChoice)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A network with a retriever that finds effects in most tokens, so that there are many spans to code."""
    trained = train_tiny_retriever(write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "encoder"))
    with torch.no_grad():
        trained.network.extractor.bias[1] += 3
    return trained


@pytest.fixture(scope="module")
def terminology(tmp_path_factory: pytest.TempPathFactory) -> Terminology:
    return read_release(write_release(tmp_path_factory.mktemp("release")))


@pytest.fixture(scope="module")
def pipelines(
    trained: Trained, terminology: Terminology, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[NormalizerChoice, bool], Pipeline]:
    """Each Normalizer, without and with the tweet as context; all thresholds are 0."""
    folder = tmp_path_factory.mktemp("bundles")
    bundles = {
        context: save_tiny_hybrid(
            folder / f"{context}",
            trained,
            terminology if context else None,
            thresholds=Thresholds(classifier=0, normalizer=0),
            options=Options(context=context, feedback=False),
            retrieval=RETRIEVAL.model_copy(update={"context": context}),
        )
        for context in (False, True)
    }
    return {
        (choice, context): Pipeline.of(load_bundle(bundle), normalizer=choice)
        for context, bundle in bundles.items()
        for choice in CHOICES
    }


def assert_valid(texts: list[str], predictions: list[TweetPrediction], known: set[str]) -> None:
    assert len(predictions) == len(texts)
    for text, prediction in zip(texts, predictions, strict=True):
        assert prediction.label == "ADE"
        assert 0 <= prediction.probability <= 1
        end = 0
        for mention in prediction.mentions:
            assert end <= mention.start < mention.end <= len(text)
            assert text[mention.start : mention.end] == mention.text
            assert 0 <= mention.score <= 1
            end = mention.end
            ptids = [candidate.ptid for candidate in mention.runners_up]
            scores = [candidate.score for candidate in mention.runners_up]
            if mention.ptid is not None and mention.pt_score is not None:
                ptids, scores = [mention.ptid, *ptids], [mention.pt_score, *scores]
            assert len(set(ptids)) == len(ptids) > 0
            assert set(ptids) <= known
            assert scores == sorted(scores, reverse=True)
            assert min(scores) >= 0
            assert sum(scores) <= 1 + 1e-6


@pytest.fixture(scope="module")
def known(terminology: Terminology) -> set[str]:
    return {label.ptid for label in LABELS.classes} | set(terminology.pt_names)


@pytest.mark.parametrize("context", [False, True])
@pytest.mark.parametrize("choice", CHOICES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(texts=st.lists(WILD, max_size=8))
def test_any_text_is_scored_and_coded(
    pipelines: dict[tuple[NormalizerChoice, bool], Pipeline],
    known: set[str],
    choice: NormalizerChoice,
    context: bool,
    texts: list[str],
) -> None:
    assert_valid(texts, pipelines[choice, context].score(texts), known)

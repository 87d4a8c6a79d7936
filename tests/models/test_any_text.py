"""Any text at all is judged by each of the Normalizers: no exception, sound offsets and scores."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Pipeline, TweetPrediction, load_bundle
from models.bundle import Options, Thresholds
from models.normalizer.choice import Choice
from models.terminology import Terminology, read_release
from tests.release import write_release
from tests.tiny import EFFECTS, LABELS, Trained, write_checkpoint
from tests.tiny_retrieval import RETRIEVAL, save_tiny_hybrid, train_tiny_retriever

CHOICES: tuple[Choice, ...] = get_args(Choice)
AWKWARD = [
    *EFFECTS,
    "zoloft gives me ",
    "'",
    "’",
    "-",
    " ",
    "\n",
    "\r\n\t",
    "\x00\x07\x1b\x7f\x9f",
    "e\u0301",
    "\u0301",
    "🤢",
    "dizzy ",
    "Z\u0351\u036b\u0343\u032a\u0302",
    "\u200b\u200c\u200d\u2060\ufeff",
    "\u202edizzy\u202c",
    "\u2066نعسان\u2069 ראש",
    "👩🏽\u200d⚕️",
    "👨\u200d👩\u200d👧\u200d👦",
    "🏴\U000e0067\U000e0062\U000e007f",
    "🇩🇪🇩",
    "1\ufe0f\u20e3",
    "頭痛がする",
    "𠀋𪚥",
    "\u1112\u1161\u11ab두통",
    "ปวดหัว",
    "सिरदर्द",
    "ﬁ ß İ ǆ ﷺ ㎏ ½",
    "𝐝𝐢𝐳𝐳𝐲 ｄｉｚｚｙ ⓓ",
    "\ud83d",
    "\udc00\ud800",
    "\ufffd\ufffe\uffff\U0010ffff",
    "\U000f0000\ue000",
    "[CLS] [SEP] [PAD] [MASK] ##a",
    "&amp;<br>{}%s\\u0000",
    "a" * 120,
]
WILD = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),  # of all planes, surrogates too
    st.lists(st.sampled_from(AWKWARD), max_size=12).map("".join),
    st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=6)), max_size=12).map(" ".join),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A network with a retriever that takes most tokens for effects, so that there is much to be coded."""
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
) -> dict[tuple[Choice, bool], Pipeline]:
    """Each Normalizer, without and with the tweet beside the span; all thresholds are 0."""
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


def holds(texts: list[str], predictions: list[TweetPrediction], known: set[str]) -> None:
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
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(texts=st.lists(WILD, max_size=8))
def test_any_text_is_judged_and_coded(
    pipelines: dict[tuple[Choice, bool], Pipeline],
    known: set[str],
    choice: Choice,
    context: bool,
    texts: list[str],
) -> None:
    holds(texts, pipelines[choice, context].score(texts), known)


def test_texts_of_100_kb_are_judged_and_coded_in_company(
    pipelines: dict[tuple[Choice, bool], Pipeline], known: set[str]
) -> None:
    long = [piece * (100_000 // len(piece)) for piece in AWKWARD[::2]]
    texts = [text for one in long for text in (one, one[:10], "")]
    predictions = pipelines["hybrid", True].score(texts)  # it runs what both of the others run
    holds(texts, predictions, known)
    assert any(prediction.mentions for prediction in predictions[::3])


@pytest.mark.parametrize("choice", CHOICES)
def test_hundreds_of_texts_at_once_are_judged_as_each_alone(
    pipelines: dict[tuple[Choice, bool], Pipeline], known: set[str], choice: Choice
) -> None:
    texts = [f"{one} {other}" for one in AWKWARD for other in AWKWARD[::3]]
    pipeline = pipelines[choice, False]
    together = pipeline.score(texts)
    holds(texts, together, known)
    for text, prediction in list(zip(texts, together, strict=True))[::40]:
        (alone,) = pipeline.score([text])
        assert [(m.start, m.end) for m in alone.mentions] == [(m.start, m.end) for m in prediction.mentions]

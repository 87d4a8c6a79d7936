"""Algorithm 2 on a trained tiny network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models import ModelError, Pipeline
from models.bundle import Options, Thresholds
from models.encoder.tokenization import TweetTokenizer
from models.runtime import Engine
from tests.tiny import EFFECTS, LABELS, MAX_TOKENS, NEGATIVE, POSITIVE, Layout, Trained, save_tiny, train_tiny


def test_what_was_trained_is_found_and_coded(pipeline: Pipeline) -> None:
    for text, prediction in zip(POSITIVE, pipeline.score(POSITIVE), strict=True):
        effect = next(effect for effect in EFFECTS if text.endswith(effect))
        assert prediction.label == "ADE"
        (mention,) = prediction.mentions
        assert (mention.text, mention.ptid, mention.pt_name) == (effect, *EFFECTS[effect])
        assert text[mention.start : mention.end] == mention.text
        assert mention.pt_score is not None
        assert mention.pt_score > 0.3


def test_tweets_without_effects_have_no_mentions(pipeline: Pipeline) -> None:
    for prediction in pipeline.score(NEGATIVE):
        assert (prediction.label, prediction.mentions) == ("NoADE", ())
        assert prediction.probability < 0.5


@pytest.mark.parametrize("layout", ["safetensors", "prefixed", "biobert"])
def test_every_layout_of_encoder_goes_from_training_to_predictions(
    checkpoints: dict[Layout, Path], tmp_path: Path, layout: Layout
) -> None:
    trained = train_tiny(checkpoints[layout])
    fitted = Pipeline(
        Engine(trained.network),
        TweetTokenizer(trained.encoder.tokenizer, MAX_TOKENS),
        LABELS,
        thresholds=Thresholds(classifier=0.5, normalizer=0.3),
        options=Options(),
        version="in memory",
    )
    before = fitted.score(POSITIVE + NEGATIVE)
    save_tiny(tmp_path / "b", trained)
    after = Pipeline.from_bundle(tmp_path / "b", device="cpu").score(POSITIVE + NEGATIVE)
    assert [p.label for p in after] == ["ADE"] * len(POSITIVE) + ["NoADE"] * len(NEGATIVE)
    for left, right in zip(before, after, strict=True):
        # The bundle has half precision.
        assert left.probability == pytest.approx(right.probability, abs=0.02)
        assert [m.text for m in left.mentions] == [m.text for m in right.mentions]


def test_no_tweets_give_no_predictions(pipeline: Pipeline) -> None:
    assert pipeline.score([]) == []


def variant(trained: Trained, folder: Path, **changes: object) -> Pipeline:
    return Pipeline.from_bundle(save_tiny(folder, trained, **changes), device="cpu")


def test_without_a_span_the_label_becomes_no_ade_by_feedback_alone(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    trained = train_tiny(checkpoints["safetensors"])
    with torch.no_grad():
        trained.network.extractor.bias[0] += 1_000  # the Extractor sees no effect anywhere
    fed_back = variant(trained, tmp_path / "on", options=Options(feedback=True)).score(POSITIVE)
    kept = variant(trained, tmp_path / "off", options=Options(feedback=False)).score(POSITIVE)
    assert {prediction.label for prediction in fed_back} == {"NoADE"}
    assert {prediction.label for prediction in kept} == {"ADE"}
    assert not any(prediction.mentions for prediction in fed_back + kept)
    assert [p.probability for p in fed_back] == [p.probability for p in kept]
    assert all(p.probability > 0.5 for p in fed_back)


@pytest.mark.parametrize("context", [False, True])
def test_the_normalizer_reads_the_tweet_only_as_context(
    trained: Trained, tmp_path: Path, context: bool
) -> None:
    pipeline = variant(trained, tmp_path / "b", options=Options(context=context))
    texts = ["zoloft gives me nausea", "this pill and nausea"]
    scores = [prediction.mentions[0].pt_score for prediction in pipeline.score(texts)]
    assert [p.mentions[0].text for p in pipeline.score(texts)] == ["nausea", "nausea"]
    assert (scores[0] == pytest.approx(scores[1], abs=1e-6)) is not context


def test_an_unsure_normalizer_leaves_the_mention_uncoded(trained: Trained, tmp_path: Path) -> None:
    sure = variant(trained, tmp_path / "sure")
    unsure = variant(trained, tmp_path / "unsure", thresholds=Thresholds(classifier=0.5, normalizer=1.0))
    (coded,) = sure.score(["zoloft gives me nausea"])[0].mentions
    (uncoded,) = unsure.score(["zoloft gives me nausea"])[0].mentions
    assert (uncoded.ptid, uncoded.pt_name, uncoded.pt_score) == (None, None, None)
    assert (uncoded.text, uncoded.score) == (coded.text, coded.score)
    assert uncoded.runners_up[0].ptid == coded.ptid
    assert [one.ptid for one in uncoded.runners_up] == [coded.ptid, *(one.ptid for one in coded.runners_up)]
    assert len(uncoded.runners_up) == 4
    assert coded.ptid not in {candidate.ptid for candidate in coded.runners_up}
    for runners_up in (coded.runners_up, uncoded.runners_up):
        scores = [candidate.score for candidate in runners_up]
        assert scores == sorted(scores, reverse=True)


def test_the_classifier_decides_at_its_threshold(trained: Trained, tmp_path: Path) -> None:
    every = variant(
        trained, tmp_path / "all", thresholds=Thresholds(classifier=0), options=Options(feedback=False)
    )
    none = variant(trained, tmp_path / "none", thresholds=Thresholds(classifier=1))
    assert {p.label for p in every.score(NEGATIVE)} == {"ADE"}
    assert {p.label for p in none.score(POSITIVE)} == {"NoADE"}


@pytest.mark.parametrize("device", ["nowhere", "cuda:99"])
def test_a_device_that_is_not_there_is_named(tiny_bundle: Path, device: str) -> None:
    with pytest.raises(ModelError, match=device):
        Pipeline.from_bundle(tiny_bundle, device=device)


@pytest.mark.gpu
def test_the_gpu_says_what_the_cpu_says(tiny_bundle: Path, pipeline: Pipeline) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    texts = POSITIVE + NEGATIVE
    on_gpu = Pipeline.from_bundle(tiny_bundle, device="cuda", precision="fp32").score(texts)
    for left, right in zip(on_gpu, pipeline.score(texts), strict=True):
        assert left.label == right.label
        assert left.probability == pytest.approx(right.probability, abs=1e-3)
        assert [(m.start, m.end, m.ptid) for m in left.mentions] == [
            (m.start, m.end, m.ptid) for m in right.mentions
        ]

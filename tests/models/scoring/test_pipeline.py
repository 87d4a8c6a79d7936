"""Algorithm 2 with a trained tiny network."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
import torch

from models import Mention, ModelError, Pipeline, load_bundle
from models.bundle import Calibration, Options, Thresholds
from models.encoder import TweetTokenizer
from models.normalizer import ClassifierNormalizer, SpanReader
from models.runtime import Engine
from models.scoring import Reader
from tests.tiny import EFFECTS, LABELS, MAX_TOKENS, NEGATIVE, POSITIVE, Layout, Trained, save_tiny, train_tiny


def test_trained_effects_are_extracted_and_coded(pipeline: Pipeline) -> None:
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
def test_predictions_survive_saving_with_every_layout_of_encoder(
    checkpoints: dict[Layout, Path], tmp_path: Path, layout: Layout
) -> None:
    trained = train_tiny(checkpoints[layout])
    engine = Engine(trained.network)
    tokenizer = TweetTokenizer(trained.encoder.tokenizer, MAX_TOKENS)
    in_memory = Pipeline(
        Reader(engine, tokenizer),
        ClassifierNormalizer(SpanReader(engine, tokenizer), LABELS.classes),
        thresholds=Thresholds(classifier=0.5, normalizer=0.3),
        options=Options(),
        version="in memory",
    )
    before = in_memory.score(POSITIVE + NEGATIVE)
    save_tiny(tmp_path / "b", trained)
    after = Pipeline.from_bundle(tmp_path / "b", device="cpu").score(POSITIVE + NEGATIVE)
    assert [p.label for p in after] == ["ADE"] * len(POSITIVE) + ["NoADE"] * len(NEGATIVE)
    for left, right in zip(before, after, strict=True):
        # The bundle has half precision.
        assert left.probability == pytest.approx(right.probability, abs=0.02)
        assert [m.text for m in left.mentions] == [m.text for m in right.mentions]


def test_an_empty_list_has_no_predictions(pipeline: Pipeline) -> None:
    assert pipeline.score([]) == []


def test_a_single_string_and_contexts_of_other_texts_are_refused(pipeline: Pipeline) -> None:
    with pytest.raises(TypeError, match="single string"):
        pipeline.score(POSITIVE[0])
    with pytest.raises(ValueError, match="1 contexts for 2 texts"):
        pipeline.score(["a", "b"], ["c"])


def reloaded(trained: Trained, folder: Path, **changes: object) -> Pipeline:
    return Pipeline.from_bundle(save_tiny(folder, trained, **changes), device="cpu")


def test_only_feedback_turns_a_tweet_without_spans_into_no_ade(
    checkpoints: dict[Layout, Path], tmp_path: Path
) -> None:
    trained = train_tiny(checkpoints["safetensors"])
    with torch.no_grad():
        trained.network.extractor.bias[0] += 1_000  # the Extractor finds no effect anywhere
    with_feedback = reloaded(trained, tmp_path / "on", options=Options(feedback=True)).score(POSITIVE)
    without_feedback = reloaded(trained, tmp_path / "off", options=Options(feedback=False)).score(POSITIVE)
    assert {prediction.label for prediction in with_feedback} == {"NoADE"}
    assert {prediction.label for prediction in without_feedback} == {"ADE"}
    assert not any(prediction.mentions for prediction in with_feedback + without_feedback)
    assert [p.probability for p in with_feedback] == [p.probability for p in without_feedback]
    assert all(p.probability > 0.5 for p in with_feedback)


@pytest.mark.parametrize(
    ("options", "label", "reason", "mentions"),
    [
        (Options(), "ADE", None, 1),
        (Options(drop_uncoded=True), "NoADE", "no_code", 0),
        (Options(drop_uncoded=True, feedback=False), "ADE", None, 0),
    ],
)
def test_spans_without_a_code_are_dropped_where_the_bundle_says_so(
    trained: Trained, tmp_path: Path, options: Options, label: str, reason: str | None, mentions: int
) -> None:
    thresholds = Thresholds(classifier=0.5, normalizer=1.0)  # higher than any score
    pipeline = reloaded(trained, tmp_path / "b", options=options, thresholds=thresholds)
    for prediction in pipeline.score(POSITIVE):
        assert (prediction.label, prediction.reason) == (label, reason)
        assert len(prediction.mentions) == mentions
        assert not any(mention.ptid for mention in prediction.mentions)


def test_spans_with_a_code_are_never_dropped(trained: Trained, tmp_path: Path) -> None:
    kept = reloaded(trained, tmp_path / "kept").score(POSITIVE)
    assert reloaded(trained, tmp_path / "b", options=Options(drop_uncoded=True)).score(POSITIVE) == kept


def test_the_reason_of_no_ade_is_stated(checkpoints: dict[Layout, Path], tmp_path: Path) -> None:
    trained = train_tiny(checkpoints["safetensors"])
    assert {p.reason for p in reloaded(trained, tmp_path / "a").score(NEGATIVE)} == {"improbable"}
    with torch.no_grad():
        trained.network.extractor.bias[0] += 1_000  # the Extractor finds no effect anywhere
    for prediction in reloaded(trained, tmp_path / "b").score(POSITIVE):
        assert (prediction.label, prediction.reason) == ("NoADE", "no_span")
        assert prediction.probability > 0.5


@pytest.mark.parametrize("context", [False, True])
def test_the_normalizer_reads_the_tweet_only_with_the_context_option(
    trained: Trained, tmp_path: Path, context: bool
) -> None:
    pipeline = reloaded(trained, tmp_path / "b", options=Options(context=context))
    texts = ["zoloft gives me nausea", "this pill and nausea"]
    scores = [prediction.mentions[0].pt_score for prediction in pipeline.score(texts)]
    assert [p.mentions[0].text for p in pipeline.score(texts)] == ["nausea", "nausea"]
    assert (scores[0] == pytest.approx(scores[1], abs=1e-6)) is not context


def test_an_unsure_normalizer_leaves_the_mention_uncoded(trained: Trained, tmp_path: Path) -> None:
    sure = reloaded(trained, tmp_path / "sure")
    unsure = reloaded(trained, tmp_path / "unsure", thresholds=Thresholds(classifier=0.5, normalizer=1.0))
    (coded,) = sure.score(["zoloft gives me nausea"])[0].mentions
    (uncoded,) = unsure.score(["zoloft gives me nausea"])[0].mentions
    assert (uncoded.ptid, uncoded.pt_name, uncoded.pt_score) == (None, None, None)
    assert (uncoded.text, uncoded.score) == (coded.text, coded.score)
    assert uncoded.runners_up[0].ptid == coded.ptid
    assert [c.ptid for c in uncoded.runners_up] == [coded.ptid, *(c.ptid for c in coded.runners_up)]
    assert len(uncoded.runners_up) == 4
    assert coded.ptid not in {candidate.ptid for candidate in coded.runners_up}
    for runners_up in (coded.runners_up, uncoded.runners_up):
        scores = [candidate.score for candidate in runners_up]
        assert scores == sorted(scores, reverse=True)


def test_the_classifier_decides_at_its_threshold(trained: Trained, tmp_path: Path) -> None:
    every = reloaded(
        trained, tmp_path / "all", thresholds=Thresholds(classifier=0), options=Options(feedback=False)
    )
    none = reloaded(trained, tmp_path / "none", thresholds=Thresholds(classifier=1))
    assert {p.label for p in every.score(NEGATIVE)} == {"ADE"}
    assert {p.label for p in none.score(POSITIVE)} == {"NoADE"}


def test_calibration_changes_probabilities_and_so_labels(
    tiny_bundle: Path, trained: Trained, tmp_path: Path
) -> None:
    plain = Pipeline.from_bundle(tiny_bundle, device="cpu").score([*POSITIVE, *NEGATIVE])
    folder = save_tiny(tmp_path / "b", trained, calibration=Calibration(temperature=1.0, bias=-100.0))
    assert {before.label for before in plain} == {"ADE", "NoADE"}
    for after in Pipeline.from_bundle(folder, device="cpu").score([*POSITIVE, *NEGATIVE]):
        assert after.probability < 1e-3
        assert (after.label, after.mentions) == ("NoADE", ())


def test_thresholds_can_be_overridden_without_changing_the_bundle(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    strict = Pipeline.of(bundle, thresholds=Thresholds(classifier=1.0, normalizer=0.0))
    assert {prediction.label for prediction in strict.score(POSITIVE)} == {"NoADE"}
    assert {prediction.label for prediction in Pipeline.of(bundle).score(POSITIVE)} == {"ADE"}
    assert strict.version == bundle.version


@pytest.mark.parametrize("device", ["nowhere", "cuda:99"])
def test_an_unavailable_device_is_named(tiny_bundle: Path, device: str) -> None:
    with pytest.raises(ModelError, match=device):
        Pipeline.from_bundle(tiny_bundle, device=device)


@pytest.mark.gpu
def test_gpu_and_cpu_agree(tiny_bundle: Path, pipeline: Pipeline) -> None:
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


def test_a_code_needs_a_probability_of_at_least_the_threshold(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    texts = ["zoloft gives me nausea"]

    def mention_with(threshold: float) -> Mention:
        pipeline = Pipeline.of(bundle, thresholds=Thresholds(classifier=0.5, normalizer=threshold))
        return pipeline.score(texts)[0].mentions[0]

    probability = mention_with(0).pt_score
    assert probability is not None
    assert mention_with(probability).pt_score == probability
    assert mention_with(math.nextafter(probability, 1)).pt_score is None


def test_serving_limits_torch_and_the_tokenizer_to_one_thread(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    torch.set_num_threads(2)
    Pipeline.from_bundle(tiny_bundle, device="cpu")
    assert torch.get_num_threads() == 1
    assert os.environ["TOKENIZERS_PARALLELISM"] == "false"
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    Pipeline.from_bundle(tiny_bundle, device="cpu")
    assert os.environ["TOKENIZERS_PARALLELISM"] == "true"

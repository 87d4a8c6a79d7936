"""What bundles with a quantized body predict, and on which processors they run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from models import ModelError, Pipeline, load_bundle
from models.bundle import Calibration, Thresholds, read_config, revise_bundle
from models.encoder import TweetTokenizer
from models.runtime import Engine
from models.runtime.int8 import body, products_overflow
from tests.tiny_int8 import needs_openvino, quantize_tiny, tiny_examples
from tests.tiny_retrieval import make_tiny_hybrid

pytestmark = needs_openvino

TEXTS = [example.text for example in tiny_examples()]


def probabilities(folder: Path, texts: list[str] = TEXTS, **options: Any) -> list[float]:
    predictions = Pipeline.from_bundle(folder, device="cpu", **options).score(texts)
    return [prediction.probability for prediction in predictions]


def test_predictions_stay_near_those_of_the_exact_bundle(bundles: Path) -> None:
    exact, quantized = (Pipeline.of(load_bundle(bundles / name)).score(TEXTS) for name in ("exact", "int8"))
    changes = [abs(a.probability - b.probability) for a, b in zip(exact, quantized, strict=True)]
    assert 0 < max(changes) < 0.1  # 0.02 was measured
    assert [prediction.label for prediction in exact] == [prediction.label for prediction in quantized]
    mentions = [
        [[(m.start, m.end, m.ptid) for m in prediction.mentions] for prediction in predictions]
        for predictions in (exact, quantized)
    ]
    assert mentions[0] == mentions[1]


def test_any_number_of_threads_predicts_the_same(bundles: Path) -> None:
    expected = probabilities(bundles / "int8", threads=1, precision="fp32")
    pipeline = Pipeline.from_bundle(bundles / "int8", device="cpu", threads=3, precision="fp32")
    with ThreadPoolExecutor(4) as callers:
        for predictions in callers.map(pipeline.score, [TEXTS] * 12):
            assert [p.probability for p in predictions] == pytest.approx(expected, abs=1e-5)


def test_a_text_is_scored_the_same_in_any_batch(bundles: Path) -> None:
    together = probabilities(bundles / "int8")
    alone = [probabilities(bundles / "int8", [text])[0] for text in TEXTS[::7]]
    assert alone == pytest.approx(together[::7], abs=0.01)


def test_any_text_can_be_scored(bundles: Path) -> None:
    texts = ["", " ", "\0", "😀" * 500, "so " * 400, *TEXTS[:3]]
    assert all(0 <= probability <= 1 for probability in probabilities(bundles / "int8", texts))
    assert probabilities(bundles / "int8", []) == []


def test_settings_of_a_quantized_bundle_can_be_revised(int8: Path) -> None:
    before = probabilities(int8)
    revise_bundle(int8, thresholds=Thresholds(classifier=0.9), calibration=Calibration(temperature=2.0))
    assert read_config(int8).format_version == 4
    after = probabilities(int8)
    assert after != before
    odds = torch.logit(torch.tensor([before, after], dtype=torch.float64))
    torch.testing.assert_close(odds[1], odds[0] / 2, atol=1e-3, rtol=1e-3)


@pytest.mark.slow
def test_spans_are_read_by_the_exact_network(tmp_path: Path) -> None:
    make_tiny_hybrid(tmp_path / "hybrid")
    quantize_tiny(tmp_path / "hybrid", tmp_path / "int8")
    exact, quantized = (load_bundle(tmp_path / name) for name in ("hybrid", "int8"))
    encodings = TweetTokenizer(exact.tokenizer, 48).encode(["nausea", "a headache"])
    expected = Engine(exact.weights).vectors(encodings)
    assert torch.equal(Engine(quantized.weights, body=quantized.body).vectors(encodings), expected)
    assert Pipeline.of(quantized).score(TEXTS[:4])[0].mentions


def test_a_quantized_body_needs_a_cpu(bundles: Path) -> None:
    bundle = load_bundle(bundles / "int8")
    with pytest.raises(ModelError, match="device cpu"):
        Engine(bundle.weights, device=torch.device("meta"), body=bundle.body)


def test_weights_of_full_8_bits_are_refused_where_products_overflow(
    bundles: Path, full_range: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "products_overflow", lambda: True)
    with pytest.raises(ModelError, match=r"body\.xml.*without VNNI: quantize the bundle again"):
        Pipeline.from_bundle(full_range, device="cpu")
    assert probabilities(bundles / "int8")  # its weights have 7 bits


def test_weights_of_full_8_bits_run_only_where_products_do_not_overflow(
    bundles: Path, full_range: Path
) -> None:
    if products_overflow():
        with pytest.raises(ModelError, match="overflow on this processor"):
            Pipeline.from_bundle(full_range, device="cpu")
    else:
        assert probabilities(full_range) == pytest.approx(probabilities(bundles / "exact"), abs=0.1)

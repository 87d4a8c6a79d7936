"""How far 8-bit integers take the engine from the reference, and how many predictions that changes."""

from __future__ import annotations

import pytest
import torch

from models import Pipeline, load_bundle
from models.scoring import bundle_folder
from tests.changed_predictions import changed_share, examples_of, tweets_of
from tests.reference import Reference
from tests.tiny_int8 import needs_openvino

pytestmark = needs_openvino


@pytest.mark.timeout(600)
def test_few_predictions_of_the_default_bundle_change() -> None:
    from training.quantization import quantize_body, refit_heads

    bundle = load_bundle(bundle_folder("default"))
    texts = tweets_of(bundle, seed=5)
    quantized = refit_heads(quantize_body(bundle, examples_of(bundle, seed=6), seed=1)).bundle
    wanted = Reference.of(bundle).score(texts)
    found = Pipeline.of(quantized, lanes=1).score(texts)
    off = torch.tensor([f.probability - w.probability for f, w in zip(found, wanted, strict=True)]).abs()
    assert 1e-4 < off.mean() <= 0.03
    assert off.max() <= 0.6
    assert changed_share(found, wanted, lambda one: one.label) <= 0.04
    assert changed_share(found, wanted, lambda one: [(m.start, m.end) for m in one.mentions]) <= 0.08

"""The tiny bundle with a quantized body, and texts to calibrate it on. Needs OpenVINO and NNCF."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from models.bundle import Quantization, load_bundle, store_quantized
from tests.tiny import EFFECTS, NEGATIVE
from training.examples import AnnotatedSpan, Example
from training.quantization import quantize_body, refit_heads

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None or find_spec("nncf") is None,
    reason="openvino and nncf are not installed: pip install 'ade-monitor[openvino]'",
)

_STARTS = ("zoloft gives me", "this pill and", "so", "my zoloft and", "hello zoloft took my day")


def tiny_examples() -> list[Example]:
    """Return tweets with words that the tiny bundle knows, twenty of each class."""
    examples = []
    for start in _STARTS:
        for effect, (ptid, _) in EFFECTS.items():
            text = f"{start} {effect}"
            span = AnnotatedSpan(len(start) + 1, len(text), ptid)
            examples.append(Example(f"p{len(examples)}", text, 1, (span,)))
    texts = [f"{start}{text}" for start in ("", "so ", "hello ", "day ") for text in NEGATIVE]
    return [*examples, *(Example(f"n{number}", text, 0) for number, text in enumerate(texts))]


def quantize_tiny(folder: Path, out: Path) -> Path:
    """Quantize the bundle in `folder` on the tweets above, whatever its scores are then."""
    exact = load_bundle(folder)
    quantized = refit_heads(quantize_body(exact, tiny_examples(), seed=1))
    section = Quantization(texts=quantized.texts, judged_on=1, before={"1a": 1.0}, after={"1a": 1.0})
    store_quantized(exact, quantized.bundle, section, metrics={}, out=out)
    return out

"""Damaged graphs of quantized bundles, and the formats of these bundles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models import BundleError, Pipeline, load_bundle
from models.bundle import read_config
from models.runtime.int8 import body_layers
from models.runtime.int8.body_ir import read_segments
from tests.models.bundle.test_load import edit_config, flip, rewrite
from tests.tiny_int8 import needs_openvino

pytestmark = needs_openvino

EMPTY_GRAPH = b'<?xml version="1.0"?><net name="x" version="11"><layers/></net>'


def remove_from_hashes(folder: Path, name: str) -> None:
    hashes = json.loads((folder / "config.json").read_text())["files"]
    edit_config(folder, files={file: digest for file, digest in hashes.items() if file != name})


def narrow_the_inputs(folder: Path) -> None:
    rewrite(folder, "body.xml", (folder / "body.xml").read_bytes().replace(b'"?,32"', b'"?,16"'))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped byte in the graph": (lambda f: flip(f, "body.xml"), "body.xml.*SHA-256"),
    "a flipped byte in the constants": (lambda f: flip(f, "body.bin"), "body.bin.*SHA-256"),
    "no graph": (lambda f: (f / "body.xml").unlink(), "body.xml"),
    "not a graph": (lambda f: rewrite(f, "body.xml", b"<net"), "body.xml"),
    "an empty graph": (lambda f: rewrite(f, "body.xml", EMPTY_GRAPH), "body.xml lacks 'embedded'"),
    "too few constants": (lambda f: rewrite(f, "body.bin", b"\0" * 100), "body.xml.*OpenVINO"),
    "another width": (narrow_the_inputs, "body.xml"),
    "a graph without a quantization": (
        lambda f: edit_config(f, quantization=None, format_version=1),
        "body.xml",
    ),
    "an older format": (lambda f: edit_config(f, format_version=3), "format_version"),
    "a graph that config.json does not name": (lambda f: remove_from_hashes(f, "body.xml"), "body.xml"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_graphs_are_refused(kind: str, int8: Path) -> None:
    damage, message = DAMAGE[kind]
    damage(int8)
    with pytest.raises(BundleError, match=message):
        Pipeline.from_bundle(int8, device="cpu")


def test_quantized_bundles_have_the_newest_format_and_exact_ones_keep_theirs(bundles: Path) -> None:
    exact, quantized = read_config(bundles / "exact"), read_config(bundles / "int8")
    assert (exact.format_version, quantized.format_version) == (1, 4)
    assert exact.version != quantized.version
    assert "quantization" not in json.loads((bundles / "exact" / "config.json").read_text())
    shared = exact.files.items() & quantized.files.items()
    assert {name for name, _ in shared} >= {"labels.json", "trunk.safetensors", "tokenizer.json"}


def test_weights_are_safe_if_they_have_7_bits(bundles: Path, full_range: Path) -> None:
    for folder, is_safe in ((bundles / "int8", True), (full_range, False)):
        bundle = load_bundle(folder)
        assert bundle.body is not None
        shape = bundle.weights.shape
        segments = read_segments(bundle.body, layers=body_layers(shape), hidden=shape.hidden)
        assert segments.has_safe_weights is is_safe
        assert len(segments.models) == body_layers(shape) + 1

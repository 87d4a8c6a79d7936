"""Bundles with a quantized body: what they give, and what is said where they are damaged or cannot run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from models import BundleError, ModelError, Pipeline, load_bundle
from models.bundle import Calibration, Thresholds, read_config, revise_bundle
from models.encoder.tokenization import TweetTokenizer
from models.runtime import Engine
from tests.models.bundle.test_load_faults import edit_config, flip, rewrite
from tests.tiny import make_tiny_bundle
from tests.tiny_int8 import needs_openvino, quantize_tiny, tiny_examples
from tests.tiny_retrieval import make_tiny_hybrid

pytestmark = needs_openvino

TEXTS = [example.text for example in tiny_examples()]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds `exact`, and `int8`, which was made of it; not to be changed."""
    folder = tmp_path_factory.mktemp("bundles")
    make_tiny_bundle(folder / "exact")
    quantize_tiny(folder / "exact", folder / "int8")
    return folder


@pytest.fixture
def int8(bundles: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    folder = tmp_path / "int8"
    folder.mkdir()
    for path in (bundles / "int8").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def probabilities(folder: Path, texts: list[str] = TEXTS, **options: Any) -> list[float]:
    return [said.probability for said in Pipeline.from_bundle(folder, device="cpu", **options).score(texts)]


def test_it_judges_nearly_as_the_exact_one(bundles: Path) -> None:
    exact, rounded = (Pipeline.of(load_bundle(bundles / name)).score(TEXTS) for name in ("exact", "int8"))
    moved = [abs(a.probability - b.probability) for a, b in zip(exact, rounded, strict=True)]
    assert 0 < max(moved) < 0.1  # 0.02 was seen
    assert [said.label for said in exact] == [said.label for said in rounded]
    found = [[(m.start, m.end, m.ptid) for m in said.mentions] for said in exact]
    assert [[(m.start, m.end, m.ptid) for m in said.mentions] for said in rounded] == found


def test_any_number_of_threads_gives_the_same(bundles: Path) -> None:
    one = probabilities(bundles / "int8", threads=1, precision="fp32")
    pipeline = Pipeline.from_bundle(bundles / "int8", device="cpu", threads=3, precision="fp32")
    with ThreadPoolExecutor(4) as callers:
        for said in callers.map(pipeline.score, [TEXTS] * 12):
            assert [single.probability for single in said] == pytest.approx(one, abs=1e-5)


def test_a_text_is_judged_alike_in_any_company(bundles: Path) -> None:
    together = probabilities(bundles / "int8")
    alone = [probabilities(bundles / "int8", [text])[0] for text in TEXTS[::7]]
    assert alone == pytest.approx(together[::7], abs=0.01)


def test_any_text_is_legal(bundles: Path) -> None:
    texts = ["", " ", "\0", "😀" * 500, "so " * 400, *TEXTS[:3]]
    assert all(0 <= probability <= 1 for probability in probabilities(bundles / "int8", texts))
    assert probabilities(bundles / "int8", []) == []


def test_it_is_of_the_newest_format_and_the_exact_one_of_its_own(bundles: Path) -> None:
    exact, rounded = read_config(bundles / "exact"), read_config(bundles / "int8")
    assert (exact.format_version, rounded.format_version) == (1, 4)
    assert exact.version != rounded.version
    assert "quantization" not in json.loads((bundles / "exact" / "config.json").read_text())
    same = exact.files.items() & rounded.files.items()
    assert {name for name, _ in same} >= {"labels.json", "trunk.safetensors", "tokenizer.json"}


def test_its_settings_can_be_revised(int8: Path) -> None:
    before = probabilities(int8)
    revise_bundle(int8, thresholds=Thresholds(classifier=0.9), calibration=Calibration(temperature=2.0))
    assert read_config(int8).format_version == 4
    after = probabilities(int8)
    assert after != before
    odds = torch.logit(torch.tensor([before, after], dtype=torch.float64))
    torch.testing.assert_close(odds[1], odds[0] / 2, atol=1e-3, rtol=1e-3)


def test_spans_are_read_by_the_exact_network(tmp_path: Path) -> None:
    make_tiny_hybrid(tmp_path / "hybrid")
    quantize_tiny(tmp_path / "hybrid", tmp_path / "int8")
    exact, rounded = (load_bundle(tmp_path / name) for name in ("hybrid", "int8"))
    encodings = TweetTokenizer(exact.tokenizer, 48).encode(["nausea", "a headache"])
    wanted = Engine(exact.weights).vectors(encodings)
    assert torch.equal(Engine(rounded.weights, body=rounded.body).vectors(encodings), wanted)
    assert Pipeline.of(rounded).score(TEXTS[:4])[0].mentions


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped byte in the graph": (lambda f: flip(f, "body.xml"), "body.xml.*SHA-256"),
    "a flipped byte in its numbers": (lambda f: flip(f, "body.bin"), "body.bin.*SHA-256"),
    "no graph": (lambda f: (f / "body.xml").unlink(), "body.xml"),
    "a graph that is none": (lambda f: rewrite(f, "body.xml", b"<net"), "body.xml"),
    "an empty graph": (
        lambda f: rewrite(f, "body.xml", b'<?xml version="1.0"?><net name="x" version="11"><layers/></net>'),
        "body.xml lacks 'embedded'",
    ),
    "numbers that are too few": (lambda f: rewrite(f, "body.bin", b"\0" * 100), "body.xml.*OpenVINO"),
    "another width": (
        lambda f: rewrite(f, "body.xml", (f / "body.xml").read_bytes().replace(b'"?,32"', b'"?,16"')),
        "body.xml",
    ),
    "a graph that is not told of": (
        lambda f: edit_config(f, quantization=None, format_version=1),
        "body.xml",
    ),
    "an older format": (lambda f: edit_config(f, format_version=3), "format_version"),
    "a graph that config.json does not name": (
        lambda f: edit_config(
            f,
            files={
                n: h
                for n, h in json.loads((f / "config.json").read_text())["files"].items()
                if n != "body.xml"
            },
        ),
        "body.xml",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named(kind: str, int8: Path) -> None:
    damage, told = DAMAGE[kind]
    damage(int8)
    with pytest.raises(BundleError, match=told):
        Pipeline.from_bundle(int8, device="cpu")


def test_without_openvino_the_extra_is_named(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert load_bundle(bundles / "int8").version  # to look at it takes nothing more
    with pytest.raises(ModelError, match=r"ade-monitor\[openvino\]"):
        Pipeline.from_bundle(bundles / "int8", device="cpu")
    assert probabilities(bundles / "exact")


def test_a_body_is_for_processors(bundles: Path) -> None:
    loaded = load_bundle(bundles / "int8")
    with pytest.raises(ModelError, match="device cpu"):
        Engine(loaded.weights, device=torch.device("meta"), body=loaded.body)


def test_nobody_is_told_that_openvino_is_used(tmp_path: Path) -> None:
    program = """
import socket, sys
def refuse(*arguments):
    raise AssertionError("a connection")
socket.socket.connect = socket.getaddrinfo = refuse
from models.runtime.int8.body_ir import openvino_runtime
assert openvino_runtime().Core().available_devices
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
"""
    home = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=home, check=True, timeout=120)
    assert list(tmp_path.iterdir()) == []

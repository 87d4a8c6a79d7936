"""Coding by another release: as a bundle that carries the release codes, without changing the bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models import load_bundle
from models.bundle import set_terminology
from models.normalizer import SpanInText
from models.options import ServingOptions
from models.scoring import load_release_coder, make_normalizer, make_span_reader
from models.terminology import Llt, Terminology

RELEASE = Terminology(
    {"90000001": "Nausea", "90000004": "Dizziness", "90000003": "Insomnia", "5": "Dry mouth"},
    (Llt("90000002", "Headache", "90000001", True), Llt("51", "Mouth is dry", "5", True)),
    version="99.0",
)
SPANS = [SpanInText(span, f"my {span} again") for span in ("mouth is dry", "nausea", "cannot sleep")]
OPTIONS = ServingOptions(device="cpu", threads=1)


def test_spans_are_coded_as_by_a_bundle_with_that_release(hybrid: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in hybrid.iterdir()}
    names: list[int] = []
    coder = load_release_coder(str(hybrid), RELEASE, OPTIONS, begin=names.append)
    assert {path.name: path.read_bytes() for path in hybrid.iterdir()} == before
    assert names == [6]
    assert (coder.version, coder.release) == (load_bundle(hybrid).version, "99.0")

    loaded = load_bundle(hybrid)
    set_terminology(loaded, RELEASE, make_span_reader(loaded, torch.device("cpu")), out=tmp_path / "set")
    expected = make_normalizer(load_bundle(tmp_path / "set"), torch.device("cpu")).rank(SPANS)
    rankings = coder.normalizer.rank(SPANS)
    assert [[c.ptid for c in ranking] for ranking in rankings] == [
        [c.ptid for c in ranking] for ranking in expected
    ]
    assert [ranking[0].score for ranking in rankings] == pytest.approx(
        [r[0].score for r in expected], abs=0.01
    )
    assert rankings[0][0].ptid == "5"


def test_a_bundle_that_carries_the_release_is_used_as_it_is(hybrid: Path) -> None:
    loaded = load_bundle(hybrid)
    set_terminology(loaded, RELEASE, make_span_reader(loaded, torch.device("cpu")))
    names: list[int] = []
    coder = load_release_coder(str(hybrid), RELEASE, OPTIONS, begin=names.append)
    assert names == []
    assert coder.normalizer.rank(SPANS)[0][0].ptid == "5"


def test_classes_are_lifted_to_the_release_without_a_retriever(tiny_bundle: Path) -> None:
    coder = load_release_coder(str(tiny_bundle), RELEASE, OPTIONS)
    ptids = {candidate.ptid for ranking in coder.normalizer.rank(SPANS) for candidate in ranking}
    # Headache has become an LLT of Nausea in this release.
    assert ptids <= {"90000001", "90000004", "90000003"}


def test_a_span_below_the_threshold_has_no_code(tiny_bundle: Path) -> None:
    coder = load_release_coder(str(tiny_bundle), RELEASE, OPTIONS)
    sure = [ranking[0] for ranking in coder.normalizer.rank(SPANS)]
    for threshold in (0.0, 1.1):
        changed = type(coder)(coder.version, "99.0", coder.normalizer, threshold, coder.reads_text)
        assert changed.code(SPANS) == (sure if threshold == 0 else [None] * len(SPANS))

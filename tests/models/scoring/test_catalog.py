"""The scorers that are asked for by name, and the one without weights."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import models
from models import BundleError, DummyScorer, Pipeline, ServingOptions, load_scorer
from models.scoring import CachingScorer


def test_the_dummy_finds_its_words_and_only_them() -> None:
    texts = ["Dizzy, and a HEADACHE 🤢", "dizzying", ""]
    first, *others = DummyScorer().score(texts)
    assert first.label == "ADE"
    assert [(m.text, m.pt_name) for m in first.mentions] == [
        ("Dizzy", "Dizziness"),
        ("HEADACHE", "Headache"),
    ]
    for mention in first.mentions:
        assert texts[0][mention.start : mention.end] == mention.text
    assert [(p.label, p.mentions) for p in others] == [("NoADE", ())] * 2
    assert DummyScorer().score(texts)[0] == first


def test_the_dummy_can_be_slow() -> None:
    started = time.monotonic()
    DummyScorer(delay=0.01).score(["a"] * 5)
    assert time.monotonic() - started >= 0.05


def test_a_scorer_is_found_by_name_or_folder(tiny_bundle: Path, pipeline: Pipeline) -> None:
    assert load_scorer("dummy").version == "dummy-1"
    assert load_scorer(str(tiny_bundle), ServingOptions(device="cpu")).version == pipeline.version


def test_answers_are_kept_where_that_is_asked_for_but_never_those_of_the_dummy(tiny_bundle: Path) -> None:
    scorer = load_scorer(str(tiny_bundle), ServingOptions(device="cpu", cache=10))
    assert isinstance(scorer, CachingScorer)
    assert scorer.score(["so dizzy", "so dizzy"])[0].label == "ADE"
    assert scorer.counts.hits == 1
    assert isinstance(load_scorer("dummy", ServingOptions(cache=10)), DummyScorer)


def test_a_name_that_is_nothing_lists_what_there_is() -> None:
    with pytest.raises(BundleError, match="dummy") as caught:
        load_scorer("defualt")
    assert "defualt" in str(caught.value)


def test_the_public_names_are_these() -> None:
    assert models.__all__ == [
        "BundleError",
        "Candidate",
        "DummyScorer",
        "Mention",
        "ModelError",
        "MultiTaskNetwork",
        "Pipeline",
        "Scorer",
        "ServingOptions",
        "TrunkError",
        "TweetPrediction",
        "load_bundle",
        "load_encoder",
        "load_scorer",
        "save_bundle",
        "stream",
    ]
    for name in models.__all__:
        assert getattr(models, name).__module__.startswith("models.")
    with pytest.raises(AttributeError, match="nothing"):
        _ = models.nothing


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, models; models.load_scorer('dummy'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

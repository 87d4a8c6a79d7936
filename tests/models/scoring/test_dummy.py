"""The scorer without weights."""

from __future__ import annotations

import time

import pytest

from models import BundleError, DummyScorer, load_scorer


def test_the_dummy_finds_its_words_and_only_these() -> None:
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


@pytest.mark.parametrize(
    ("name", "delay"), [("dummy", 0), ("dummy:", 0), ("dummy:0.5", 0.5), ("dummy:60", 60)]
)
def test_the_name_has_the_delay(name: str, delay: float) -> None:
    scorer = load_scorer(name)
    assert isinstance(scorer, DummyScorer)
    assert scorer.delay == delay


@pytest.mark.parametrize("name", ["dummy:-1", "dummy:60.1", "dummy:nan", "dummy:slow"])
def test_an_invalid_delay_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match=name):
        load_scorer(name)

"""Heads that are distilled from a tiny network, and the exits that are found with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.bundle import load_bundle
from tests.tiny import NEGATIVE, POSITIVE, make_tiny_bundle
from training.errors import RunError
from training.examples import Example
from training.exits import compare_exit, divide_texts, find_exit, store_exit, with_exit

FILLERS = ["so", "and", "day", "three", "my", "just", "got", "hello"]


def examples(copies: int) -> list[Example]:
    """Return the tweets that the tiny network knows, each with different words around it."""
    return [
        Example(f"{copy}-{row}", f"{text} {FILLERS[copy % 8]} {copy}", int(text in POSITIVE))
        for copy in range(copies)
        for row, text in enumerate([*POSITIVE, *NEGATIVE, *NEGATIVE])
    ]


def test_an_exit_is_found_stored_and_taken(tmp_path: Path) -> None:
    bundle = load_bundle(make_tiny_bundle(tmp_path / "tiny"))
    texts, valid = divide_texts(examples(12), seed=1)
    search = find_exit(bundle, texts, valid, layers=[2], kept=0.9, seed=1, epochs=6)
    [candidate] = search.candidates
    assert candidate.least_share >= 0.9
    assert candidate.kept <= candidate.positives == search.positives
    comparison = compare_exit(with_exit(bundle, candidate), valid)
    assert comparison.changed <= candidate.positives - candidate.kept
    assert comparison.f1().keys() == {"1a", "1b"}
    if search.chosen is not None:
        store_exit(bundle, search, comparison, out=tmp_path / "out")
        stored = load_bundle(tmp_path / "out")
        assert stored.early_exit is not None
        for name, tensor in candidate.head.tensors.items():
            assert torch.equal(stored.early_exit.tensors[name], tensor)


def test_too_few_positives_mean_no_exit_and_say_how_many_are_needed(tmp_path: Path) -> None:
    bundle = load_bundle(make_tiny_bundle(tmp_path / "tiny"))
    texts, valid = divide_texts(examples(4), seed=1)
    search = find_exit(bundle, texts, valid, seed=1)
    assert search.chosen is None
    assert search.needed == 598
    assert "598" in search.problem
    with pytest.raises(RunError, match="598"):
        store_exit(bundle, search, out=tmp_path / "out")


def test_impossible_layers_and_missing_texts_are_refused(tmp_path: Path) -> None:
    bundle = load_bundle(make_tiny_bundle(tmp_path / "tiny"))
    with pytest.raises(RunError, match="1 to 2"):
        find_exit(bundle, examples(1), examples(1), layers=[3])
    with pytest.raises(RunError, match="no texts"):
        find_exit(bundle, examples(1), [])


def test_no_text_trains_and_validates() -> None:
    texts, valid = divide_texts([*examples(3), *examples(2)], seed=1)
    assert not {example.text for example in texts} & {example.text for example in valid}
    assert len(texts) + len(valid) == len({example.text for example in examples(3)})

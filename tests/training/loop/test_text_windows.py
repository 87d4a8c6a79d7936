"""Training texts of any length, with contexts or without: which windows teach what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from models.encoder import TweetTokenizer, load_encoder
from training.examples import AnnotatedSpan, Example
from training.loop import classifier_data, drop_contexts, extractor_data, window_examples
from training.loop.task_data import IGNORED

MAX_TOKENS = 16
FILLER = "this is my day and so this is my day "


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder: Path) -> TweetTokenizer:
    return TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, MAX_TOKENS)


def long_text(name: str, label: int, *effects: str) -> Example:
    """Return a text of several windows with effects at its end."""
    text = FILLER * 4 + " and ".join(effects)
    spans = tuple(AnnotatedSpan(text.index(effect), text.index(effect) + len(effect)) for effect in effects)
    return Example(name, text, label, spans)


def count_windows(examples: Sequence[Example], tokenizer: TweetTokenizer) -> int:
    return len(window_examples(examples, tokenizer).inputs)


def test_all_windows_of_a_negative_are_negative(tokenizer: TweetTokenizer) -> None:
    examples = [long_text("a", 0), Example("b", "so", 1)]
    data = classifier_data(examples, tokenizer)
    assert len(data) == count_windows(examples, tokenizer) > 3
    assert data.targets == [[0]] * (len(data) - 1) + [[1]]


def test_of_a_positive_the_windows_with_a_span_are_positive(tokenizer: TweetTokenizer) -> None:
    example = long_text("a", 1, "nausea")
    data = classifier_data([example], tokenizer)
    assert len(data) < count_windows([example], tokenizer)
    nausea = tokenizer.encode(["nausea"])[0].ids[1]
    assert data.targets == [[1]] * len(data)
    for row in range(len(data)):
        assert nausea in data.inputs.batch([row]).input_ids[0].tolist()


def test_of_a_positive_without_a_span_the_first_window_is_taken(tokenizer: TweetTokenizer) -> None:
    example = Example("a", FILLER * 4, 1)
    data = classifier_data([example], tokenizer)
    assert data.targets == [[1]]
    assert data.inputs.batch([0]).input_ids[0].tolist() == tokenizer.encode([example.text])[0].ids


def test_each_window_has_its_part_of_the_spans(tokenizer: TweetTokenizer) -> None:
    example = long_text("a", 1, "nausea", "dizzy")
    windowed = window_examples([example], tokenizer)
    data = extractor_data([example], tokenizer)
    assert len(data) == len(windowed.inputs)
    assert not any(1 in tags for tags in data.targets[:2])
    tagged = {
        place
        for tags, window in zip(data.targets, windowed.inputs, strict=True)
        for tag, place in zip(tags, window.offsets, strict=True)
        if tag == 1
    }
    for span in example.spans:
        assert min(start for start, _ in tagged if start >= span.start) == span.start
        assert span.end in {end for _, end in tagged}


def test_contexts_are_read_but_never_tagged(tokenizer: TweetTokenizer) -> None:
    example = Example("a", "so dizzy", 1, (AnnotatedSpan(3, 8),), context="nausea day")
    without = extractor_data([example], tokenizer)
    [tags] = extractor_data([example], tokenizer, reads_context=True).targets
    [expected] = without.targets
    assert len(tags) > len(expected)
    assert [tag for tag in tags if tag != IGNORED] == [tag for tag in expected if tag != IGNORED]
    assert classifier_data([example], tokenizer, reads_context=True).inputs.types.any()
    assert not classifier_data([example], tokenizer).inputs.types.any()


def test_a_share_of_the_contexts_is_dropped_the_same_each_time() -> None:
    examples = [Example(str(number), "so", 0, context="on zoloft") for number in range(400)]
    dropped = drop_contexts(examples, 0.5, seed=1)
    assert drop_contexts(examples, 0.5, seed=1) == dropped != drop_contexts(examples, 0.5, seed=2)
    assert 150 < sum(not example.context for example in dropped) < 250
    assert drop_contexts(examples, 0, seed=1) == examples
    assert not any(example.context for example in drop_contexts(examples, 1, seed=1))
    assert drop_contexts(examples[:7], 0.5, seed=1) == dropped[:7]

"""The data sets of Algorithm 1: tags of tokens, classes of the Normalizer, mini-batches."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoder import TweetTokenizer, load_encoder
from models.normalizer import Labels
from training.examples import AnnotatedSpan, CodedPhrase, Example
from training.loop.inputs import Inputs
from training.loop.task_data import (
    IGNORED,
    TaskData,
    extractor_data,
    mini_batches,
    normalizer_data,
    normalizer_labels,
)


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder: Path) -> TweetTokenizer:
    return TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, 48)


def test_tokens_of_a_span_are_tagged_and_special_tokens_ignored(tokenizer: TweetTokenizer) -> None:
    text = "zoloft gives me a headache"
    span = AnnotatedSpan(text.index("a headache"), len(text))
    data = extractor_data([Example("a", text, 1, (span,))], tokenizer)
    [tags], [encoding] = data.targets, tokenizer.encode([text])
    assert tags[0] == tags[-1] == IGNORED
    tagged = [encoding.offsets[at] for at, tag in enumerate(tags) if tag == 1]
    assert (tagged[0][0], tagged[-1][1]) == (text.index("a headache"), len(text))
    assert sum(tag == 0 for tag in tags) > 0


def test_padding_of_tags_is_ignored(tokenizer: TweetTokenizer) -> None:
    data = extractor_data([Example("a", "so", 0), Example("b", "zoloft day three", 0)], tokenizer)
    inputs, targets = data.batch([0, 1])
    assert targets.shape == inputs.input_ids.shape
    assert bool(((targets == IGNORED) | (inputs.attention_mask == 1)).all())


def test_by_default_the_normalizer_knows_pts_with_more_than_three_examples() -> None:
    phrases = [CodedPhrase(f"p{n}", "2") for n in range(4)] + [CodedPhrase(f"q{n}", "1") for n in range(3)]
    assert normalizer_labels(phrases, {"1": "One", "2": "Two"}) == Labels.of([("2", "Two")])


def test_phrases_of_unknown_pts_are_left_out(tokenizer: TweetTokenizer) -> None:
    data = normalizer_data(
        [CodedPhrase("so", "1"), CodedPhrase("day", "2")], Labels.of([("2", "Two")]), tokenizer
    )
    assert len(data) == 1
    assert data.targets == [[0]]


@given(count=st.integers(1, 300), size=st.integers(1, 70), seed=st.integers(0, 2**31))
def test_mini_batches_hold_every_example_once(count: int, size: int, seed: int) -> None:
    data = TaskData("1a", Inputs.packed([[1, 2, 3]] * count, [[0] * 3] * count), [[0]] * count)
    batches = mini_batches(data, size, torch.Generator().manual_seed(seed))
    assert sorted(row for batch in batches for row in batch) == list(range(count))
    assert all(0 < len(batch) <= size for batch in batches)


def test_a_mini_batch_holds_texts_of_similar_length() -> None:
    lengths = [1 + row % 10 for row in range(300)]
    inputs = Inputs.packed([[1] * n for n in lengths], [[0] * n for n in lengths])
    data = TaskData("1a", inputs, [[0]] * len(lengths))
    batches = mini_batches(data, 10, torch.Generator().manual_seed(1))
    assert all(len({lengths[row] for row in batch}) == 1 for batch in batches)

"""Buckets double up to the budget, and every batch of short texts fits into one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Encoding, Tokenizer

from models.encoder import TweetTokenizer
from models.runtime import micro_batches
from models.runtime.cuda.buckets import Bucket, BucketInputs, make_buckets, max_texts, smallest_bucket
from tests.models.runtime.packed_batches import batch_of
from tests.tiny import Trained


@pytest.fixture(scope="module")
def tokenizer(trained: Trained) -> Tokenizer:
    return trained.encoder.tokenizer


def encodings_of(tokenizer: Tokenizer, words: Sequence[int]) -> list[Encoding]:
    return TweetTokenizer(tokenizer, 512).encode(["me " * count for count in words])


@given(budget=st.integers(1, 20_000))
@example(16_384)
def test_sizes_double_up_to_the_budget(budget: int) -> None:
    buckets = make_buckets(budget)
    assert buckets[-1].tokens == budget
    pairs = itertools.pairwise(buckets)
    assert all(left.tokens < right.tokens <= 2 * left.tokens for left, right in pairs)
    assert all(
        bucket.texts == max_texts(bucket.tokens) and bucket.longest <= bucket.tokens for bucket in buckets
    )


@given(
    words=st.lists(st.integers(0, 126), min_size=1, max_size=150), budget=st.sampled_from([300, 512, 2_000])
)
@example([0] * 150, 300)
def test_every_batch_of_short_texts_fits_into_a_bucket(
    tokenizer: Tokenizer, words: list[int], budget: int
) -> None:
    buckets, rows = make_buckets(budget), []
    encodings = encodings_of(tokenizer, words)
    for batch in micro_batches(encodings, token_budget=budget, text_budget=max_texts(budget)):
        bucket = smallest_bucket(buckets, batch)
        assert bucket is not None
        assert bucket.holds(batch)
        assert not any(other.tokens < bucket.tokens and other.holds(batch) for other in buckets)
        rows += batch.rows
    assert sorted(rows) == list(range(len(words)))


@pytest.mark.parametrize(
    ("lengths", "fits"),
    [([4, 4], True), ([2, 6], True), ([2, 7], False), ([4, 5], False), ([2, 2, 2], False)],
)
def test_a_bucket_limits_tokens_texts_and_the_longest_text(lengths: list[int], fits: bool) -> None:
    assert Bucket(tokens=8, texts=2, longest=6).holds(batch_of(lengths)) == fits


def test_a_smaller_batch_leaves_nothing_of_the_one_before() -> None:
    inputs = BucketInputs(Bucket(tokens=8, texts=4, longest=6), torch.device("cpu"))
    inputs.fill(batch_of([3, 5]))
    filled = inputs.fill(batch_of([2]))
    assert filled.input_ids.tolist() == [1, 2]
    assert filled.bounds.tolist() == [0, 2]
    assert inputs.batch.input_ids.tolist() == [1, 2, 0, 0, 0, 0, 0, 0]
    assert inputs.batch.position_ids.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
    assert inputs.batch.bounds.tolist() == [0, 2, 2, 2, 2]

"""Micro-batches without padding: every input is in one of them, whole, and equal lengths are neighbours."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Encoding, Tokenizer

from models.encoder import TweetTokenizer
from models.runtime import PaddedTexts, micro_batches, pack_batch
from models.runtime.packing import LengthGroup, padded_parts
from tests.models.runtime.packed_batches import batch_of, random_states
from tests.padding import pad
from tests.tiny import Trained

WORDS = st.lists(st.integers(0, 40), max_size=60)
LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=25).map(sorted)


@pytest.fixture(scope="module")
def tokenizer(trained: Trained) -> Tokenizer:
    return trained.encoder.tokenizer


def encodings_of(tokenizer: Tokenizer, words: list[int]) -> list[Encoding]:
    return TweetTokenizer(tokenizer, 64).encode(["me " * count for count in words])


@given(words=WORDS, budget=st.integers(1, 200))
def test_every_input_is_in_one_batch_within_the_budget(
    tokenizer: Tokenizer, words: list[int], budget: int
) -> None:
    encodings = encodings_of(tokenizer, words)
    rows: list[int] = []
    for batch in micro_batches(encodings, token_budget=budget):
        rows += batch.rows
        assert len(batch.input_ids) == sum(batch.lengths)
        assert len(batch.input_ids) <= budget or len(batch.rows) == 1
        for row, start, length in zip(batch.rows, batch.starts.tolist(), batch.lengths, strict=True):
            assert batch.input_ids[start : start + length].tolist() == encodings[row].ids
            assert batch.position_ids[start : start + length].tolist() == list(range(length))
    assert sorted(rows) == list(range(len(words)))


@given(words=WORDS, token_budget=st.integers(1, 200), text_budget=st.integers(1, 20))
def test_a_batch_ends_only_where_the_next_text_exceeds_a_budget(
    tokenizer: Tokenizer, words: list[int], token_budget: int, text_budget: int
) -> None:
    encodings = encodings_of(tokenizer, words)
    batches = list(micro_batches(encodings, token_budget=token_budget, text_budget=text_budget))
    assert all(len(batch.rows) <= text_budget for batch in batches)
    for batch, following in itertools.pairwise(batches):
        assert batch.lengths[-1] <= following.lengths[0]
        is_full = sum(batch.lengths) + following.lengths[0] > token_budget
        assert is_full or len(batch.rows) == text_budget


def test_a_batch_may_have_exactly_the_budgets(tokenizer: Tokenizer) -> None:
    encodings = encodings_of(tokenizer, [2, 2, 2])  # four tokens each
    assert [batch.rows for batch in micro_batches(encodings, token_budget=12)] == [(0, 1, 2)]
    assert [batch.rows for batch in micro_batches(encodings, token_budget=11)] == [(0, 1), (2,)]
    twice = micro_batches([*encodings, *encodings], token_budget=11)
    assert [batch.rows for batch in twice] == [(0, 1), (2, 3), (4, 5)]
    by_texts = micro_batches(encodings, token_budget=12, text_budget=2)
    assert [batch.rows for batch in by_texts] == [(0, 1), (2,)]


def test_groups_have_the_texts_of_equal_length() -> None:
    groups = batch_of([2, 2, 3, 5, 5, 5]).groups
    assert groups == (LengthGroup(2, 2, 0, 0), LengthGroup(1, 3, 2, 4), LengthGroup(3, 5, 3, 7))
    assert [group.token_slice for group in groups] == [slice(0, 4), slice(4, 7), slice(7, 22)]
    assert [group.text_slice for group in groups] == [slice(0, 2), slice(2, 3), slice(3, 6)]


@given(lengths=LENGTHS)
def test_groups_cover_every_text_and_token_once(lengths: list[int]) -> None:
    batch = batch_of(lengths)
    texts = [text for group in batch.groups for text in range(len(lengths))[group.text_slice]]
    tokens = [token for group in batch.groups for token in range(sum(lengths))[group.token_slice]]
    assert texts == list(range(len(lengths)))
    assert tokens == list(range(sum(lengths)))
    for group in batch.groups:
        assert set(batch.lengths[group.text_slice]) == {group.length}
        assert group.first_token == batch.starts[group.first_text]
    assert len({group.length for group in batch.groups}) == len(batch.groups)


@given(lengths=LENGTHS)
def test_each_token_knows_its_text(lengths: list[int]) -> None:
    batch = batch_of(lengths)
    assert batch.text_of_token.tolist() == [
        text for text, length in enumerate(lengths) for _ in range(length)
    ]
    assert batch.starts.tolist() == [sum(lengths[:text]) for text in range(len(lengths))]
    assert batch.longest == max(lengths)


@given(words=WORDS.filter(len), data=st.data())
def test_selected_texts_form_the_batch_that_they_would_be_packed_into(
    tokenizer: Tokenizer, words: list[int], data: st.DataObject
) -> None:
    encodings = encodings_of(tokenizer, words)
    [batch] = micro_batches(encodings, token_budget=10_000)
    texts = sorted(data.draw(st.sets(st.integers(0, len(words) - 1), min_size=1)))
    selected, tokens = batch.select(texts)
    expected = pack_batch(encodings, [batch.rows[text] for text in texts])
    assert (selected.rows, selected.lengths) == (expected.rows, expected.lengths)
    for name in ("input_ids", "type_ids", "position_ids", "bounds"):
        assert torch.equal(getattr(selected, name), getattr(expected, name))
    assert torch.equal(batch.input_ids[tokens], expected.input_ids)


def test_selected_tokens_are_indices_in_the_batch() -> None:
    selected, tokens = batch_of([2, 3, 4]).select([0, 2])
    assert tokens.tolist() == [0, 1, 5, 6, 7, 8]
    assert selected.input_ids.tolist() == [1, 2, 6, 7, 8, 9]
    assert selected.type_ids.tolist() == [0, 1, 0, 0, 1, 1]
    assert selected.bounds.tolist() == [0, 2, 6]


@given(words=WORDS.filter(len))
def test_a_padded_batch_is_the_one_that_training_uses(tokenizer: Tokenizer, words: list[int]) -> None:
    tweet_tokenizer = TweetTokenizer(tokenizer, 64)
    encodings = tweet_tokenizer.encode_pairs(["me"] * len(words), ["so " * count for count in words])
    [batch] = micro_batches(encodings, token_budget=10_000)
    padded, expected = PaddedTexts(batch), pad([encodings[row] for row in batch.rows])
    assert torch.equal(padded.input_ids, expected.input_ids)
    assert torch.equal(padded.attention_mask, expected.attention_mask)
    assert torch.equal(padded.type_ids, expected.token_type_ids)
    assert torch.equal(padded.unpad(padded.input_ids), batch.input_ids)


def test_some_of_the_texts_can_be_padded() -> None:
    padded = PaddedTexts(batch_of([1, 2, 4, 4]), (1, 3))
    assert (padded.text_slice, padded.token_slice) == (slice(1, 3), slice(1, 7))
    assert padded.shape == (2, 4)
    assert padded.input_ids.tolist() == [[2, 3, 0, 0], [4, 5, 6, 7]]
    assert padded.type_ids.tolist() == [[0, 1, 0, 0], [0, 0, 1, 1]]
    assert padded.attention_mask.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]


@given(lengths=LENGTHS, data=st.data())
def test_any_neighbouring_texts_can_be_padded_and_unpadded(lengths: list[int], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(lengths) - 1))
    end = data.draw(st.integers(first + 1, len(lengths)))
    batch = batch_of(lengths)
    padded = PaddedTexts(batch, (first, end))
    assert padded.shape == (end - first, lengths[end - 1])
    starts = batch.starts.tolist()
    for row, text in enumerate(range(first, end)):
        ids = list(range(starts[text] + 1, starts[text] + lengths[text] + 1))
        assert padded.input_ids[row].tolist() == ids + [0] * (padded.shape[1] - lengths[text])
    states = random_states(sum(lengths), 3)[padded.token_slice]
    rectangle = padded.pad(states)
    assert rectangle.shape == (*padded.shape, 3)
    assert torch.equal(padded.unpad(rectangle), states)
    assert rectangle[padded.attention_mask == 0].abs().sum() == 0


@given(lengths=st.lists(st.integers(1, 512), min_size=1, max_size=60).map(sorted))
def test_padded_parts_cover_the_batch_with_at_most_half_padding(lengths: list[int]) -> None:
    parts = list(padded_parts(batch_of(lengths)))
    texts, tokens = 0, 0
    for part in parts:
        assert (part.text_slice.start, part.token_slice.start) == (texts, tokens)
        texts, tokens = part.text_slice.stop, part.token_slice.stop
        assert part.shape[0] * part.shape[1] <= 2 * (part.token_slice.stop - part.token_slice.start)
    assert (texts, tokens) == (len(lengths), sum(lengths))
    for part, following in itertools.pairwise(parts):
        assert lengths[following.text_slice.start] > 2 * lengths[part.text_slice.start]


def test_texts_of_up_to_twice_the_length_share_a_rectangle() -> None:
    parts = list(padded_parts(batch_of([3, 6, 7])))
    assert [part.text_slice for part in parts] == [slice(0, 2), slice(2, 3)]

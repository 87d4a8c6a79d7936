"""Micro-batches without padding: every input is in one of them, whole, and equal lengths meet."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.encoder.tokenization import TweetTokenizer
from models.runtime.packing import PaddedTexts, micro_batches, pack_batch
from tests.padding import pad
from tests.tiny import Trained

lengths = st.lists(st.integers(0, 40), max_size=60)


@pytest.fixture(scope="module")
def tokenizer(trained: Trained) -> Tokenizer:
    return trained.encoder.tokenizer


@given(lengths=lengths, budget=st.integers(1, 200))
def test_every_input_is_in_one_batch_within_the_budget(
    tokenizer: Tokenizer, lengths: list[int], budget: int
) -> None:
    encodings = TweetTokenizer(tokenizer, 64).encode(["me " * length for length in lengths])
    rows: list[int] = []
    for batch in micro_batches(encodings, token_budget=budget):
        rows += batch.rows
        assert len(batch.input_ids) == sum(batch.lengths)
        assert len(batch.input_ids) <= budget or len(batch.rows) == 1
        for row, start, length in zip(batch.rows, batch.starts.tolist(), batch.lengths, strict=True):
            assert batch.input_ids[start : start + length].tolist() == encodings[row].ids
            assert batch.position_ids[start : start + length].tolist() == list(range(length))
    assert sorted(rows) == list(range(len(lengths)))


@given(lengths=lengths.filter(len))
def test_groups_are_the_runs_of_equal_length(tokenizer: Tokenizer, lengths: list[int]) -> None:
    encodings = TweetTokenizer(tokenizer, 64).encode(["me " * length for length in lengths])
    for batch in micro_batches(encodings, token_budget=300):
        assert len({group.length for group in batch.groups}) == len(batch.groups)
        assert [group.length for group in batch.groups for _ in range(group.texts)] == list(batch.lengths)
        for group in batch.groups:
            assert group.token_slice.start == batch.starts[group.first_text]
            assert set(batch.lengths[group.text_slice]) == {group.length}


@given(lengths=lengths.filter(len), data=st.data())
def test_some_of_the_texts_make_a_batch_of_their_own(
    tokenizer: Tokenizer, lengths: list[int], data: st.DataObject
) -> None:
    encodings = TweetTokenizer(tokenizer, 64).encode(["me " * length for length in lengths])
    [batch] = micro_batches(encodings, token_budget=10_000)
    chosen = sorted(data.draw(st.sets(st.integers(0, len(lengths) - 1), min_size=1)))
    part, places = batch.select(chosen)
    expected = pack_batch(encodings, [batch.rows[text] for text in chosen])
    assert part.rows == expected.rows
    assert part.lengths == expected.lengths
    assert torch.equal(part.input_ids, expected.input_ids)
    assert torch.equal(part.position_ids, expected.position_ids)
    assert torch.equal(batch.input_ids[places], expected.input_ids)


@given(lengths=lengths.filter(len))
def test_a_batch_can_be_padded_and_packed_again(tokenizer: Tokenizer, lengths: list[int]) -> None:
    own = TweetTokenizer(tokenizer, 64)
    encodings = own.encode_pairs(["me"] * len(lengths), ["so " * length for length in lengths])
    [batch] = micro_batches(encodings, token_budget=10_000)
    padded, expected = PaddedTexts(batch), pad([encodings[row] for row in batch.rows])
    assert torch.equal(padded.input_ids, expected.input_ids)
    assert torch.equal(padded.attention_mask, expected.attention_mask)
    assert torch.equal(padded.type_ids, expected.token_type_ids)
    assert torch.equal(padded.unpad(padded.input_ids), batch.input_ids)

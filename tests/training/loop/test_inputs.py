"""Packed inputs: batches, keys, and packing a batch again."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from training.loop.inputs import Inputs

TEXTS = st.lists(
    st.lists(st.tuples(st.integers(1, 30_000), st.integers(0, 1)), min_size=1, max_size=40),
    min_size=1,
    max_size=12,
)


def pack_tokens(texts: list[list[tuple[int, int]]]) -> Inputs:
    return Inputs.packed([[i for i, _ in text] for text in texts], [[t for _, t in text] for text in texts])


@given(TEXTS, st.data())
def test_a_batch_holds_the_tokens_of_its_rows(
    texts: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=9))
    batch = pack_tokens(texts).batch(rows)
    assert batch.input_ids.shape[1] == max(len(texts[row]) for row in rows)
    for at, row in enumerate(rows):
        real = len(texts[row])
        assert batch.attention_mask[at].tolist() == [1] * real + [0] * (batch.input_ids.shape[1] - real)
        pairs = zip(batch.input_ids[at].tolist(), batch.token_type_ids[at].tolist(), strict=True)
        assert list(pairs)[:real] == texts[row]
        assert batch.input_ids[at, real:].eq(0).all()
        assert batch.token_type_ids[at, real:].eq(0).all()


@given(TEXTS)
def test_packing_a_padded_batch_restores_the_inputs(texts: list[list[tuple[int, int]]]) -> None:
    inputs = pack_tokens(texts)
    batch = inputs.batch(range(len(texts)))
    repacked = Inputs.of_batch(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    assert repacked.digest() == inputs.digest()
    assert repacked.keys() == inputs.keys()


@given(TEXTS)
def test_inputs_have_the_same_key_if_they_have_the_same_tokens(texts: list[list[tuple[int, int]]]) -> None:
    keys = pack_tokens(texts).keys()
    assert len(set(keys)) == len({tuple(text) for text in texts})


def test_an_empty_list_of_inputs_is_valid() -> None:
    empty = pack_tokens([])
    assert len(empty) == 0
    assert empty.keys() == []


def test_batches_are_int64_as_networks_need() -> None:
    batch = pack_tokens([[(5, 0), (6, 1)]]).batch([0])
    assert batch.input_ids.dtype is batch.attention_mask.dtype is batch.token_type_ids.dtype is torch.int64

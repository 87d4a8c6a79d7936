"""Masked inputs: whole words, the right shares, and each window once an epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from models.encoder import load_encoder
from tests.tiny import write_checkpoint
from tests.training.adaptation.masked_checkpoints import POSTS
from training.adaptation.token_index import CONTINUES, SPECIAL, TokenIndex, open_index, token_ids
from training.adaptation.word_masking import WordMasker, epoch_batches


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return load_encoder(str(write_checkpoint(tmp_path_factory.mktemp("masking") / "encoder"))).tokenizer


@pytest.fixture(scope="module")
def index(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> TokenIndex:
    texts = [*POSTS, "🤒", " ".join(POSTS)]
    return open_index(tmp_path_factory.mktemp("index"), texts, tokenizer, max_tokens=32, identity="x")


@pytest.fixture(scope="module")
def masker(tokenizer: Tokenizer, index: TokenIndex) -> WordMasker:
    mask = tokenizer.token_to_id("[MASK]")
    return WordMasker(index, mask, tokenizer.token_to_id("[PAD]"), tokenizer.get_vocab_size())


def test_targets_are_the_tokens_that_were_there(masker: WordMasker, index: TokenIndex) -> None:
    windows = list(range(16))
    batch = masker.batch(windows, (1, 2))
    width = batch.input_ids.shape[1]
    kept = batch.input_ids.reshape(-1).clone()
    kept[batch.places] = batch.targets
    for row, number in enumerate(windows):
        tokens = index.window(number)
        assert kept.reshape(-1, width)[row, : len(tokens)].tolist() == token_ids(tokens).tolist()
        assert batch.attention_mask[row].tolist() == [1] * len(tokens) + [0] * (width - len(tokens))


def test_words_are_masked_whole_and_special_tokens_never(masker: WordMasker, index: TokenIndex) -> None:
    for number in range(len(index.ends)):
        batch = masker.batch([number], (3, number))
        tokens = index.window(number)
        chosen = np.zeros(len(tokens), dtype=bool)
        chosen[batch.places.numpy()] = True
        assert chosen.any()
        assert not chosen[(tokens & SPECIAL) != 0].any()
        word = np.cumsum((tokens & CONTINUES) == 0)
        for each in np.unique(word[chosen]):
            assert chosen[word == each].all()


def test_shares_of_masked_tokens(masker: WordMasker, index: TokenIndex) -> None:
    tokens = masked = as_mask = unchanged = 0
    for seed in range(40):
        windows = range(len(index.ends))
        batch = masker.batch(list(windows), (4, seed))
        total = sum(int(((index.window(number) & SPECIAL) == 0).sum()) for number in windows)
        shown = batch.input_ids.reshape(-1)[batch.places]
        tokens, masked = tokens + total, masked + len(batch.places)
        as_mask += int((shown == masker.mask).sum())
        unchanged += int((shown == batch.targets).sum())
    assert masked / tokens == pytest.approx(0.15, abs=0.02)
    assert as_mask / masked == pytest.approx(0.8, abs=0.02)
    assert unchanged / masked == pytest.approx(0.1, abs=0.02)


def test_an_epoch_has_each_window_once_in_an_order_of_its_own(index: TokenIndex) -> None:
    windows = np.arange(3, len(index.ends))
    first, again, other = (
        np.concatenate([*epoch_batches(index, windows, 7, (0, 1, epoch))]) for epoch in (0, 0, 1)
    )
    assert sorted(first) == sorted(other) == windows.tolist()
    assert first.tolist() == again.tolist() != other.tolist()
    sizes = [len(batch) for batch in epoch_batches(index, windows, 7, (0, 1, 0))]
    assert sorted(set(sizes))[-1] == 7
    assert sum(size < 7 for size in sizes) <= 1


def test_windows_of_a_text_join_to_all_of_its_tokens(tokenizer: Tokenizer, tmp_path: Path) -> None:
    text = " ".join(POSTS)
    index = open_index(tmp_path, [text, text, "", " "], tokenizer, max_tokens=32, identity="x")
    whole = tokenizer.encode(text, add_special_tokens=False).ids
    windows = [index.window(number) for number in range(len(index.ends))]
    joined = np.concatenate([window[(window & SPECIAL) == 0] for window in windows])
    assert token_ids(joined).tolist() == whole
    assert all(len(window) <= 32 for window in windows)
    assert index.duplicates == 1
    training, held_out = index.split(0.5)
    assert min(len(training), len(held_out)) == 0  # a text stays on one side


def test_an_index_is_built_once_for_the_same_texts(tokenizer: Tokenizer, tmp_path: Path) -> None:
    messages: list[str] = []
    for identity in ("x", "x", "y"):
        options = {"max_tokens": 32, "identity": identity, "message": messages.append}
        assert open_index(tmp_path, POSTS, tokenizer, **options).texts == len(POSTS)
    assert len(messages) == 2

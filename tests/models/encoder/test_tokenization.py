"""Texts to word pieces, with offsets into the text as given."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models import load_encoder
from models.encoder import TokenBatch, TweetTokenizer
from models.encoder.tokenization import plain_letters
from tests.tiny import Layout


@pytest.fixture(scope="module")
def tokenizer(checkpoints: dict[Layout, Path]) -> Tokenizer:
    return load_encoder(str(checkpoints["safetensors"])).tokenizer


@pytest.mark.parametrize(
    "text",
    [
        "zoloft",
        "🤢🤢 zoloft",
        "e\u0301e\u0301 zoloft",
        "頭痛 zoloft",
        "\x00\x00 zoloft",
        "\ud800 zoloft",
        "👩\u200d⚕️ zoloft",
        "ﬁ İ zoloft",
        "\r\n\t zoloft",
    ],
)
def test_offsets_count_code_points_of_the_text_as_given(tokenizer: Tokenizer, text: str) -> None:
    encoding = TweetTokenizer(tokenizer, 64).encode([text])[0]
    start, end = encoding.offsets[encoding.tokens.index("zoloft")]
    assert text[start:end] == "zoloft"


def test_truncation_keeps_both_special_tokens(tokenizer: Tokenizer) -> None:
    encoding = TweetTokenizer(tokenizer, 8).encode(["zoloft " * 20_000])[0]
    assert len(encoding.ids) == 8
    assert (encoding.tokens[0], encoding.tokens[-1]) == ("[CLS]", "[SEP]")


def test_a_pair_is_the_span_and_then_the_tweet(tokenizer: Tokenizer) -> None:
    (pair,) = TweetTokenizer(tokenizer, 64).encode_pairs(["nausea"], ["zoloft gives me nausea"])
    tokens = [tokenizer.id_to_token(token) for token in pair.ids]
    assert tokens == ["[CLS]", "nausea", "[SEP]", "zoloft", "gives", "me", "nausea", "[SEP]"]
    assert pair.type_ids == [0, 0, 0, 1, 1, 1, 1, 1]


def test_the_tweet_of_a_long_pair_is_truncated(tokenizer: Tokenizer) -> None:
    (pair,) = TweetTokenizer(tokenizer, 12).encode_pairs(["nausea"], ["zoloft " * 5_000])
    assert len(pair.ids) == 12
    assert [tokenizer.id_to_token(token) for token in pair.ids[:3]] == ["[CLS]", "nausea", "[SEP]"]


def test_the_original_tokenizer_does_not_change(tokenizer: Tokenizer) -> None:
    TweetTokenizer(tokenizer, 8)
    assert len(tokenizer.encode("zoloft " * 50).ids) == 52


def test_the_span_mask_leaves_out_tweet_and_padding() -> None:
    attention = torch.tensor([[1, 1, 1, 1, 1, 0]])
    types = torch.tensor([[0, 0, 0, 1, 1, 0]])
    assert TokenBatch(attention, attention, types).span_mask.tolist() == [[1, 1, 1, 0, 0, 0]]


@given(st.text(st.characters()))
def test_replacing_letters_keeps_the_number_of_code_points(text: str) -> None:
    assert len(plain_letters(text)) == len(text)


@given(st.text(st.characters()))
def test_replaced_text_is_valid_utf_8_and_stable(text: str) -> None:
    once = plain_letters(text)
    once.encode()
    assert plain_letters(once) == once


@given(st.text("abcxyzABCXYZ0189 .,!?'éñöüßçøåÀŠž😵\u0301"))
def test_plain_letters_accents_and_emoji_do_not_change(text: str) -> None:
    assert plain_letters(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("𝐝𝐢𝐳𝐳𝐲", "dizzy"),
        ("ｄｉｚｚｙ", "dizzy"),
        ("ⓓizzy", "dizzy"),
        ("dizzy\ud83d", "dizzy\ufffd"),
        ("\ud7ff\ud800\udfff\ue000", "\ud7ff\ufffd\ufffd\ue000"),
        ("dizzy 😵 naïve ½", "dizzy 😵 naïve ½"),
    ],
)
def test_styled_letters_become_plain(text: str, expected: str) -> None:
    assert plain_letters(text) == expected

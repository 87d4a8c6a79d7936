"""Long texts as several inputs: nothing is lost, offsets are exact, and contexts have no words."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.encoder import (
    MOST_WINDOWS,
    TokenizedInput,
    TweetTokenizer,
    WindowedTexts,
    load_encoder,
    read_pretrained,
)
from models.encoder.windows import window_parts
from tests.families import MODEL_TYPES, write_family
from tests.tiny import Layout
from tests.wild_texts import WILD

MAX_TOKENS = 16
LONG = "so this is my day three and zoloft gives me nausea again. " * 12


@pytest.fixture(scope="module")
def tokenizer(checkpoints: dict[Layout, Path]) -> Tokenizer:
    return load_encoder(str(checkpoints["safetensors"])).tokenizer


def own_tokens(window: TokenizedInput) -> list[tuple[int, int, int]]:
    """Return id, start and end of each token that has a word."""
    return [
        (token, start, end)
        for token, (start, end), word in zip(window.ids, window.offsets, window.word_ids, strict=True)
        if word is not None
    ]


def windows_of(windowed: WindowedTexts, text: int) -> list[TokenizedInput]:
    return [windowed.inputs[row] for row in windowed.rows(text)]


def test_short_texts_have_the_tokens_that_they_always_had(tokenizer: Tokenizer) -> None:
    tweets = TweetTokenizer(tokenizer, 64)
    texts = ["zoloft gives me nausea", "", "hello you"]
    windowed = tweets.windows(texts, ["", "", ""])
    assert not windowed.long
    assert [list(window.ids) for window in windowed.inputs] == [e.ids for e in tweets.encode(texts)]


def test_the_first_window_is_the_text_as_it_was_cut(tokenizer: Tokenizer) -> None:
    tweets = TweetTokenizer(tokenizer, MAX_TOKENS)
    first, *others = windows_of(tweets.windows([LONG]), 0)
    assert first.ids == tweets.encode([LONG])[0].ids
    for window in others:
        assert (window.ids[0], window.ids[-1]) == (first.ids[0], first.ids[-1])
        assert len(window) == len(window.type_ids) == len(window.offsets) <= MAX_TOKENS


@settings(deadline=None)
@given(text=st.lists(WILD, max_size=6).map(" ".join), context=st.one_of(st.just(""), WILD))
def test_each_token_of_any_text_is_in_a_window_at_its_offsets(
    tokenizer: Tokenizer, text: str, context: str
) -> None:
    whole = own_tokens(TweetTokenizer(tokenizer, 100_000).encode([text])[0])
    windowed = TweetTokenizer(tokenizer, MAX_TOKENS).windows(["so", text], ["", context])
    parts_read = [own_tokens(window) for window in windows_of(windowed, 1)]
    assert all(len(window) <= MAX_TOKENS for window in windowed.inputs)
    long = windowed.long.get(1)
    if long is not None and long.read_to is not None:
        assert len(parts_read) == MOST_WINDOWS
        whole = whole[: len(long.offsets)]
    joined = parts_read[0]
    for window, part in zip(parts_read[1:], long.parts[1:] if long else (), strict=True):
        assert window == whole[part.start : part.stop]
        joined += whole[len(joined) : part.stop]
    assert joined == whole


def test_no_window_starts_within_a_word(tokenizer: Tokenizer) -> None:
    text = "can't sleep, so dizzy #nauseanausea 🤢 my day! " * 20
    for window in windows_of(TweetTokenizer(tokenizer, 64).windows([text]), 0)[1:]:
        _, start, _ = own_tokens(window)[0]
        assert not text[start - 1].isalnum()
        assert text[start - 1] not in "'#"


def test_neighbouring_windows_share_at_least_a_quarter(tokenizer: Tokenizer) -> None:
    text = "zoloft gives me nausea " * 100
    (long,) = TweetTokenizer(tokenizer, 34).windows([text]).long.values()
    for left, right in itertools.pairwise(long.parts):
        assert len(left) == 32
        assert left.stop - right.start == 8


@given(room=st.integers(1, 12), lengths=st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_parts_go_on_until_the_end_however_long_a_word_is(room: int, lengths: list[int]) -> None:
    word_ids = [word for word, length in enumerate(lengths) for _ in range(length)]
    offsets = [(token, token + 1) for token in range(len(word_ids))]
    parts = list(window_parts(offsets, word_ids, room))
    assert parts[0].start == 0
    assert parts[-1].stop == len(word_ids)
    for left, right in itertools.pairwise(parts):
        assert left.start < right.start <= left.stop < right.stop + room
    for word, length in enumerate(lengths):
        tokens = {token for token, number in enumerate(word_ids) if number == word}
        if length <= room:
            assert any(tokens <= set(part) for part in parts)


def test_a_word_that_is_longer_than_an_input_is_read_whole(tokenizer: Tokenizer) -> None:
    text = "so " + "z" * 90 + " nausea"  # a piece for each z
    windows = windows_of(TweetTokenizer(tokenizer, MAX_TOKENS).windows([text]), 0)
    read = {(start, end) for window in windows for _, start, end in own_tokens(window)}
    assert {(at, at + 1) for at in range(3, 93)} <= read
    assert (94, 100) in read


def test_a_monstrous_text_is_read_to_a_limit(tokenizer: Tokenizer) -> None:
    text = "zoloft gives me nausea " * 5_000
    windowed = TweetTokenizer(tokenizer, MAX_TOKENS).windows(["so", text, "hello you"])
    long = windowed.long[1]
    assert len(windowed.rows(1)) == MOST_WINDOWS
    assert long.read_to == long.offsets[-1][1] < len(text)
    assert own_tokens(windows_of(windowed, 1)[-1])[-1][2] == long.read_to
    assert [list(windowed.rows(text)) for text in (0, 2)] == [[0], [2]]


def test_a_context_is_the_first_text_of_a_pair_and_has_no_words(tokenizer: Tokenizer) -> None:
    (window,) = TweetTokenizer(tokenizer, 64).windows(["nausea again"], ["on zoloft"]).inputs
    tokens = [tokenizer.id_to_token(token) for token in window.ids]
    middle = tokens.index("[SEP]")
    assert tokens[:4] == ["[CLS]", "o", "##n", "zoloft"]
    assert list(window.type_ids) == [0] * (middle + 1) + [1] * (len(tokens) - middle - 1)
    assert window.word_ids[: middle + 1] == [None] * (middle + 1)
    assert own_tokens(window)[0][1:] == (0, 6)


def test_a_long_context_is_cut_so_that_the_text_keeps_its_room(tokenizer: Tokenizer) -> None:
    windowed = TweetTokenizer(tokenizer, 32).windows([LONG], ["zoloft day three " * 500])
    windows = windows_of(windowed, 0)
    heads = {tuple(window.ids[: windowed.long[0].head]) for window in windows}
    assert len(heads) == 1
    assert windowed.long[0].head == 2 + 32 // 4
    assert own_tokens(windows[0])[0][1] == 0


def test_a_context_of_white_space_is_none(tokenizer: Tokenizer) -> None:
    tweets = TweetTokenizer(tokenizer, 32)
    assert tweets.windows(["so"], [" \n"]).inputs[0].ids == tweets.encode(["so"])[0].ids


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_windows_of_every_family_have_the_tokens_of_the_text(model_type: str, tmp_path: Path) -> None:
    tokenizer = read_pretrained(str(write_family(tmp_path / model_type, model_type))).tokenizer
    tweets, whole = TweetTokenizer(tokenizer, 24), TweetTokenizer(tokenizer, 100_000)
    text = "zoloft gives me nausea 🤢 and can't sleep, é頭痛 so dizzy! " * 6
    tokens = own_tokens(whole.encode([text])[0])
    windowed = tweets.windows(["so dizzy", text], ["on zoloft", "just got my 頭痛 pill " * 20])
    long = windowed.long[1]
    assert long.parts[-1].stop == len(tokens)
    for row, part in zip(long.rows, long.parts, strict=True):
        window = windowed.inputs[row]
        assert own_tokens(window) == tokens[part.start : part.stop]
        assert len(window) <= 24
        # Of two separators in a row the second counts as the text's.
        assert list(window.type_ids[: long.head - 1]) == [0] * (long.head - 1)
        assert list(window.type_ids[long.head :]) == [1] * (len(window) - long.head)

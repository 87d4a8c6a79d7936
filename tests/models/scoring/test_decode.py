"""From probabilities of tokens to spans of the text."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.encoder import TweetTokenizer, load_encoder
from models.scoring import ExtractedSpan, decode_spans, read_words
from tests.tiny import Layout

WILD = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("abcde  '’-#@.!é🤢👩頭痛\u0301\u200d\ufe0f\x00\ud83d\n"),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def tokenizer(checkpoints: dict[Layout, Path]) -> Tokenizer:
    return load_encoder(str(checkpoints["safetensors"])).tokenizer


def decode(text: str, tokens: Any, adverse: Sequence[float]) -> list[ExtractedSpan]:
    """Return the spans of a text that is read in one window."""
    return decode_spans(text, read_words(text, tokens, adverse))


def spans(tokenizer: Tokenizer, text: str, *tagged: str, cut: int = 64) -> list[str]:
    """Return the texts of the spans if the tokens in the substrings `tagged` have high probabilities."""
    encoding = TweetTokenizer(tokenizer, cut).encode([text])[0]
    places = [(text.index(part), text.index(part) + len(part)) for part in tagged]
    adverse = [
        0.9 if any(start < last and end > first for first, last in places) else 0.1
        for start, end in encoding.offsets
    ]
    return [text[span.start : span.end] for span in decode(text, encoding, adverse)]


def decode_pieces(text: str, *pieces: tuple[str, float]) -> list[ExtractedSpan]:
    """Decode `text` from pieces with probabilities; the tokenizer took each piece for a word."""
    offsets, position = [], 0
    for piece, _ in pieces:
        start = text.index(piece, position)
        position = start + len(piece)
        offsets.append((start, position))
    encoding: Any = SimpleNamespace(offsets=offsets, word_ids=list(range(len(pieces))))
    return decode(text, encoding, [probability for _, probability in pieces])


@pytest.mark.parametrize(
    ("text", "tagged", "expected"),
    [
        ("so dizzy today", ["dizzy"], ["dizzy"]),
        ("no sleep, no food", ["no sleep", "no food"], ["no sleep", "no food"]),
        ("no sleep, no food", ["no sleep, no food"], ["no sleep, no food"]),
        ("(so dizzy!!!)", ["(so dizzy!!!)"], ["so dizzy"]),
        ("#headache again", ["#headache"], ["headache"]),
        ("i can't sleep", ["can't sleep"], ["can't sleep"]),
        ("i can't sleep", ["can'"], ["can't"]),
        ("i can’t sleep", ["can’t sleep"], ["can’t sleep"]),
        ("he said 'dizzy' twice", ["'dizzy'"], ["dizzy"]),
        ("all 🤢 day", ["🤢"], ["🤢"]),
        ("très nauséeuse\u0301 oui", ["nauséeuse"], ["nauséeuse\u0301"]),
        ("頭痛 today", ["痛"], ["痛"]),
        ("dry\nmouth", ["dry\nmouth"], ["dry\nmouth"]),
        ("nau\x00sea now", ["nau"], ["nau\x00sea"]),
        ("x頭 today", ["x"], ["x"]),
        ("頭x today", ["頭"], ["頭"]),
        ("so \x00dizzy\x00 today", ["\x00dizzy\x00"], ["dizzy"]),
        ("pain +++ today", ["pain +++"], ["pain +++"]),
        ("... --- !!!", ["... --- !!!"], []),
        ("", [], []),
        ("nothing here", [], []),
    ],
)
def test_neighbouring_words_become_one_span(
    tokenizer: Tokenizer, text: str, tagged: list[str], expected: list[str]
) -> None:
    assert spans(tokenizer, text, *tagged) == expected


def test_the_mean_over_its_pieces_decides_whether_a_word_is_inside_a_span(tokenizer: Tokenizer) -> None:
    text = "dizzy x"  # d ##i ##z ##z ##y
    encoding = TweetTokenizer(tokenizer, 64).encode([text])[0]
    assert len(encoding.ids) == 8
    assert decode(text, encoding, [0, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0]) == [
        ExtractedSpan(0, 5, pytest.approx(0.58))
    ]
    assert decode(text, encoding, [0, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0]) == []


def test_the_score_is_the_mean_over_the_tokens(tokenizer: Tokenizer) -> None:
    text = "zoloft day"
    encoding = TweetTokenizer(tokenizer, 64).encode([text])[0]
    (span,) = decode(text, encoding, [0.0, 0.6, 1.0, 0.0])
    assert span.score == pytest.approx(0.8)


def test_a_word_that_the_cut_divides_is_returned_whole(tokenizer: Tokenizer) -> None:
    assert spans(tokenizer, "so dizzyness and nausea", "dizzyness", cut=6) == ["dizzyness"]


@pytest.mark.parametrize("text", ["can't", "can’t", "é't"])
def test_a_contraction_is_one_word(text: str) -> None:
    """Its pieces have one mean, so the last ones keep the first out of a span, or pull it in."""
    before, apostrophe, after = text[:-2], text[-2], text[-1]
    assert decode_pieces(text, (before, 0.9), (apostrophe, 0.1), (after, 0.1)) == []
    [span] = decode_pieces(text, (before, 0.1), (apostrophe, 0.9), (after, 0.9))
    assert (span.start, span.end, span.score) == (0, len(text), pytest.approx(1.9 / 3))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("can'", ["can", "'"]),  # no letter after the apostrophe
        ("can'5", ["can", "'", "5"]),
        ("5't", ["5", "'", "t"]),  # no letter before it
        ("a''b", ["a", "'", "'", "b"]),  # two apostrophes
        ("can-t", ["can", "-", "t"]),  # no apostrophe
        ("can 't", ["can", "'", "t"]),  # a space before it
        ("can' t", ["can", "'", "t"]),  # a space after it
    ],
)
def test_other_apostrophes_separate_words(text: str, pieces: list[str]) -> None:
    first, *others = pieces
    span = ExtractedSpan(0, len(first), 0.9)
    assert decode_pieces(text, (first, 0.9), *((piece, 0.1) for piece in others)) == [span]


def test_a_letter_after_an_opening_apostrophe_is_a_word_of_its_own() -> None:
    assert decode_pieces("'t x", ("'", 0.1), ("t", 0.9), ("x", 0.1)) == [ExtractedSpan(1, 2, 0.9)]


def test_a_word_with_a_mean_of_one_half_is_inside_a_span() -> None:
    assert decode_pieces("pain", ("pain", 0.5)) == [ExtractedSpan(0, 4, 0.5)]
    assert decode_pieces("pain", ("pain", 0.499)) == []


def test_tokens_without_a_place_in_the_text_are_ignored() -> None:
    encoding: Any = SimpleNamespace(offsets=[(0, 0), (0, 4), (4, 4), (0, 0)], word_ids=[None, 0, 1, None])
    assert decode("pain", encoding, [1.0, 0.7, 0.0, 1.0]) == [ExtractedSpan(0, 4, 0.7)]


@given(text=WILD, data=st.data())
def test_spans_of_any_text_and_any_probabilities_are_whole_words(
    tokenizer: Tokenizer, text: str, data: st.DataObject
) -> None:
    encoding = TweetTokenizer(tokenizer, data.draw(st.integers(3, 64))).encode([text])[0]
    count = len(encoding.ids)
    adverse = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    spans = decode(text, encoding, adverse)
    for span in spans:
        inside = text[span.start : span.end]
        assert inside.strip() == inside != ""
        assert 0 <= span.score <= 1
        if text[span.end - 1 : span.end + 1].isascii():
            assert not (text[span.end - 1].isalnum() and text[span.end : span.end + 1].isalnum())
    for left, right in itertools.pairwise(spans):
        assert left.end <= right.start

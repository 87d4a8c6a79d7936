"""From tags of tokens to spans of the text."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.encoder.loading import load_encoder
from models.encoder.tokenization import TweetTokenizer
from models.scoring.decode import ExtractedSpan, decode_spans
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


def spans(tokenizer: Tokenizer, text: str, *tagged: str, cut: int = 64) -> list[str]:
    """Decode `text` with the tokens of the substrings in `tagged` inside; the spans as text."""
    encoding = TweetTokenizer(tokenizer, cut).encode([text])[0]
    places = [(text.index(part), text.index(part) + len(part)) for part in tagged]
    adverse = [
        0.9 if any(start < end_ and end > start_ for start_, end_ in places) else 0.1
        for start, end in encoding.offsets
    ]
    return [text[span.start : span.end] for span in decode_spans(text, encoding, adverse)]


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
        ("... --- !!!", ["... --- !!!"], []),
        ("", [], []),
        ("nothing here", [], []),
    ],
)
def test_runs_of_tags_become_spans(
    tokenizer: Tokenizer, text: str, tagged: list[str], expected: list[str]
) -> None:
    assert spans(tokenizer, text, *tagged) == expected


def test_a_word_is_inside_when_most_of_it_is(tokenizer: Tokenizer) -> None:
    text = "dizzy x"  # d ##i ##z ##z ##y
    encoding = TweetTokenizer(tokenizer, 64).encode([text])[0]
    assert len(encoding.ids) == 8
    assert decode_spans(text, encoding, [0, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0]) == [
        ExtractedSpan(0, 5, pytest.approx(0.58))
    ]
    assert decode_spans(text, encoding, [0, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0]) == []


def test_the_score_is_the_mean_over_the_tokens(tokenizer: Tokenizer) -> None:
    text = "zoloft day"
    encoding = TweetTokenizer(tokenizer, 64).encode([text])[0]
    (span,) = decode_spans(text, encoding, [0.0, 0.6, 1.0, 0.0])
    assert span.score == pytest.approx(0.8)


def test_a_word_that_the_cut_divides_is_given_whole(tokenizer: Tokenizer) -> None:
    assert spans(tokenizer, "so dizzyness and nausea", "dizzyness", cut=6) == ["dizzyness"]


@given(text=WILD, data=st.data())
def test_any_tags_on_any_text_give_spans_that_are_words(
    tokenizer: Tokenizer, text: str, data: st.DataObject
) -> None:
    encoding = TweetTokenizer(tokenizer, data.draw(st.integers(3, 64))).encode([text])[0]
    count = len(encoding.ids)
    adverse = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    found = decode_spans(text, encoding, adverse)
    for span in found:
        inside = text[span.start : span.end]
        assert inside.strip() == inside != ""
        assert 0 <= span.score <= 1
        if text[span.end - 1 : span.end + 1].isascii():
            assert not (text[span.end - 1].isalnum() and text[span.end : span.end + 1].isalnum())
    for left, right in itertools.pairwise(found):
        assert left.end <= right.start

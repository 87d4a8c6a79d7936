"""How many texts and spans of a corpus lie beyond the longest input."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.encoder import TweetTokenizer, load_encoder
from training.description import LongTextFigures, count_long_texts
from training.examples import AnnotatedSpan, Example

FILLER = "so this is my day " * 6  # 30 tokens


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder: Path) -> TweetTokenizer:
    return TweetTokenizer(load_encoder(str(tiny_encoder)).tokenizer, 16)


def test_texts_and_spans_beyond_the_longest_input_are_counted(tokenizer: TweetTokenizer) -> None:
    spans = (AnnotatedSpan(0, 2), AnnotatedSpan(len(FILLER), len(FILLER) + 6))
    examples = [
        Example("a", "so dizzy", 1, (AnnotatedSpan(3, 8),)),
        Example("b", FILLER + "nausea", 1, spans),
        Example("c", FILLER * 40, 0),
    ]
    figures = count_long_texts(examples, tokenizer)
    assert (figures.texts, figures.spans, figures.unread) == (2, 1, 1)
    assert figures.windows > 1 + 2 + 30


def test_a_context_takes_some_of_the_room(tokenizer: TweetTokenizer) -> None:
    examples = [Example("a", "so this is my day so this is my day so this", 0, context="my pill")]
    assert count_long_texts(examples, tokenizer).texts == 0
    assert count_long_texts(examples, tokenizer, reads_context=True).texts == 1


def test_no_texts_have_no_windows(tokenizer: TweetTokenizer) -> None:
    assert count_long_texts([], tokenizer) == LongTextFigures(0, 0, 0, 0)

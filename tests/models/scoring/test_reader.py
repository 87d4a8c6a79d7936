"""Texts of any length, after any context: all is read, at its place, and contexts have no spans."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from models import Pipeline, load_bundle
from models.bundle import Options, Thresholds
from models.encoder import MOST_WINDOWS, TextWindow, TweetTokenizer
from models.runtime import Engine
from models.scoring import Reader, decode_spans
from models.scoring.decode import merge_words, read_words
from tests.keyword_network import WORDS, keyword_network
from tests.tiny import Layout, Trained, save_tiny
from tests.wild_texts import WILD

FILLER = "so this is my day and this is my day three "
CONTEXT = "my pill and a headache"


def long_text(word: str, at: int) -> str:
    """Return a text of about 1,000 characters with a word at character `at`."""
    before = (FILLER * 30)[:at].rpartition(" ")[0]
    return f"{before:{at}}{word} {FILLER * 5}"


@pytest.fixture(scope="module")
def trained(checkpoints: dict[Layout, Path]) -> Trained:
    return keyword_network(checkpoints["safetensors"])


@pytest.fixture(scope="module")
def pipeline(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("bundles") / "reads-context"
    return Pipeline.of(load_bundle(save_tiny(folder, trained, options=Options(reads_context=True))))


@pytest.mark.parametrize("context", ["", "hello you", CONTEXT])
@pytest.mark.parametrize("word", WORDS)
def test_an_effect_at_character_730_is_found_at_its_place(
    pipeline: Pipeline, word: str, context: str
) -> None:
    text = long_text(word, 730)
    [prediction] = pipeline.score([text], [context])
    assert prediction.label == "ADE"
    assert prediction.windows > 4
    assert prediction.unread == 0
    assert [(mention.start, mention.text) for mention in prediction.mentions] == [(730, word)]


@pytest.mark.parametrize("at", range(100, 420, 16))
def test_an_effect_is_found_once_wherever_it_is(pipeline: Pipeline, at: int) -> None:
    [prediction] = pipeline.score([long_text("nausea", at)])
    assert [(mention.start, mention.text) for mention in prediction.mentions] == [(at, "nausea")]


def test_a_long_text_without_an_effect_is_improbable(pipeline: Pipeline) -> None:
    [prediction] = pipeline.score([FILLER * 20])
    assert (prediction.label, prediction.reason) == ("NoADE", "improbable")
    assert prediction.windows > 4


def test_an_effect_in_the_context_alone_has_no_span(pipeline: Pipeline) -> None:
    [prediction] = pipeline.score(["so this is my day"], [CONTEXT])
    assert (prediction.label, prediction.reason, prediction.mentions) == ("NoADE", "no_span", ())
    assert prediction.probability > 0.99


def test_the_end_of_a_monstrous_text_is_not_read(pipeline: Pipeline) -> None:
    text = FILLER * 2_500
    [short, prediction] = pipeline.score(["so", text + "nausea"])
    assert (short.windows, short.unread) == (1, 0)
    assert prediction.windows == MOST_WINDOWS
    assert 0 < prediction.unread < len(text)
    assert prediction.label == "NoADE"


def test_texts_are_read_alike_alone_and_together(pipeline: Pipeline) -> None:
    texts = ["so dizzy", long_text("nausea", 500), "", FILLER * 9, "zoloft gives me nausea"]
    together = pipeline.score(texts)
    for text, prediction in zip(texts, together, strict=True):
        [alone] = pipeline.score([text])
        assert alone.label == prediction.label
        assert alone.probability == pytest.approx(prediction.probability, abs=1e-5)
        assert [(m.start, m.end) for m in alone.mentions] == [(m.start, m.end) for m in prediction.mentions]


@settings(max_examples=40, deadline=None)
@given(text=WILD, context=WILD)
def test_spans_lie_in_the_text_whatever_its_context_is(trained: Trained, text: str, context: str) -> None:
    reader = Reader(
        Engine(trained.network), TweetTokenizer(trained.encoder.tokenizer, 16), reads_context=True
    )
    [reading] = reader.read([text], [context], threshold=0.0)
    assert reading.words is not None
    end = 0
    for word in reading.words:
        assert end <= word.start < word.end <= len(text)
        assert 0 <= word.score <= 1
        end = word.end
    for span in decode_spans(text, reading.words):
        assert text[span.start : span.end].strip()


def test_contexts_change_nothing_in_a_bundle_that_does_not_read_them(
    trained: Trained, tmp_path: Path
) -> None:
    thresholds = Thresholds(classifier=0.0, normalizer=0.0)
    pipeline = Pipeline.of(load_bundle(save_tiny(tmp_path / "bundle", trained, thresholds=thresholds)))
    texts = ["so dizzy", "hello you", "", long_text("nausea", 300)]
    without = pipeline.score(texts)
    assert pipeline.score(texts, [CONTEXT, "", "x" * 5_000, "\ud800"]) == without


def test_a_context_changes_what_is_read_in_a_bundle_that_reads_it(pipeline: Pipeline) -> None:
    without, after = pipeline.score(["so this is my day"] * 2, ["", CONTEXT])
    assert without.probability != after.probability


def test_a_word_in_two_windows_has_the_score_where_it_is_further_from_the_edge(trained: Trained) -> None:
    text = FILLER * 4
    windowed = TweetTokenizer(trained.encoder.tokenizer, 26).windows([text])
    long = windowed.long[0]
    # Tokens are words here, and the score of each is the number of its window.
    adverse = [[window / 10] * 26 for window in range(len(long.parts))]
    words = merge_words(text, long, adverse)
    first, second = long.parts[0], long.parts[1]
    shared = range(second.start, first.stop)
    scores = [words[token].score for token in shared]
    middle = len(shared) // 2
    assert scores == [0.0] * middle + [0.1] * (len(shared) - middle)
    assert [word.start for word in words] == [start for start, _ in long.offsets]


def test_words_of_windows_that_were_not_extracted_from_are_not_effects(trained: Trained) -> None:
    text = FILLER * 6
    long = TweetTokenizer(trained.encoder.tokenizer, 26).windows([text]).long[0]
    adverse = [None if window == 1 else [0.9] * 26 for window in range(len(long.parts))]
    words = merge_words(text, long, adverse)
    assert len(words) == len(long.offsets)
    assert len(decode_spans(text, words)) == 2  # what is in the middle was not read


def test_words_of_one_window_are_those_of_the_whole_text(trained: Trained) -> None:
    text = "so dizzy, can't sleep"
    [window] = TweetTokenizer(trained.encoder.tokenizer, 48).windows([text], [CONTEXT]).inputs
    assert isinstance(window, TextWindow)
    words = read_words(text, window, [0.5] * len(window))
    assert [text[word.start : word.end] for word in words] == ["so", "dizzy", ",", "can't", "sleep"]
    assert sum(word.tokens for word in words) == sum(word is not None for word in window.word_ids)
